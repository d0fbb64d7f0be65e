package message

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/goccy/go-yaml"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// sender returns a sender to the server with its certificate believed and the right password.
func (m *mailServer) sender(t *testing.T, encryption string, change ...func(*SMTPConfig)) *SMTP {
	t.Helper()
	config := SMTPConfig{
		Address: m.address, TLS: encryption, Username: mailUser, Password: mailPassword,
		From: "Dialtone <no-reply@id.example>", Timeout: 10 * time.Second,
	}
	for _, c := range change {
		c(&config)
	}
	sender, err := NewSMTP(config)
	if err != nil {
		t.Fatal(err)
	}
	sender.roots = m.roots
	return sender
}

var letterToAda = Mail{To: "ada@ferries.example", Subject: "Your code for Dialtone: 048213", Text: "Åland says 048213.\n.\nA line with a dot alone is no end.\n"}

// wantFailure checks the kind and the code, and that neither the letter nor who gets it stands in the error.
func wantFailure(t *testing.T, what string, err error, kind FailureKind, code string) {
	t.Helper()
	failure, ok := errors.AsType[*Failure](err)
	if !ok || failure.Kind != kind || failure.Code != code {
		t.Errorf("%s: %v, want %s: %s", what, err, kind, code)
		return
	}
	for _, private := range []string{"ada", "ferries.example", "048213", "no-reply", mailPassword} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("%s: the error tells %q: %v", what, private, err)
		}
	}
}

func TestAnEmailIsHandedOverEncrypted(t *testing.T) {
	t.Parallel()
	for _, encryption := range []string{TLSStart, TLSImplicit, TLSNone} {
		server := newMailServer(t, encryption)
		before := time.Now().Add(-2 * time.Second)
		if err := server.sender(t, encryption).SendMail(context.Background(), letterToAda); err != nil {
			t.Errorf("%s: %v", encryption, err)
			continue
		}
		got := server.only(t)
		if got.from != "no-reply@id.example" || got.to != letterToAda.To || got.user != mailUser || got.encrypted != (encryption != TLSNone) || got.utf8 {
			t.Errorf("%s: envelope %+v", encryption, got)
		}
		letter, err := mail.ReadMessage(strings.NewReader(got.text))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"From": `"Dialtone" <no-reply@id.example>`, "To": "<ada@ferries.example>", "Subject": letterToAda.Subject, "Auto-Submitted": "auto-generated",
			"Content-Type": "text/plain; charset=UTF-8", "Mime-Version": "1.0", "User-Agent": "", "X-Mailer": "",
		} {
			if got := letter.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", encryption, name, got, want)
			}
		}
		if date, err := letter.Header.Date(); err != nil || date.Before(before) || date.After(time.Now()) {
			t.Errorf("%s: date %v, %v", encryption, date, err)
		}
		if id := letter.Header.Get("Message-Id"); !strings.HasPrefix(id, "<mail_") || !strings.HasSuffix(id, "@id.example>") {
			t.Errorf("%s: message id %q", encryption, id)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
		if got := strings.ReplaceAll(string(text), "\r\n", "\n"); err != nil || strings.TrimRight(got, "\n") != strings.TrimRight(letterToAda.Text, "\n") {
			t.Errorf("%s: text %q, %v", encryption, got, err)
		}
	}
}

func TestALineBreakInASubjectBeginsNoHeader(t *testing.T) {
	t.Parallel()
	server := newMailServer(t, TLSStart)
	m := letterToAda
	m.Subject = "Färjor\r\nBcc: eve@evil.example\r\n\r\nClick here\u2028\x00now"
	if err := server.sender(t, "").SendMail(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	letter, err := mail.ReadMessage(strings.NewReader(server.only(t).text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	if want := "Färjor Bcc: eve@evil.example Click here now"; err != nil || subject != want || letter.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, Bcc %q, error %v", subject, letter.Header.Get("Bcc"), err)
	}
	for _, to := range []string{"ada@ferries.example\r\nRCPT TO:<eve@evil.example>", "ada@ferries.example, eve@evil.example", "Ada <ada@ferries.example>", ""} {
		m.To = to
		wantFailure(t, to, server.sender(t, "").SendMail(context.Background(), m), Rejected, "address")
	}
	server.only(t) // and no other came
}

func TestNothingIsSentWhereTheConnectionCannotBeEncrypted(t *testing.T) {
	t.Parallel()
	plain := newMailServer(t, TLSNone)
	wantFailure(t, "no STARTTLS offered", plain.sender(t, TLSStart).SendMail(context.Background(), letterToAda), Rejected, "smtp_no_starttls")
	wantFailure(t, "no TLS at all", plain.sender(t, TLSImplicit).SendMail(context.Background(), letterToAda), Temporary, "smtp_connection")
	for _, encryption := range []string{TLSStart, TLSImplicit} {
		server := newMailServer(t, encryption)
		sender := server.sender(t, encryption)
		_, sender.roots = selfSigned(t)
		wantFailure(t, encryption+" with another's certificate", sender.SendMail(context.Background(), letterToAda), Rejected, "smtp_certificate")
		if len(server.taken) != 0 {
			t.Errorf("%s: the server took %+v", encryption, server.taken)
		}
	}
	if len(plain.taken) != 0 {
		t.Errorf("the server without encryption took %+v", plain.taken)
	}
}

func TestTheServersReplyDecidesWhatTheFailureMeans(t *testing.T) {
	t.Parallel()
	reply := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "<ada@ferries.example>: 048213 is not wanted"}
	}
	for _, test := range []struct {
		step string
		code int
		want FailureKind
		text string
	}{
		{"mail", 451, Temporary, "smtp_451"},
		{"mail", 550, Rejected, "smtp_550"},
		{"rcpt", 450, Temporary, "smtp_450"},
		{"rcpt", 550, Rejected, "smtp_550"},
		{"data", 452, Temporary, "smtp_452"},
		{"data", 554, Rejected, "smtp_554"},
	} {
		server := newMailServer(t, TLSStart)
		server.refuse[test.step] = reply(test.code)
		wantFailure(t, test.step, server.sender(t, TLSStart).SendMail(context.Background(), letterToAda), test.want, test.text)
	}
	server := newMailServer(t, TLSStart)
	wrong := server.sender(t, TLSStart, func(c *SMTPConfig) { c.Password = "guess" })
	wantFailure(t, "a wrong password", wrong.SendMail(context.Background(), letterToAda), Rejected, "smtp_535")
}

func TestAMailServerThatIsAwayOrHangsIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := &mailServer{address: gone.Addr().String()}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	wantFailure(t, "nobody is there", away.sender(t, TLSStart).SendMail(context.Background(), letterToAda), Temporary, "smtp_connection")

	short := func(c *SMTPConfig) { c.Timeout = 300 * time.Millisecond }
	silent := &mailServer{address: silentListener(t, "")}
	wantFailure(t, "no greeting", silent.sender(t, TLSStart, short).SendMail(context.Background(), letterToAda), Temporary, "smtp_connection")
	web := &mailServer{address: silentListener(t, "HTTP/1.1 400 ada@ferries.example\r\n")}
	wantFailure(t, "no mail server", web.sender(t, TLSStart).SendMail(context.Background(), letterToAda), Temporary, "smtp_connection")

	slow := newMailServer(t, TLSStart)
	slow.hang = make(chan struct{})
	defer close(slow.hang)
	wantFailure(t, "no answer to the text", slow.sender(t, TLSStart, func(c *SMTPConfig) { c.Timeout = 2 * time.Second }).SendMail(context.Background(), letterToAda), Ambiguous, "smtp_connection")

	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	started := time.Now()
	wantFailure(t, "given up", silent.sender(t, TLSStart).SendMail(ctx, letterToAda), Temporary, "smtp_connection")
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("who gave up waited for %s", took)
	}
}

func TestAnAddressBeyondASCIIAsksForSMTPUTF8(t *testing.T) {
	t.Parallel()
	server := newMailServer(t, TLSStart)
	m := letterToAda
	m.To = "åda@xn--frjor-gra.example"
	if err := server.sender(t, TLSStart).SendMail(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if got := server.only(t); got.to != m.To || !got.utf8 {
		t.Errorf("envelope %+v", got)
	}
}

func TestAnAddressIsWrittenAsMailServersReadIt(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ada@färjor.example":  "ada@xn--frjor-gra.example", // a domain needs no SMTPUTF8
		"a..b@docomo.example": `"a..b"@docomo.example`, "a.@docomo.example": `"a."@docomo.example`,
	} {
		server := newMailServer(t, TLSStart)
		m := letterToAda
		m.To = typed
		if err := server.sender(t, TLSStart).SendMail(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		if got := server.only(t); got.to != strings.ReplaceAll(want, `"`, "") || got.utf8 || // the server reads the quotation marks
			!strings.Contains(got.text, "To: <"+want+">") {
			t.Errorf("%s: envelope %+v", typed, got)
		}
	}
}

func TestAMailServerIsConfiguredInYAML(t *testing.T) {
	t.Setenv("TEST_SMTP_PASSWORD", mailPassword)
	server := newMailServer(t, TLSStart)
	var config SMTPConfig
	err := yaml.UnmarshalWithOptions([]byte("address: "+server.address+"\nusername: dialtone\npassword: ${TEST_SMTP_PASSWORD}\nfrom: no-reply@id.example\ntimeout: 3s\n"), &config, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	sender, err := NewSMTP(config)
	if err != nil {
		t.Fatal(err)
	}
	sender.roots = server.roots
	if err := sender.SendMail(context.Background(), letterToAda); err != nil {
		t.Fatal(err)
	}
	if got := server.only(t); got.user != mailUser || !got.encrypted {
		t.Errorf("envelope %+v", got)
	}
}

func TestAMailServerThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	good := SMTPConfig{Address: "mail.example.com:587", From: "no-reply@id.example"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*SMTPConfig){
		"not of the form HOST:PORT":  func(c *SMTPConfig) { c.Address = "mail.example.com" },
		`"mail.example.com:smtp" is`: func(c *SMTPConfig) { c.Address = "mail.example.com:smtp" },
		`":587" is not`:              func(c *SMTPConfig) { c.Address = ":587" },
		"none of starttls":           func(c *SMTPConfig) { c.TLS = "maybe" },
		"on this machine only":       func(c *SMTPConfig) { c.TLS = TLSNone },
		"go together":                func(c *SMTPConfig) { c.Username = "dialtone" },
		"--smtp-timeout is -1ns":     func(c *SMTPConfig) { c.Timeout = -1 },
		"choose 10ms to 5m0s":        func(c *SMTPConfig) { c.Timeout = 15 },
		"--smtp-timeout is 1h0m0s":   func(c *SMTPConfig) { c.Timeout = time.Hour },
		"is not an address":          func(c *SMTPConfig) { c.From = "Dialtone" },
		"SMTP_NOT_SET is not set":    func(c *SMTPConfig) { c.Username, c.Password = "dialtone", "${DIALTONE_TEST_SMTP_NOT_SET}" },
	} {
		config := good
		change(&config)
		if err := config.Check(); !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a text with %q", err, want)
		}
	}
}

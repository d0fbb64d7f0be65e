package message

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

const (
	maxMailConnections = 8           // at the same time: mail servers count them and refuse who has too many
	quitWithin         = time.Second // the e-mail is taken by then; nobody waits longer for a farewell
)

// SMTP hands e-mails to a mail server, each on its own connection. It is safe for concurrent use.
type SMTP struct {
	settings smtpSettings
	roots    *x509.CertPool // whose certificates are believed; nil: the system's
	sending  chan struct{}
	now      func() time.Time
}

// NewSMTP returns the sender. Error: ErrInvalid, saying what to change in the configuration.
func NewSMTP(config SMTPConfig) (*SMTP, error) {
	settings, err := config.checked()
	if err != nil {
		return nil, err
	}
	return &SMTP{settings: settings, sending: make(chan struct{}, maxMailConnections), now: time.Now}, nil
}

// SendMail sends the text to one address. The sender is always the configured one, since a mail server lets no other
// through: m.From is not used. Error: *Failure, without the address, the text, and what the server said, which may quote them.
func (s *SMTP) SendMail(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithTimeout(ctx, s.settings.Timeout)
	defer cancel()
	to, err := writing.Email(m.To)
	if err != nil {
		return &Failure{Kind: Rejected, Code: "address"}
	}
	letter, err := s.letter(to, m)
	if err != nil {
		return &Failure{Kind: Rejected, Code: "letter"}
	}
	select {
	case s.sending <- struct{}{}:
		defer func() { <-s.sending }()
	case <-ctx.Done():
		return &Failure{Kind: Throttled, Code: "smtp_busy", Cause: ctx.Err()}
	}
	return s.deliver(ctx, to, letter)
}

// letter is the e-mail as RFC 5322 wants it: text in UTF-8 and nothing else.
func (s *SMTP) letter(to string, m Mail) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	letter.FromMailAddress(s.settings.from)
	if err := letter.To(writing.WireEmail(to)); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	// A subject may hold an organization's name: a line break in it would begin a header of the attacker's own.
	letter.Subject(oneLine(m.Subject))
	letter.SetDateWithValue(s.now())
	letter.SetMessageIDWithValue(secret.ID("mail") + "@" + s.domain())
	// RFC 3834 §5: nobody's "I am on holiday" comes back, and no two machines write to each other for ever.
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, strings.ToValidUTF8(m.Text, "\uFFFD"))
	return letter, nil
}

// domain is the one of the sender's address. It names us to the server, too: our machine's own name may be no domain at all.
func (s *SMTP) domain() string {
	_, domain, _ := strings.Cut(s.settings.from.Address, "@")
	return domain
}

// deliver does one SMTP session (RFC 5321 §3), until the server has taken the letter.
func (s *SMTP) deliver(ctx context.Context, to string, letter *mail.Msg) error {
	line, err := s.dial(ctx)
	if err != nil {
		return failureAt("connect", err)
	}
	defer line.Close()
	// Whoever waits no longer ends the session, whatever it waits for.
	defer context.AfterFunc(ctx, func() { _ = line.Close() })()
	client, err := smtp.NewClient(line, s.settings.host)
	if err != nil {
		return failureAt("greeting", err)
	}
	if err := s.introduce(client); err != nil {
		return err
	}
	if err := s.address(client, to); err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return failureAt("DATA", err)
	}
	if _, err := letter.WriteTo(data); err != nil {
		return failureAt("text", err) // without its end it is no letter
	}
	if err := data.Close(); err != nil {
		return lostAt("end of text", err)
	}
	if line.SetDeadline(time.Now().Add(quitWithin)) == nil {
		_ = client.Quit()
	}
	return nil
}

func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	dialer := new(net.Dialer)
	if s.settings.TLS == TLSImplicit {
		return (&tls.Dialer{NetDialer: dialer, Config: s.tlsConfig()}).DialContext(ctx, "tcp", s.settings.Address)
	}
	return dialer.DialContext(ctx, "tcp", s.settings.Address)
}

func (s *SMTP) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.settings.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// introduce greets the server, encrypts the connection and signs in, each as configured.
func (s *SMTP) introduce(client *smtp.Client) error {
	if err := client.Hello(s.domain()); err != nil {
		return failureAt("EHLO", err)
	}
	if s.settings.TLS == TLSStart {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			// RFC 3207 §6: somebody in between may have cut the offer out, to read along.
			return &Failure{Kind: Rejected, Code: "smtp_no_starttls"}
		}
		// The greeting is repeated, and what was said before does not count any more.
		if err := client.StartTLS(s.tlsConfig()); err != nil {
			return failureAt("STARTTLS", err)
		}
	}
	if s.settings.Username == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	mechanism := s.mechanism(strings.Fields(offered))
	if mechanism == nil {
		return &Failure{Kind: Rejected, Code: "smtp_no_auth"}
	}
	if err := client.Auth(mechanism); err != nil {
		return failureAt("AUTH", err)
	}
	return nil
}

// address says from whom and to whom the letter is.
func (s *SMTP) address(client *smtp.Client, to string) error {
	from := s.settings.from.Address
	// RFC 6531 §3.4: asked for where it is needed only, since a letter with it cannot be passed on to older servers.
	plain := isASCII(from) && isASCII(to)
	if understood, _ := client.Extension("SMTPUTF8"); !plain && !understood {
		return &Failure{Kind: Rejected, Code: "smtp_no_smtputf8"}
	}
	client.SkipSMTPUTF8(plain)
	if err := client.Mail("<" + writing.WireEmail(from) + ">"); err != nil {
		return failureAt("MAIL", err)
	}
	if err := client.Rcpt("<" + writing.WireEmail(to) + ">"); err != nil {
		return failureAt("RCPT", err)
	}
	return nil
}

// mechanism is the best way to sign in that the server offers; nil: none that we know.
func (s *SMTP) mechanism(offered []string) smtp.Auth {
	name, password, host := s.settings.Username, s.settings.Password.Reveal(), s.settings.host
	// The password itself is shown on an encrypted connection, or to this machine.
	unencrypted := s.settings.TLS == TLSNone
	known := map[string]func() smtp.Auth{
		"SCRAM-SHA-256": func() smtp.Auth { return smtp.ScramSHA256Auth(name, password) },
		"PLAIN":         func() smtp.Auth { return smtp.PlainAuth("", name, password, host, unencrypted) },
		"LOGIN":         func() smtp.Auth { return smtp.LoginAuth(name, password, host, unencrypted) },
	}
	for _, best := range []string{"SCRAM-SHA-256", "PLAIN", "LOGIN"} {
		for _, each := range offered {
			if strings.EqualFold(each, best) {
				return known[best]()
			}
		}
	}
	return nil
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

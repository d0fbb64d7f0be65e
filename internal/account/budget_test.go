package account

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
)

func TestAnAddressGetsFiveCodesAnHourAndTenADayFromOneNetwork(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	asked := s.now
	for hour := range 2 {
		for i := range 5 {
			s.mustRequest(ada, fmt.Sprint("browser ", i))
		}
		if hour == 0 {
			_, err := s.request("ADA@example.com", "browser")
			wantWait(t, "the sixth in an hour", err, time.Hour)
			s.mustRequest(grace, "browser") // another address has its own
		}
		s.later(time.Hour)
	}
	_, err := s.request(ada, "browser")
	wantWait(t, "the eleventh in a day", err, asked.Add(24*time.Hour).Sub(s.now))
	if n := len(s.mails(ada)); n != 10 {
		t.Errorf("%d e-mails, want 10", n)
	}
}

func TestAHouseholdAsksForThirtyCodesAnHourAndItsNetworkForThreeHundred(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.ProviderSends = 0 })
	asked := 0
	ask := func(address string) error {
		asked++
		_, err := s.RequestCode(context.Background(), CodeRequest{Email: fmt.Sprintf("p%d@example.com", asked), BrowserID: "browser", Network: address}, s.now)
		return err
	}
	for neighbour := range 10 {
		address := fmt.Sprintf("192.0.2.%d", neighbour)
		for range 30 {
			if err := ask(address); err != nil {
				t.Fatal(err)
			}
		}
		if neighbour < 9 {
			wantWait(t, "the 31st from "+address, ask(address), time.Hour)
		}
	}
	wantWait(t, "the 301st, from a new address of the /24", ask("192.0.2.200"), time.Hour)
	if err := ask("198.51.100.1"); err != nil {
		t.Errorf("from another network: %v", err)
	}
}

func TestStrangersCannotLockAnAddressOut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask := func(browser, network string) (CodeSent, error) {
		return s.RequestCode(context.Background(), CodeRequest{Email: ada, BrowserID: browser, Network: network}, s.now)
	}
	mine, err := ask("mine", "203.0.113.1")
	if err != nil {
		t.Fatal(err)
	}
	code := s.code(ada)
	for i := range 15 { // three networks
		browser := fmt.Sprint("stranger ", i)
		sent, err := ask(browser, fmt.Sprintf("198.51.%d.1", i/5))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, err := s.verify(sent, browser, wrong(s.code(ada))); err == nil {
				t.Fatal("a wrong code was right")
			}
		}
	}
	_, err = ask("stranger", "198.51.0.9")
	wantWait(t, "the sixth from a network", err, time.Hour)
	s.mustVerify(mine, "mine", code)
	if _, err := ask("mine", "203.0.113.1"); err != nil {
		t.Errorf("a new code for the owner: %v", err)
	}
}

func (s *stage) ask(r CodeRequest) (CodeSent, error) {
	return s.RequestCode(context.Background(), r, s.now)
}

// attack lets strangers ask for codes of the address, each from a network of its own, and guess until they are out of tries.
func (s *stage) attack(email string, strangers int) {
	s.t.Helper()
	for i := range strangers {
		browser := fmt.Sprint("stranger ", i)
		sent, err := s.ask(CodeRequest{Email: email, BrowserID: browser, Network: fmt.Sprintf("198.%d.100.1", i+1)})
		if err != nil {
			s.t.Fatal(err)
		}
		for range 5 {
			e := CodeEntry{
				CodeID: sent.CodeID, Email: sent.Email, Digits: sent.Digits, Code: wrong(s.code(email)), BrowserID: browser,
				Network: fmt.Sprintf("198.%d.100.1", i+1),
			}
			if _, err := s.VerifyCode(context.Background(), e, s.now); err == nil {
				s.t.Fatal("a wrong code was right")
			}
		}
	}
}

func TestAKnownBrowserHasCodesOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Budgets = dialtone.NewBudgetCounts() })
	in := s.byEmail(ada)
	known := in.Known.Reveal()
	s.attack(ada, 19)
	if _, err := s.ask(CodeRequest{Email: ada, BrowserID: "new", Network: "203.0.113.1"}); !errors.Is(err, dialtone.ErrExhausted) {
		t.Fatalf("strangers can have more than twenty codes sent: %v", err)
	}
	if got := len(s.code(ada)); got != 8 {
		t.Errorf("the last stranger's code has %d digits", got)
	}
	for range 5 {
		sent, err := s.ask(CodeRequest{Email: ada, BrowserID: "mine", Known: known, Network: "198.1.100.1"})
		if err != nil {
			t.Fatal(err)
		}
		if sent.Digits != 6 {
			t.Errorf("%d digits for a browser that nobody guesses from", sent.Digits)
		}
		s.mustVerify(sent, "mine", s.code(ada))
	}
	_, err := s.ask(CodeRequest{Email: ada, BrowserID: "mine", Known: known, Network: "198.1.100.1"})
	wantWait(t, "its own sixth in an hour", err, time.Hour)
	s.attack(grace, 20)
	if _, err := s.ask(CodeRequest{Email: grace, BrowserID: "mine", Known: known, Network: "203.0.113.1"}); !errors.Is(err, dialtone.ErrExhausted) {
		t.Errorf("a browser that knows another address: %v", err)
	}
	for _, forged := range []string{"", "x", known + "x", known[:len(known)-2]} {
		if s.known(asker{known: forged}).Browser != "" {
			t.Errorf("%q is believed", forged)
		}
	}
	for _, name := range []dialtone.BudgetName{dialtone.BudgetEmailFailures, dialtone.BudgetCodeTries} {
		if s.Budgets.Of(name) == 0 {
			t.Errorf("%s was not counted", name)
		}
	}
}

func TestABrowserIsKnownByAPasskey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.addPasskey(in, device)
	again, err := s.byPasskey(device)
	if err != nil {
		t.Fatal(err)
	}
	known := s.Remember("", again.Account).Reveal()
	s.attack(ada, 19)
	if _, err := s.ask(CodeRequest{Email: ada, BrowserID: "mine", Known: known, Network: "198.1.100.1"}); err != nil {
		t.Errorf("its passkey is lost: %v", err)
	}
	if got := s.Remember(known, dialtone.Account{}); got != "" {
		t.Error("an account without an address is known by one")
	}
}

func TestAWideNetworkCannotHaveEverybodyMailedACode(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.SiteSends, c.Policy.ProviderSends = 4, 6 })
	asked := 0
	ask := func(network string) error {
		asked++
		_, err := s.ask(CodeRequest{Email: fmt.Sprintf("p%d@example.com", asked), BrowserID: "browser", Network: network})
		return err
	}
	for i := range 4 {
		if err := ask(fmt.Sprintf("2001:db8:1:%x::1", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask("2001:db8:1:9::1"); !errors.Is(err, dialtone.ErrExhausted) {
		t.Errorf("a fifth from a /56: %v", err)
	}
	for i := range 2 {
		if err := ask(fmt.Sprintf("2001:db8:%x::1", i+2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask("2001:db8:77::1"); !errors.Is(err, dialtone.ErrExhausted) {
		t.Errorf("a seventh from a /32: %v", err)
	}
	if err := ask("2001:db9::1"); err != nil {
		t.Errorf("from another provider: %v", err)
	}
}

func TestWhatABudgetRefusesUsesUpNobodyElsesShare(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.TotalSends = 10 })
	for i := range 50 {
		if _, err := s.request(ada, "browser"); errors.Is(err, dialtone.ErrExhausted) != (i >= 5) {
			t.Fatalf("request %d: %v", i+1, err)
		}
	}
	if _, err := s.ask(CodeRequest{Email: grace, BrowserID: "other", Network: "203.0.113.1"}); err != nil {
		t.Errorf("somebody else elsewhere: %v", err)
	}
}

func TestSprayingMakesCodesLonger(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.AddressFailures = 4 })
	for i := range 4 {
		email := fmt.Sprintf("p%d@example.com", i)
		sent := s.mustRequest(email, "browser")
		e := CodeEntry{CodeID: sent.CodeID, Email: email, Digits: 6, Code: wrong(s.code(email)), BrowserID: "browser", Network: "192.0.2.1"}
		if _, err := s.VerifyCode(context.Background(), e, s.now); err == nil {
			t.Fatal("a wrong code was right")
		}
	}
	if sent := s.mustRequest(grace, "browser"); sent.Digits != 8 || len(s.code(grace)) != 8 {
		t.Errorf("%d digits where codes are sprayed from", sent.Digits)
	} else {
		s.mustVerify(sent, "browser", s.code(grace))
	}
	if far, err := s.ask(CodeRequest{Email: ada, BrowserID: "far", Network: "203.0.113.1"}); err != nil || far.Digits != 6 {
		t.Errorf("another network: %+v, %v", far, err)
	}
}

func TestOthersCannotUseUpAnAddressesTries(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := s.mustRequest(ada, "browser")
	for range 60 {
		_, err := s.verify(sent, "other browser", "000000")
		wantError(t, "from another browser", err, dialtone.ErrNotFound)
		_, err = s.verify(CodeSent{CodeID: "emc_guessed.seal-1", Email: ada}, "other browser", "000000")
		wantError(t, "with a code id that is guessed", err, dialtone.ErrNotFound)
	}
	s.mustVerify(sent, "browser", s.code(ada))
}

func TestAMailServerThatIsAwayIsToldApart(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	away, err := message.NewSMTP(message.SMTPConfig{Address: address, TLS: message.TLSNone, From: "dialtone@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, func(c *Config) { c.Mail = away })
	_, err = s.request(ada, "browser")
	if _, ok := errors.AsType[*MailError](err); !ok || !errors.Is(err, dialtone.ErrUnavailable) {
		t.Errorf("the mail server is away: %v, want *MailError", err)
	}
	if strings.Contains(err.Error(), "ada") {
		t.Errorf("the error holds the address: %v", err)
	}
}

// answering is a mail server that answers all e-mails alike.
type answering struct{ error }

func (a answering) SendMail(context.Context, message.Mail) error { return a.error }

func TestAnAddressThatTheMailServerRefusesIsAProblemOfTheField(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Mail = answering{&message.Failure{Kind: message.Rejected, Code: "smtp_550"}}
	_, err := s.request(ada, "browser")
	wantField(t, "no such mailbox", err, "email")
	for _, failure := range []*message.Failure{
		{Kind: message.Rejected, Code: "smtp_535"}, {Kind: message.Rejected, Code: "smtp_certificate"},
		{Kind: message.Temporary, Code: "smtp_450"}, {Kind: message.Throttled, Code: "smtp_busy"},
	} {
		s.Mail = answering{failure}
		_, err := s.request(grace, failure.Code)
		if _, ok := errors.AsType[*MailError](err); !ok {
			t.Errorf("%s: %v, want *MailError", failure.Code, err)
		}
	}
}

func TestACodeThatMayHaveBeenSentCounts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Mail = answering{&message.Failure{Kind: message.Ambiguous, Code: "smtp_connection"}}
	sent := s.mustRequest(ada, "browser")
	_, err := s.verify(sent, "browser", "x")
	wantField(t, "no code", err, "code")
	if !strings.Contains(s.log.String(), "e-mail may be lost") {
		t.Errorf("log: %s", s.log)
	}
}

func TestNoCodeAddressOrSecretIsLogged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := s.mustRequest(ada, "browser")
	code := s.code(ada)
	_, wrongErr := s.verify(sent, "browser", wrong(code))
	s.mustVerify(sent, "browser", code)
	var err error
	for range 5 {
		_, err = s.request(ada, "browser")
	}
	wantError(t, "the sixth code", err, dialtone.ErrExhausted)
	text := s.log.String() + err.Error() + wrongErr.Error()
	if strings.Contains(text, code) || strings.Contains(text, "ada") || !strings.Contains(text, "budget used up") {
		t.Errorf("log and errors: %s", text)
	}
}

func TestAPolicyWithinItsBounds(t *testing.T) {
	t.Parallel()
	if err := DefaultPolicy.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Policy){
		"5 digits":                  func(p *Policy) { p.Digits = 5 },
		"9 digits":                  func(p *Policy) { p.Digits = 9 },
		"at most 10m0s":             func(p *Policy) { p.Lifetime = 11 * time.Minute },
		"valid for 0s":              func(p *Policy) { p.Lifetime = 0 },
		"11 tries":                  func(p *Policy) { p.Tries = 11 },
		"more than 100 times a day": func(p *Policy) { p.EmailTotal = []dialtone.Limit{{Count: 21, Window: 24 * time.Hour}} },
		"0 codes to an address":     func(p *Policy) { p.EmailSends = []dialtone.Limit{{Window: time.Hour}} },
		"-1 codes for a network":    func(p *Policy) { p.NetworkSends = []dialtone.Limit{{Count: -1, Window: time.Hour}} },
		"or 1m0s without use":       func(p *Policy) { p.SessionIdle = time.Minute },
		"sessions end after 1h0m":   func(p *Policy) { p.SessionLifetime = time.Hour },
	} {
		p := DefaultPolicy
		change(&p)
		if err := p.Validate(); !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := New(Config{Policy: p, Origin: origin}); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("a service with a policy of %s: %v", want, err)
		}
	}
}

func TestAServiceNeedsThePortalsAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "developers.example.com", "ftp://example.com", "https://", "https://exa mple.com", "mailto:ada@example.com"} {
		if _, err := New(Config{Policy: DefaultPolicy, Origin: address}); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", address, err)
		}
	}
}

package signin

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// from is a stranger's request: another browser in another network.
func from(number dialtone.PhoneNumber, browser, network string) StartRequest {
	r := request(number, browser)
	r.Network = network
	return r
}

func (s *stage) digits(started Started, browser string) int {
	s.t.Helper()
	state, err := s.State(context.Background(), started.ChallengeID, browser)
	if err != nil {
		s.t.Fatal(err)
	}
	return state.Digits
}

// attack lets strangers ask for PINs of the number, each from a network of its own, and guess until they are out of tries.
func (s *stage) attack(number dialtone.PhoneNumber, sends int) {
	s.t.Helper()
	for i := range sends {
		browser := fmt.Sprint("stranger ", i)
		started := s.start(from(number, browser, fmt.Sprintf("198.18.%d.1", i)))
		for range s.Policy.Tries {
			typed := "00000000"[:s.digits(started, browser)]
			if _, err := s.verify(started.ChallengeID, browser, typed); err == nil {
				s.t.Fatal("a guess was right: once in ten million runs")
			}
		}
	}
}

func TestARightPINIsTakenWhateverStrangersTried(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "mine")) // a browser that never was here
	pin := s.pin(served)
	s.attack(served, 19)
	s.mustVerify(started.ChallengeID, "mine", pin)
}

func TestANumberThatStrangersGuessAtGetsEightDigits(t *testing.T) {
	t.Parallel()
	for _, number := range []dialtone.PhoneNumber{served, unserved} { // whatever is behind it
		s := newStage(t, func(c *Config) { c.Budgets = dialtone.NewBudgetCounts() })
		s.attack(number, 2)
		started := s.start(from(number, "mine", "203.0.113.1"))
		if got := s.digits(started, "mine"); got != 8 {
			t.Errorf("%s: %d digits after ten wrong PINs", number, got)
		}
		_, err := s.verify(started.ChallengeID, "mine", "000000")
		wantError(t, "six digits", err, dialtone.ErrInvalid)
		if number == served {
			pin := s.pin(served)
			if len(pin) != 8 {
				t.Fatalf("the SMS has %d digits", len(pin))
			}
			s.mustVerify(started.ChallengeID, "mine", pin)
		}
		again := s.start(from(number, "other", "203.0.113.2"))
		if got := s.digits(again, "other"); got != 8 {
			t.Errorf("%d digits: the owner's sign-in must not give strangers new tries", got)
		}
		if got := s.Budgets.Of(dialtone.BudgetNumberFailures); got != 2 {
			t.Errorf("%d long PINs were counted, want 2", got)
		}
		s.later(25 * time.Hour)
		if later := s.start(from(number, "mine", "203.0.113.1")); s.digits(later, "mine") != 6 {
			t.Error("it is still under attack a day later")
		}
	}
}

func TestAKnownBrowserHasABudgetOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	mine := request(served, "mine")
	outcome := s.mustVerify(s.start(mine).ChallengeID, "mine", s.pin(served))
	if err := s.SignOut(t.Context(), outcome.Cookie.Reveal(), s.now); err != nil {
		t.Fatal(err)
	}
	s.attack(served, 19)
	if _, err := s.Start(t.Context(), from(served, "stranger", "203.0.113.9"), s.now); !errors.Is(err, dialtone.ErrExhausted) {
		t.Fatalf("strangers can have more SMS sent: %v", err)
	}
	s.later(20 * time.Hour) // the session is over, and the browser-id cookie may be another
	mine.BrowserID, mine.Known = "mine, later", outcome.Known.Reveal()
	started := s.start(mine)
	if got := s.digits(started, "mine, later"); got != 6 {
		t.Errorf("%d digits for a browser that nobody guesses from", got)
	}
	s.mustVerify(started.ChallengeID, "mine, later", s.pin(served))
	for range 4 {
		s.start(mine)
	}
	_, err := s.Start(t.Context(), mine, s.now)
	wantWait(t, "its own sixth in an hour", err, time.Hour)

	other := request(served2, "mine, later") // the cookie is for its own line only
	other.Known = mine.Known
	s.attack(served2, 20)
	if _, err := s.Start(t.Context(), other, s.now); !errors.Is(err, dialtone.ErrExhausted) {
		t.Errorf("a browser that knows another line: %v", err)
	}
}

func TestAKnownBrowserIsAStrangerToTheNextOwnerOfTheNumber(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	known := s.mustVerify(s.start(request(served, "mine")).ChallengeID, "mine", s.pin(served)).Known.Reveal()
	s.putLine(dialtone.Subscription{ID: "sub_33639980000", OperatorID: "fjord", PhoneNumber: served, Status: dialtone.SubscriptionEnded})
	s.putLine(dialtone.Subscription{ID: "sub_next", OperatorID: "fjord", PhoneNumber: served, Status: dialtone.SubscriptionActive})
	s.attack(served, 19)
	r := request(served, "mine")
	r.Known = known
	if _, err := s.Start(t.Context(), r, s.now); !errors.Is(err, dialtone.ErrExhausted) {
		t.Errorf("got %v", err)
	}
	for _, forged := range []string{"", "x", known + "x", known[:len(known)-2]} {
		if k := s.known(Asker{Known: forged}); k.Browser != "" || len(k.As) > 0 {
			t.Errorf("%q is believed", forged)
		}
	}
}

func TestOneNetworkCannotTakeAllOfANumbersSMS(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 5 {
		s.start(from(served, fmt.Sprint("stranger ", i), "198.51.100.1"))
	}
	_, err := s.Start(t.Context(), from(served, "stranger", "198.51.100.77"), s.now)
	wantWait(t, "the sixth from the /24", err, time.Hour)
	s.start(from(served, "mine", "203.0.113.1"))
}

func TestAWideNetworkCannotHaveEverybodySentAPIN(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := 0
	for i := range 400 {
		r := from(dialtone.PhoneNumber(fmt.Sprintf("+3363998%04d", 1000+i)), "browser", fmt.Sprintf("2001:db8:%x::1", i))
		switch _, err := s.Start(t.Context(), r, s.now); {
		case err == nil:
			sent++
		case !errors.Is(err, dialtone.ErrExhausted):
			t.Fatal(err)
		}
	}
	if sent != 300 {
		t.Errorf("%d of 400 requests from different /48 of one /32 got a PIN, want 300", sent)
	}
	s.start(from(served, "browser", "2001:db9::1"))
	for i := range 61 {
		r := from(dialtone.PhoneNumber(fmt.Sprintf("+3363997%04d", 1000+i)), "browser", fmt.Sprintf("2001:dba:1:%x::1", i))
		if _, err := s.Start(t.Context(), r, s.now); errors.Is(err, dialtone.ErrExhausted) != (i == 60) {
			t.Fatalf("request %d from a /56: %v", i+1, err)
		}
	}
}

func TestWhatABudgetRefusesUsesUpNobodyElsesShare(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.TotalSends, c.Budgets = 10, dialtone.NewBudgetCounts() })
	s.db.CountBudgets(s.Budgets)
	for i := range 50 {
		if _, err := s.Start(t.Context(), request(served, "browser"), s.now); errors.Is(err, dialtone.ErrExhausted) != (i >= 5) {
			t.Fatalf("request %d: %v", i+1, err)
		}
	}
	s.start(from(served2, "other", "203.0.113.1"))
	if got := s.Budgets.Of(dialtone.BudgetNumberPerNetwork); got != 45 {
		t.Errorf("%d refusals were counted, want 45", got)
	}
}

func TestWhereSignInsSucceedNoWideLimitBites(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.ProviderSends = 3 })
	for i := range 8 {
		number := dialtone.PhoneNumber(fmt.Sprintf("+3363998%04d", 1000+i))
		s.putLine(dialtone.Subscription{ID: fmt.Sprint("sub_", i), OperatorID: "fjord", PhoneNumber: number, Status: dialtone.SubscriptionActive})
		r := from(number, "browser", fmt.Sprintf("2001:db8:%x::1", i))
		started := s.start(r)
		_, err := s.Verify(t.Context(), VerifyRequest{Asker: r.Asker, ChallengeID: started.ChallengeID, RequestHash: "request", PIN: s.pin(number)}, s.now)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSprayingMakesPINsLongerAndRefusesNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.AddressFailures, c.Policy.ClientFailures = 10, 12 })
	spray := func(network string, numbers int) {
		for i := range numbers {
			r := from(dialtone.PhoneNumber(fmt.Sprintf("+336399%03d%02d", len(network), 10+i)), fmt.Sprint("spray ", i), network)
			started := s.start(r)
			for range 2 {
				typed := "00000000"[:s.digits(started, r.BrowserID)]
				_, _ = s.Verify(t.Context(), VerifyRequest{Asker: r.Asker, ChallengeID: started.ChallengeID, RequestHash: "request", PIN: typed}, s.now)
			}
		}
	}
	spray("198.51.100.1", 5)
	near := s.start(from(served, "near", "198.51.100.1"))
	if got := s.digits(near, "near"); got != 8 {
		t.Errorf("%d digits where PINs are sprayed from", got)
	}
	if far := s.start(from(served2, "far", "203.0.113.1")); s.digits(far, "far") != 6 {
		t.Error("long PINs for another network")
	}
	spray("203.0.113.20", 1) // through the same client: twelve
	if far := s.start(from(served2, "far", "192.0.2.1")); s.digits(far, "far") != 8 {
		t.Error("short PINs for a client through which PINs are sprayed")
	}
	near = s.start(from(served, "near", "198.51.100.1"))
	s.mustVerify(near.ChallengeID, "near", s.pin(served))
}

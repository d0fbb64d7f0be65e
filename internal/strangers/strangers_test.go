package strangers_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/strangers"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestASendTakesFromEachShareOrFromNone(t *testing.T) {
	t.Parallel()
	counts := dialtone.NewBudgetCounts()
	s := strangers.New(counts)
	site := strangers.Share{Name: dialtone.BudgetSiteSends, Of: "2001:db8::/56", Hourly: 3}
	all := strangers.Share{Name: dialtone.BudgetTotalSends, Hourly: 5}
	free := strangers.Share{Name: dialtone.BudgetClientSends, Of: "client"} // no limit
	send := func(shares ...strangers.Share) error { return s.Send(shares, start) }
	for i := range 3 {
		if err := send(all, free, site); err != nil {
			t.Fatalf("send %d: %v", i+1, err)
		}
	}
	for range 10 { // refused by the site: nothing is taken from all
		err := send(all, free, site)
		refused, ok := errors.AsType[*dialtone.BudgetError](err)
		if !ok || refused.Key != string(dialtone.BudgetSiteSends) || refused.RetryAfter <= 0 {
			t.Fatalf("the fourth of a site: %v; want its name, and not whose it is", err)
		}
	}
	if err := errors.Join(send(all), send(all)); err != nil {
		t.Errorf("two more of all: %v", err)
	}
	if err := send(all); !errors.Is(err, dialtone.ErrExhausted) {
		t.Errorf("a sixth of all: %v", err)
	}
	s.Unsent([]strangers.Share{all}, start)
	if err := errors.Join(send(all)); err != nil {
		t.Errorf("one that was not sent is not given back: %v", err)
	}
	s.SignedIn([]strangers.Share{all, site}, nil, start)
	if err := errors.Join(send(all), send(all)); err != nil {
		t.Errorf("a right code gives two back: %v", err)
	}
	if sites, alls := counts.Of(dialtone.BudgetSiteSends), counts.Of(dialtone.BudgetTotalSends); sites != 10 || alls != 1 {
		t.Errorf("counted %d and %d refusals, want 10 and 1", sites, alls)
	}
}

func TestWrongTriesAreCountedByNetworkFromTheSmallestToTheWidest(t *testing.T) {
	t.Parallel()
	names := [...]dialtone.BudgetName{
		dialtone.BudgetAddressFailures, dialtone.BudgetSiteFailures, dialtone.BudgetNetworkFailures, dialtone.BudgetProviderFailures,
	}
	for network, around := range map[string]struct {
		near    func(i int) string
		tries   int
		another string
	}{
		"household": {func(i int) string { return fmt.Sprintf("2001:db8:1:1::%x", i+1) }, 2, "2001:db8:1:2::1"},
		"site":      {func(i int) string { return fmt.Sprintf("2001:db8:1:%x::1", i) }, 4, "2001:db8:1:100::1"},
		"network":   {func(i int) string { return fmt.Sprintf("2001:db8:1:%x00::1", i) }, 10, "2001:db8:2::1"},
		"provider":  {func(i int) string { return fmt.Sprintf("2001:db8:%x::1", i) }, 40, "2001:db9::1"},
	} {
		s := strangers.New(nil)
		shares := func(address string) []strangers.Share { return strangers.Guessing(names, 2, address) }
		for i := range around.tries {
			if s.Spraying(shares(around.near(i)), start) {
				t.Errorf("%s: after %d tries", network, i)
			}
			s.Guess(shares(around.near(i)), start)
		}
		if !s.Spraying(shares(around.near(around.tries)), start) {
			t.Errorf("%s: not after %d tries", network, around.tries)
		}
		if s.Spraying(shares(around.another), start) {
			t.Errorf("%s: another one has to pay for it", network)
		}
		if s.Spraying(shares(around.near(around.tries)), start.Add(2*time.Hour)) {
			t.Errorf("%s: two hours later", network)
		}
	}
}

func TestABrowserIsKnownByTheLastEight(t *testing.T) {
	t.Parallel()
	keys, err := secret.NewKeys([]secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: start},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: start},
	}, start)
	if err != nil {
		t.Fatal(err)
	}
	var cookie, browser string
	for i := range 9 {
		cookie = strangers.Read(keys, secret.LabelKnown, cookie).With(fmt.Sprint("line ", i), keys, secret.LabelKnown).Reveal()
		known := strangers.Read(keys, secret.LabelKnown, cookie)
		if i > 0 && known.Browser != browser {
			t.Error("the browser has another name")
		}
		browser = known.Browser
	}
	known := strangers.Read(keys, secret.LabelKnown, cookie)
	if known.Has("line 0") || !known.Has("line 1") || !known.Has("line 8") || known.Has("") {
		t.Errorf("known as %v", known.As)
	}
	if strangers.Read(keys, secret.LabelKnownEmail, cookie).Browser != "" {
		t.Error("a cookie of the other sign-in is believed")
	}
}

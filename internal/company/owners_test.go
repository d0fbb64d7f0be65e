package company_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// club is the only owner of another kind: it keeps its provider where it likes, and lets in whom it likes.
type club struct {
	at   company.Registration
	came []company.Person
}

func (c *club) Registration(_ context.Context, owner string) (company.Registration, error) {
	if owner != c.at.Owner {
		return company.Registration{}, fmt.Errorf("club: %w", dialtone.ErrNotFound)
	}
	return c.at, nil
}

func (c *club) Admit(_ context.Context, _ company.Registration, who company.Person, _ time.Time) (account.SignedIn, error) {
	c.came = append(c.came, who)
	return account.SignedIn{New: true}, nil
}

func TestOwnersOfAnotherKindHaveTheirOwnWay(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	f.claims = map[string]any{"email": ada, "email_verified": true, "name": "Ada"}
	rowers := &club{at: company.Registration{Owner: "club_rowers", Issuer: f.URL, ClientID: forgersClient}}
	s := f.stage(t)
	const theirs = "https://club.example.com/back"
	way := f.stage(t, func(c *company.Config) {
		rowers.at.SealedSecret = company.Secrets{Keys: c.Keys}.Seal(rowers.at, forgersSecret)
		c.Owners, c.Callback = rowers, theirs
	})
	// begun says what the way's request was answered with.
	begun := func(w *company.SignIn, owner string) (url.Values, string) {
		address, state, err := w.Begin(t.Context(), owner, browser, s.now)
		must(t, err)
		sent, err := url.Parse(address)
		must(t, err)
		f.nonce = sent.Query().Get("nonce")
		if got := sent.Query().Get("redirect_uri"); (got == theirs) != (w == way.SignIn) {
			t.Errorf("%s comes back at %s", owner, got)
		}
		return url.Values{"state": {sent.Query().Get("state")}, "code": {"the-code"}}, state
	}
	finish := func(w *company.SignIn, answer url.Values, state string) (account.SignedIn, error) {
		return w.Finish(t.Context(), company.Back{State: state, BrowserID: browser, Query: answer, Agent: firefox}, s.now)
	}
	answer, state := begun(way.SignIn, "club_rowers")
	_, err := finish(s.SignIn, answer, state)
	wantProblem(t, "a club's person at the organizations'", err, company.ProblemNotSetUp)
	if in, err := finish(way.SignIn, answer, state); err != nil || !in.New {
		t.Errorf("%+v, %v", in, err)
	}
	want := company.Person{Subject: "ada", Email: ada, Name: "Ada", Agent: firefox}
	if len(rowers.came) != 1 || rowers.came[0] != want {
		t.Errorf("there came %+v, want %+v", rowers.came, want)
	}
	answer, state = begun(s.SignIn, s.owner.Organization.ID)
	_, err = finish(way.SignIn, answer, state)
	wantProblem(t, "an organization's person at the club", err, company.ProblemNotSetUp)
}

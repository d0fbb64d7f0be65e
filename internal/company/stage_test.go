package company_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/logtest"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/outbound"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

const (
	origin   = "https://developers.example.com"
	callback = origin + company.Callback
	ada      = "ada@example.com"
	browser  = "browser-1"
	firefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// stage is an organization with an owner, and its own sign-in.
type stage struct {
	*company.SignIn
	t        *testing.T
	db       *store.DB
	owner    storetest.Developer
	accounts *account.Service
	keys     *secret.Keys
	settings dialtone.CompanySignIn
	log      *logtest.Log
	now      time.Time
}

func newStage(t *testing.T, settings dialtone.CompanySignIn, clientSecret secret.Text, change ...func(*company.Config)) *stage {
	t.Helper()
	s := &stage{t: t, db: storetest.New(t), keys: storetest.Keys(t), log: new(logtest.Log), now: time.Now().UTC().Truncate(time.Microsecond)}
	s.owner = storetest.NewDeveloper(t, s.db)
	log := slog.New(slog.NewTextHandler(s.log, nil))
	var err error
	s.accounts, err = account.New(account.Config{
		Store: s.db, Keys: s.keys, Mail: message.NewInbox(), Policy: account.DefaultPolicy, Log: log, Origin: origin,
	})
	must(t, err)
	s.setUp(settings, clientSecret)
	config := company.Config{
		Owners: company.Organizations{Store: s.db, Sessions: s.accounts}, Spender: s.db, Keys: s.keys, Log: log, Callback: callback,
		HTTP: outbound.New(outbound.Config{AllowLoopback: true}), AllowLoopback: true,
	}
	for _, c := range change {
		c(&config)
	}
	s.SignIn = company.New(config)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stage) later(d time.Duration) { s.now = s.now.Add(d) }

// setUp is what the owner does in the settings.
func (s *stage) setUp(settings dialtone.CompanySignIn, clientSecret secret.Text) {
	s.t.Helper()
	settings.OrganizationID, settings.Updated = s.owner.Organization.ID, s.now
	settings.SealedSecret = company.Secrets{Keys: s.keys}.Seal(company.RegistrationOf(settings), clientSecret)
	must(s.t, s.db.PutCompanySignIn(s.t.Context(), settings, s.owner.Activity("company.update")))
	s.settings = settings
}

// member makes the account of an e-mail address a viewer of the organization.
func (s *stage) member(email string) dialtone.Account {
	s.t.Helper()
	member, _ := storetest.NewAccountOf(s.t, s.db, email)
	s.owner.Join(s.t, s.db, member, dialtone.RoleViewer)
	return member
}

func (s *stage) begin() (address, state string) {
	s.t.Helper()
	address, state, err := s.Begin(s.t.Context(), s.owner.Organization.ID, browser, s.now)
	must(s.t, err)
	return address, state
}

// finish comes back in the browser that began.
func (s *stage) finish(state string, query url.Values) (account.SignedIn, error) {
	return s.Finish(context.Background(), company.Back{State: state, BrowserID: browser, Query: query, Agent: firefox}, s.now)
}

// through goes to the provider as a person who types that name, and back.
func (s *stage) through(name string) (account.SignedIn, error) {
	s.t.Helper()
	address, state := s.begin()
	return s.finish(state, atProvider(s.t, address, name))
}

func (s *stage) mustGoThrough(name string) account.SignedIn {
	s.t.Helper()
	in, err := s.through(name)
	must(s.t, err)
	return in
}

func (s *stage) role(accountID string) dialtone.Role {
	s.t.Helper()
	membership, err := s.db.Membership(s.t.Context(), s.owner.Organization.ID, accountID)
	must(s.t, err)
	return membership.Role
}

func wantProblem(t *testing.T, what string, err error, want company.Problem) {
	t.Helper()
	refused, ok := errors.AsType[*company.Error](err)
	if !ok || refused.Problem != want {
		t.Errorf("%s: %v, want the problem %s", what, err, want)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

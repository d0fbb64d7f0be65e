package account

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/logtest"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

const (
	origin  = "https://developers.example.com"
	ada     = "ada@example.com"
	grace   = "grace@example.com"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// stage is a service on a real database, with an inbox in the place of a mail server and a clock that stands still.
type stage struct {
	*Service
	t     *testing.T
	db    *store.DB
	inbox *message.Inbox
	now   time.Time
	keys  []secret.DataKey
	log   *logtest.Log
}

func newStage(t *testing.T, change ...func(*Config)) *stage {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := &stage{t: t, db: storetest.New(t), inbox: message.NewInbox(), now: now, log: new(logtest.Log), keys: []secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: now},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: now},
	}}
	keys, err := secret.NewKeys(s.keys, now)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Store: s.db, Keys: keys, Mail: s.inbox, Policy: DefaultPolicy, Log: slog.New(slog.NewTextHandler(s.log, nil)), Origin: origin}
	for _, c := range change {
		c(&config)
	}
	if s.Service, err = New(config); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) later(d time.Duration) { s.now = s.now.Add(d) }

// request asks for a code in a browser at home.
func (s *stage) request(email, browser string) (CodeSent, error) {
	return s.RequestCode(context.Background(), CodeRequest{Email: email, BrowserID: browser, Network: "192.0.2.1"}, s.now)
}

func (s *stage) mustRequest(email, browser string) CodeSent {
	s.t.Helper()
	sent, err := s.request(email, browser)
	if err != nil {
		s.t.Fatal(err)
	}
	return sent
}

// mails returns the e-mails to an address, newest first.
func (s *stage) mails(email string) []message.Received {
	var found []message.Received
	for _, r := range s.inbox.List() {
		if r.To == email {
			found = append(found, r)
		}
	}
	return found
}

// code returns the code in the newest e-mail to an address.
func (s *stage) code(email string) string {
	s.t.Helper()
	mails := s.mails(email)
	if len(mails) == 0 {
		s.t.Fatalf("no e-mail came to %s", email)
	}
	code, _, _ := strings.Cut(mails[0].Text, "\n")
	return code
}

func (s *stage) verify(sent CodeSent, browser, code string) (SignedIn, error) {
	return s.VerifyCode(context.Background(), CodeEntry{CodeID: sent.CodeID, Email: sent.Email, Digits: sent.Digits, Code: code, BrowserID: browser, Agent: firefox}, s.now)
}

func (s *stage) mustVerify(sent CodeSent, browser, code string) SignedIn {
	s.t.Helper()
	in, err := s.verify(sent, browser, code)
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

// signedIn is a person at the portal.
type signedIn struct {
	SignedIn
	session dialtone.AccountSession
	actor   dialtone.Actor
}

// byEmail signs a person in with a code.
func (s *stage) byEmail(email string) signedIn {
	s.t.Helper()
	browser := secret.ID("browser")
	sent := s.mustRequest(email, browser)
	return s.at(s.mustVerify(sent, browser, s.code(email)))
}

// organization makes one that has a sign-in of its own.
func (s *stage) organization(id string, owner signedIn) {
	s.t.Helper()
	ctx := context.Background()
	made := activity(owner.actor, "organization.create", id, "", s.now)
	err := s.db.CreateOrganization(ctx, dialtone.Organization{ID: id, Name: id, Created: s.now}, owner.Account.ID, s.now, made)
	if err != nil {
		s.t.Fatal(err)
	}
	set := activity(owner.actor, "company.update", id, "", s.now)
	err = s.db.PutCompanySignIn(ctx, dialtone.CompanySignIn{OrganizationID: id, Issuer: "https://id.example.org", ClientID: "portal", Updated: s.now}, set)
	if err != nil {
		s.t.Fatal(err)
	}
}

// byCompany signs a person in who has an account, confined to the organization.
func (s *stage) byCompany(account dialtone.Account, organizationID string) signedIn {
	s.t.Helper()
	in, err := s.StartSession(context.Background(), Proved{
		Account: account, Method: dialtone.SignInCompany, OrganizationID: organizationID, Agent: firefox,
	}, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.at(in)
}

func (s *stage) at(in SignedIn) signedIn {
	s.t.Helper()
	session, account, err := s.Session(context.Background(), in.Cookie.Reveal(), s.now)
	if err != nil || account != in.Account {
		s.t.Fatalf("session of %+v: %+v, %v", in.Account, account, err)
	}
	return signedIn{in, session, s.Actor(session, account)}
}

// actions returns what the account's log holds, newest first.
func (s *stage) actions(accountID string) []string {
	s.t.Helper()
	lines, err := s.db.AccountActivities(context.Background(), accountID, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	actions := make([]string, len(lines))
	for i, line := range lines {
		actions[i] = line.Action
	}
	return actions
}

// wrong returns a code that is not this one.
func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return "9" + code[1:]
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func wantLeft(t *testing.T, what string, err error, want int) {
	t.Helper()
	if wrongCode, ok := errors.AsType[*WrongCodeError](err); !ok || wrongCode.Left != want {
		t.Errorf("%s: %v, want a wrong code with %d tries left", what, err, want)
	}
}

func wantField(t *testing.T, what string, err error, field string) {
	t.Helper()
	if fields, ok := errors.AsType[dialtone.FieldErrors](err); !ok || fields.Of(field) == "" {
		t.Errorf("%s: %v, want a problem with the field %s", what, err, field)
	}
}

func wantConfined(t *testing.T, what string, err error) {
	t.Helper()
	if _, ok := errors.AsType[*dialtone.ForbiddenError](err); !ok || !errors.Is(err, dialtone.ErrForbidden) {
		t.Errorf("%s: %v, want *dialtone.ForbiddenError", what, err)
	}
}

// wantWait checks that err is a budget that has room again after the wait.
func wantWait(t *testing.T, what string, err error, wait time.Duration) {
	t.Helper()
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); !ok || refused.RetryAfter != wait {
		t.Errorf("%s: %v, want to wait for %s", what, err, wait)
	}
}

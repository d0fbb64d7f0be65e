package portal_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	people "github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/desk/account"
	"github.com/dialtone-id/dialtone/internal/web/portal"
	"github.com/dialtone-id/dialtone/internal/web/portal/organization"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

const (
	ada   = "ada@example.com"
	grace = "grace@example.com"
)

// stage is the portal on a real database, with an inbox in the place of a mail server and a clock that the test moves.
type stage struct {
	t       *testing.T
	db      *store.DB
	catalog *catalog.Catalog
	mail    *post
	server  *httptest.Server

	mu  sync.Mutex
	now time.Time
}

// post is an inbox that can be away.
type post struct {
	*message.Inbox
	mu   sync.Mutex
	away bool
}

func (p *post) SendMail(ctx context.Context, m message.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return &message.Failure{Kind: message.Temporary, Code: "connect", Cause: errors.New("connection refused")}
	}
	return p.Inbox.SendMail(ctx, m)
}

func (p *post) goAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newStage(t *testing.T, change ...func(*account.Config)) *stage {
	t.Helper()
	s := &stage{t: t, db: storetest.New(t), mail: &post{Inbox: message.NewInbox()}, now: time.Now().UTC().Truncate(time.Microsecond)}
	var handler http.Handler
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(s.server.Close)
	origin := strings.Replace(s.server.URL, "127.0.0.1", "localhost", 1) // passkeys need a name
	keys, err := secret.NewKeys([]secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: s.now},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: s.now},
	}, s.now)
	must(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	service, err := people.New(people.Config{Store: s.db, Keys: keys, Mail: s.mail, Policy: people.DefaultPolicy, Log: log, Origin: origin})
	must(t, err)
	providers := company.New(company.Config{
		Owners: company.Organizations{Store: s.db, Sessions: service}, Spender: s.db, Keys: keys, Log: log, Callback: origin + company.Callback, HTTP: http.DefaultClient, AllowLoopback: true,
	})
	s.catalog = catalog.New(s.db)

	face, err := page.NewFace()
	must(t, err)
	errorPages, err := face.Room()
	must(t, err)
	front := &desk.Desk{
		Accounts: service, Cookies: web.NewCookies(origin), ClientIP: func(*http.Request) string { return "192.0.2.1" }, Log: log, Now: s.clock, Room: errorPages,
		Pages: s.db, Seals: keys,
	}
	config := account.Config{
		Desk: front, Face: face, People: service, Companies: providers, Activities: s.db, Keys: keys, SessionLifetime: people.DefaultPolicy.SessionLifetime,
	}
	for _, c := range change {
		c(&config)
	}
	who, err := account.New(config)
	must(t, err)
	team, err := organization.New(organization.Config{
		Desk: front, Face: face, Catalog: s.catalog, Store: s.db, Mail: s.mail, Secrets: company.Secrets{Keys: keys}, Origin: origin,
	})
	must(t, err)
	handler, err = portal.New(portal.Config{Origin: origin, Desk: front, Face: face, Catalog: s.catalog, Account: who, Organization: team,
		Reports: &traffic.Reports{Store: s.db, Catalog: s.catalog, Keys: keys},
	})
	must(t, err)
	s.server.URL = origin
	return s
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

var codeDigits = regexp.MustCompile(`[0-9]{6,8}`)

// code returns the newest code that was mailed to the address.
func (s *stage) code(email string) string {
	s.t.Helper()
	for _, m := range s.mail.List() {
		if m.To == email && strings.Contains(m.Subject, "code") {
			return codeDigits.FindString(m.Subject)
		}
	}
	s.t.Fatalf("no code was mailed to %s", email)
	return ""
}

// account returns the id of the account of the address.
func (s *stage) account(email string) string {
	s.t.Helper()
	a, err := s.db.AccountByEmail(s.t.Context(), email)
	must(s.t, err)
	return a.ID
}

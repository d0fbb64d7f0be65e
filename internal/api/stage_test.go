package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/api"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

const portal = "https://portal.example"

// stage is the API on a real database with one organization in it: an owner and a viewer, an open invitation, two products, a
// client with a secret, a sandbox and an operator that reviews products, a failed request and some counts.
type stage struct {
	t          testing.TB
	db         *store.DB
	catalog    *catalog.Catalog
	api        *api.API
	developer  storetest.Developer
	viewer     dialtone.Account
	invitation dialtone.Invitation
	failure    dialtone.FailedRequest
	log        bytes.Buffer
	post       postOffice
	mu         sync.Mutex
	now        time.Time
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, db: storetest.New(t), now: storetest.Now.Add(time.Hour)}
	s.catalog = catalog.New(s.db)
	s.putOperators()
	s.developer = storetest.NewDeveloper(t, s.db)
	s.putViewer()
	s.developer.Account.Name = "Kim Berg"
	s.must(s.db.RenameAccount(t.Context(), s.developer.Account.ID, "Kim Berg"))
	s.must(s.db.RenameAccount(t.Context(), s.viewer.ID, "Robin Lind"))
	s.invitation = s.developer.NewInvitation(dialtone.RoleDeveloper)
	s.invitation.Created = s.invitation.Created.Add(time.Minute)
	s.must(s.db.PutInvitation(t.Context(), s.invitation, s.developer.Activity("invitation.create")))
	s.putTraffic()
	second := s.developer.NewProduct()
	second.Created, second.Name = second.Created.Add(-time.Minute), "News"
	s.must(s.db.CreateProduct(t.Context(), second, s.developer.Activity("product.create")))
	keys, err := secret.NewKeys([]secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: storetest.Now},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: storetest.Now},
	}, storetest.Now)
	s.must(err)
	s.api = api.New(api.Config{
		Portal: portal, Catalog: s.catalog, Traffic: &traffic.Reports{Store: s.db, Catalog: s.catalog, Keys: keys}, Inviter: &s.post, Store: s.db, Keys: keys,
		Log: slog.New(slog.NewTextHandler(&s.log, nil)), Now: s.clock,
	})
	return s
}

func (s *stage) putViewer() {
	i := s.developer.NewInvitation(dialtone.RoleViewer)
	s.viewer, _ = storetest.NewAccount(s.t, s.db)
	s.must(s.db.PutInvitation(s.t.Context(), i, s.developer.Activity("invitation.create")))
	s.must(s.db.AcceptInvitation(s.t.Context(), i.ID, s.viewer.ID, storetest.Now.Add(time.Minute), s.developer.Activity("invitation.accept")))
}

func (s *stage) putOperators() {
	for _, o := range []dialtone.Operator{
		{ID: "sandbox", Name: "Sandbox", Approval: dialtone.ApprovalAutomatic, Sandbox: true, Language: "en"},
		{ID: "nordtel", Name: "Nordtel", Approval: dialtone.ApprovalManual, Language: "sv"},
	} {
		s.must(s.catalog.PutOperator(s.t.Context(), o, storetest.Now))
	}
}

func (s *stage) putTraffic() {
	ctx, d := s.t.Context(), s.developer
	s.failure = dialtone.FailedRequest{
		ID: secret.ID("er"), ProductID: d.Product.ID, ClientID: d.Client.ID, Endpoint: "authorize", Code: "invalid_request",
		Description: "redirect_uri is not registered for this client", Detail: "it differs from https://example.com/callback at character 27",
		At: storetest.Now,
	}
	s.must(s.db.PutFailedRequests(ctx, []dialtone.FailedRequest{s.failure}))
	s.must(s.db.AddTallies(ctx, []dialtone.Tally{
		{ProductID: d.Product.ID, ClientID: d.Client.ID, OperatorID: "sandbox", Hour: storetest.Now.Truncate(time.Hour), Kind: dialtone.TallySignInStarted, Count: 5},
		{ProductID: d.Product.ID, ClientID: d.Client.ID, OperatorID: "sandbox", Hour: storetest.Now.Truncate(time.Hour), Kind: dialtone.TallySignInCompleted, Count: 4},
		{ProductID: d.Product.ID, ClientID: d.Client.ID, Hour: storetest.Now.Truncate(time.Hour), Kind: dialtone.TallyTokenError + "invalid_grant", Count: 1},
	}))
}

// clock is a time that no two requests share.
func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time.Second)
	return s.now
}

// postOffice keeps what was mailed.
type postOffice struct {
	sent []catalog.Invited
	away error // nil: it takes mail
}

func (p *postOffice) SendInvitation(_ context.Context, invited catalog.Invited) error {
	if p.away == nil {
		p.sent = append(p.sent, invited)
	}
	return p.away
}

// key makes an API key of the organization with the rights; none: all that a key can have.
func (s *stage) key(rights ...catalog.Action) string {
	s.t.Helper()
	return s.keyOf(s.developer, rights...)
}

func (s *stage) keyOf(d storetest.Developer, rights ...catalog.Action) string {
	s.t.Helper()
	if len(rights) == 0 {
		rights = keyRights()
	}
	names := make([]string, len(rights))
	for i, r := range rights {
		names[i] = string(r)
	}
	edit := catalog.APIKeyEdit{Name: "deployment", Rights: names}
	_, text, err := s.catalog.CreateAPIKey(s.t.Context(), ownerOf(d), d.Organization.ID, edit, s.clock())
	s.must(err)
	return text.Reveal()
}

func ownerOf(d storetest.Developer) dialtone.Actor {
	return dialtone.Actor{AccountID: d.Account.ID, Name: d.Account.Display()}
}

func (s *stage) owner() dialtone.Actor { return ownerOf(s.developer) }

func keyRights() []catalog.Action {
	var rights []catalog.Action
	for _, p := range catalog.Permissions() {
		if p.ForKeys {
			rights = append(rights, p.Action)
		}
	}
	return rights
}

// call is one request.
type call struct {
	method, path string // of the path what follows /api/v1
	key          string
	body         string
	header       map[string]string
}

// reply is its answer.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

func (s *stage) do(c call) reply {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), c.method, "/api/v1"+c.path, strings.NewReader(c.body))
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	return s.serve(r)
}

func (s *stage) serve(r *http.Request) reply {
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return reply{t: s.t, status: w.Code, header: w.Header(), body: w.Body.String()}
}

// want fails the test if the answer has another status.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// json reads the answer into a value.
func (r reply) json(into any) reply {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		r.t.Fatalf("%v: %s", err, r.body)
	}
	return r
}

// problem reads the answer as a problem and checks what every problem has.
func (r reply) problem(kind string) api.Problem {
	r.t.Helper()
	var p api.Problem
	r.json(&p)
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("Content-Type %q", got)
	}
	if p.Type != portal+"/docs/errors#"+kind || p.Status != r.status || p.Title == "" || p.Detail == "" || p.Instance == "" {
		r.t.Errorf("want the problem %s in full, got %d %s", kind, r.status, r.body)
	}
	return p
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

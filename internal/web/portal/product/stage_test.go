package product_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
	"github.com/dialtone-id/dialtone/internal/web/portal/product"
)

const (
	issuer = "http://localhost:8080"
	portal = "http://localhost:8081"
)

// stage is the room on a mux, an organization with its people, a product, and somebody from another organization.
type stage struct {
	*catalog.Catalog
	t                                  *testing.T
	db                                 *store.DB
	handler                            http.Handler
	now                                time.Time
	owner, developer, viewer, stranger person
	organization                       dialtone.Organization
	product                            dialtone.Product
}

// person is somebody who is signed in.
type person struct {
	account dialtone.Account
	actor   dialtone.Actor
	cookie  string
}

// sessions finds sessions by their id: what account does with the cookie's secret is tested there.
type sessions struct{ db *store.DB }

func (s sessions) Session(ctx context.Context, cookie string, _ time.Time) (dialtone.AccountSession, dialtone.Account, error) {
	return s.db.AccountSession(ctx, cookie)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	t.Parallel()
	db := storetest.New(t)
	s := &stage{Catalog: catalog.New(db), t: t, db: db, now: storetest.Now.Add(time.Hour)}
	must(t, directory.EnsureSandbox(t.Context(), db, s.now))
	must(t, s.PutOperator(t.Context(), dialtone.Operator{ID: "tundra", Name: "Tundra", Approval: dialtone.ApprovalManual}, s.now))
	must(t, s.PutScope(t.Context(), dialtone.Scope{
		Name: "sms.text:send", Category: "Messaging", Developer: "Send text messages.",
		Subscriber: map[string]string{"en": "Send you text messages"},
	}))
	s.owner, s.developer, s.viewer, s.stranger = s.person(), s.person(), s.person(), s.person()
	var err error
	s.organization, err = s.CreateOrganization(t.Context(), s.owner.actor, "Example Apps", s.now)
	must(t, err)
	_, err = s.CreateOrganization(t.Context(), s.stranger.actor, "Elsewhere", s.now)
	must(t, err)
	s.join(s.developer, dialtone.RoleDeveloper)
	s.join(s.viewer, dialtone.RoleViewer)
	s.product, err = s.CreateProduct(t.Context(), s.owner.actor, s.organization.ID, catalog.ProductEdit{Name: "Weather"}, s.now)
	must(t, err)
	s.handler = s.routes()
	return s
}

func (s *stage) routes() http.Handler {
	face, err := page.NewFace()
	must(s.t, err)
	front := &desk.Desk{
		Accounts: sessions{s.db}, Cookies: web.NewCookies(portal), ClientIP: func(*http.Request) string { return "192.0.2.1" },
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.now },
	}
	m, err := product.New(product.Config{
		Desk: front, Face: face, Catalog: s.Catalog, Traffic: &traffic.Reports{Store: s.db, Catalog: s.Catalog, Keys: storetest.Keys(s.t, "personal-1")}, Store: s.db, Issuer: issuer,
	})
	must(s.t, err)
	front.Room, err = face.Room()
	must(s.t, err)
	mux := http.NewServeMux()
	for pattern, handler := range map[string]desk.Handler{
		"GET /organizations/{organization}/products/new":  m.ShowNewProduct,
		"POST /organizations/{organization}/products/new": m.CreateProduct,
		"GET /products/{product}":                         m.ShowGeneral,
		"POST /products/{product}":                        m.SaveGeneral,
		"POST /products/{product}/icon":                   m.SaveIcon,
		"GET /asset/{asset}":                              m.ShowAsset,
		"POST /products/{product}/impact":                 m.ShowImpact,
		"GET /products/{product}/scopes":                  m.ShowScopes,
		"POST /products/{product}/scopes":                 m.SaveScopes,
		"GET /products/{product}/listing":                 m.ShowListing,
		"POST /products/{product}/listing":                m.OfferListing,
		"GET /products/{product}/submit":                  m.ShowSubmit,
		"POST /products/{product}/submit":                 m.SendSubmit,
		"GET /products/{product}/clients":                 m.ShowClients,
		"GET /products/{product}/clients/new":             m.ShowNewClient,
		"POST /products/{product}/clients/new":            m.CreateClient,
		"GET /clients/{client}":                           m.ShowClient,
		"POST /clients/{client}":                          m.SaveClient,
		"GET /clients/{client}/delete":                    m.ShowDeleteClient,
		"POST /clients/{client}/delete":                   m.DeleteClient,
		"POST /clients/{client}/secrets":                  m.CreateSecret,
		"POST /clients/{client}/secrets/{secret}/rotate":  m.RotateSecret,
		"GET /clients/{client}/secrets/{secret}/revoke":   m.ShowRevokeSecret,
		"POST /clients/{client}/secrets/{secret}/revoke":  m.RevokeSecret,
		"GET /check/redirect-uri":                         m.CheckRedirectURI,
	} {
		mux.Handle(pattern, front.Signed(handler))
	}
	return mux
}

// person is somebody with an account and a session.
func (s *stage) person() person {
	account, session := storetest.NewAccount(s.t, s.db)
	return person{account: account, actor: dialtone.Actor{AccountID: account.ID, Name: account.Display()}, cookie: session.ID}
}

// join invites and accepts.
func (s *stage) join(who person, role dialtone.Role) {
	s.t.Helper()
	invited, err := s.Invite(s.t.Context(), s.owner.actor, s.organization.ID, who.account.Email, role, s.now)
	must(s.t, err)
	_, err = s.AcceptInvitation(s.t.Context(), who.actor, who.account, invited.Link.Reveal(), s.now)
	must(s.t, err)
}

// newClient makes a confidential client and returns it with its secret.
func (s *stage) newClient() (dialtone.Client, string) {
	s.t.Helper()
	client, text, err := s.CreateClient(s.t.Context(), s.developer.actor, s.product.ID, catalog.ClientEdit{
		Type: dialtone.ClientConfidential, SecretName: "one", ClientSettings: dialtone.ClientSettings{
			Description: "web server", RedirectURIs: []string{"https://example.com/callback"},
		},
	}, s.now)
	must(s.t, err)
	return client, text.Reveal()
}

// added has a subscriber add the product, as the counts say.
func (s *stage) added() {
	s.t.Helper()
	must(s.t, s.db.AddTallies(s.t.Context(), []dialtone.Tally{{
		ProductID: s.product.ID, ClientID: "client", OperatorID: "tundra", Kind: dialtone.TallyConsentGranted, Count: 1, Hour: s.now.Truncate(time.Hour),
	}}))
}

// answer is what a person got.
type answer struct {
	status   int
	header   http.Header
	body     string
	document *document // nil where the answer is no page
}

// get asks for a page.
func (s *stage) get(who person, address string) answer {
	s.t.Helper()
	return s.do(who, httptest.NewRequestWithContext(s.t.Context(), "GET", portal+address, nil))
}

// post sends a form.
func (s *stage) post(who person, address string, form url.Values) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", portal+address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(who, r)
}

// submit fills in the form of a page that goes to the address, and sends it.
func (s *stage) submit(who person, from answer, address string, fill url.Values) answer {
	s.t.Helper()
	form := from.document.form(s.t, address)
	for name, values := range fill {
		if _, there := form[name]; !there && !from.document.offers(address, name) {
			s.t.Errorf("the form to %s has no field %s", address, name)
		}
		form[name] = values
	}
	return s.post(who, address, form)
}

func (s *stage) do(who person, r *http.Request) answer {
	s.t.Helper()
	r.AddCookie(&http.Cookie{Name: "portal_session", Value: who.cookie})
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	must(s.t, err)
	a := answer{status: w.Code, header: w.Header(), body: string(body)}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		a.document = parse(s.t, r.URL.Path, a.body)
	}
	return a
}

// see checks the status and that the page says each of the words.
func (s *stage) see(a answer, status int, words ...string) answer {
	s.t.Helper()
	if a.status != status {
		s.t.Fatalf("got %d, want %d: %s", a.status, status, a.text())
	}
	for _, w := range words {
		if !strings.Contains(a.text(), w) {
			s.t.Errorf("the page does not say %q: %s", w, a.text())
		}
	}
	return a
}

// lacks checks that the page does not say any of the words.
func (s *stage) lacks(a answer, words ...string) {
	s.t.Helper()
	for _, w := range words {
		if strings.Contains(a.text(), w) {
			s.t.Errorf("the page says %q: %s", w, a.text())
		}
	}
}

// follow checks that the answer is a redirect inside the portal, and goes there.
func (s *stage) follow(who person, a answer) answer {
	s.t.Helper()
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/") {
		s.t.Fatalf("got %d to %q, want 303: %s", a.status, a.header.Get("Location"), a.text())
	}
	return s.get(who, a.header.Get("Location"))
}

func (a answer) text() string {
	if a.document == nil {
		return a.body
	}
	return a.document.text()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

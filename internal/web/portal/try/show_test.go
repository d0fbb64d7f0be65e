package try

import (
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
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// `dialtone apply` takes clients that nobody can sign in with: they get tokens for themselves only.
func TestAClientWithoutRedirectURIIsExplained(t *testing.T) {
	t.Parallel()
	db, now := storetest.New(t), storetest.Now.Add(time.Hour)
	c := catalog.New(db)
	must(t, directory.EnsureSandbox(t.Context(), db, now))
	account, session := storetest.NewAccount(t, db)
	v := desk.Visit{Account: account, Session: session, Actor: dialtone.Actor{AccountID: account.ID}, Now: now}
	organization, err := c.CreateOrganization(t.Context(), v.Actor, "Example Apps", now)
	must(t, err)
	product, err := c.CreateProduct(t.Context(), v.Actor, organization.ID, catalog.ProductEdit{Name: "Weather"}, now)
	must(t, err)
	product, err = c.SetScopes(t.Context(), v.Actor, product.ID, []dialtone.ProductScope{{Name: dialtone.ScopeOpenID}}, product.Updated, now)
	must(t, err)
	_, err = c.Offer(t.Context(), v.Actor, product.ID, directory.SandboxOperatorID, now)
	must(t, err)
	must(t, c.PutClient(t.Context(), dialtone.Client{
		ID: "client_job", ProductID: product.ID, Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			Description: "nightly job", AuthMethod: dialtone.AuthBasic, IDTokenAlgorithm: "RS256",
		},
	}, now))

	m := newRoom(t, c)
	ask := func(method string, form url.Values, answer desk.Handler) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/products/"+product.ID+"/try?client=client_job", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetPathValue("product", product.ID)
		w := httptest.NewRecorder()
		answer(w, r, v)
		return w
	}
	shown := ask(http.MethodGet, nil, m.ShowTry)
	if body := shown.Body.String(); shown.Code != http.StatusOK || !strings.Contains(body, "no login redirect URI") || strings.Contains(body, `id="snippet"`) {
		t.Errorf("%d %s", shown.Code, body)
	}
	begun := ask(http.MethodPost, url.Values{"client": {"client_job"}, "number": {"+46701740605"}}, m.Step)
	if begun.Code != http.StatusUnprocessableEntity || !strings.Contains(begun.Body.String(), "no login redirect URI") {
		t.Errorf("a run begins: %d %s", begun.Code, begun.Body)
	}
}

func newRoom(t *testing.T, c *catalog.Catalog) *Room {
	face, err := page.NewFace()
	must(t, err)
	front := &desk.Desk{Cookies: web.NewCookies("http://localhost:8081"), Log: slog.New(slog.DiscardHandler)}
	front.Room, err = face.Room()
	must(t, err)
	m, err := New(Config{Desk: front, Face: face, Catalog: c, Keys: newKeys(t), Issuer: "http://localhost:8080"})
	must(t, err)
	return m
}

func TestTheFirstClientThatCanBeTriedIsShown(t *testing.T) {
	t.Parallel()
	job, app, site := dialtone.Client{ID: "job"}, dialtone.Client{
		ID: "app", ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{"a:/b"},
		},
	}, dialtone.Client{
		ID: "site", ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{"a:/c"},
		},
	}
	for _, c := range []struct {
		clients  []dialtone.Client
		id, want string
	}{
		{[]dialtone.Client{job, app, site}, "", "app"},
		{[]dialtone.Client{job, app, site}, "another product's", "app"},
		{[]dialtone.Client{job, app, site}, "site", "site"},
		{[]dialtone.Client{job, app}, "job", "job"},
		{[]dialtone.Client{job}, "", "job"},
		{nil, "job", ""},
	} {
		if got := chosenClient(c.clients, c.id); got.ID != c.want {
			t.Errorf("of %d clients, %q shows %q", len(c.clients), c.id, got.ID)
		}
	}
}

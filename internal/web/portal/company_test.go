package portal_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// provider is a company's OpenID Connect provider with one person, who is signed in there already.
type provider struct {
	*httptest.Server
	stage  *stage
	signer jose.Signer
	mu     sync.Mutex
	nonce  string
}

func newProvider(t *testing.T, s *stage) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	p := &provider{stage: s}
	p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	must(t, err)
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	serve := func(path string, value any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { say(t, w, value) })
	}
	serve("/.well-known/openid-configuration", map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
	serve("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) { say(t, w, p.tokens(t)) })
	return p
}

func say(t *testing.T, w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		t.Error(err)
	}
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p.mu.Lock()
	p.nonce = query.Get("nonce")
	p.mu.Unlock()
	back := url.Values{"code": {"right"}, "state": {query.Get("state")}}
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (p *provider) tokens(t *testing.T) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.stage.clock()
	token, err := jwt.Signed(p.signer).Claims(map[string]any{
		"iss": p.URL, "aud": "portal", "sub": "person-1", "nonce": p.nonce, "iat": now.Unix(), "exp": now.Unix() + 60, "name": "Grace Hopper",
	}).Serialize()
	if err != nil {
		t.Error(err)
	}
	return map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": token}
}

func TestPeopleComeThroughTheirCompany(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	id := strings.TrimPrefix(organization, "/organizations/")
	elsewhere := s.browser().organization(grace, "Elsewhere")
	company := newProvider(t, s)
	set := func(joinAs dialtone.Role) {
		owner.post(organization+"/settings/company", "issuer", company.URL, "client_id", "portal", "client_secret", "hush", "join_as", string(joinAs)).
			want(http.StatusOK, "The company sign-in is saved")
	}
	set("")
	b := s.browser()
	// A link is no wish: it fills the form in, and leads nowhere before the person does.
	link := "/signin/company/" + id
	if asked := b.get(link).want(http.StatusOK, "Go to your company"); asked.path != link || asked.value("organization") != id {
		t.Errorf("the link alone led to %s, with %q in the form", asked.path, asked.value("organization"))
	}
	b.post("/signin/company", "organization", id).want(http.StatusForbidden, "you are not a member of its organization here", "Error id: er_")
	set(dialtone.RoleDeveloper)
	in := b.post("/signin/company", "organization", " "+id+" ", "to", organization+"/members").want(http.StatusOK, "Grace Hopper", "developer")
	if in.path != organization+"/members" {
		t.Errorf("came to %s", in.path)
	}
	b.get(elsewhere).want(http.StatusNotFound)
	b.get("/").want(http.StatusOK, "Analytical Engines").without("Create another organization")
	b.get("/account").want(http.StatusOK, "Through your company", "signed in through your company")

	// The answer of the provider belongs to the browser that asked, and counts once.
	b.get("/signin/company/callback?code=right&state=x").want(http.StatusForbidden, "took too long, or was finished already")
	owner.post(organization+"/settings/company/remove").want(http.StatusOK, "signed out")
	b.get("/account").want(http.StatusOK, "Send me a code")
}

func TestACompanyWhoseProviderIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	company := newProvider(t, s)
	owner.post(organization+"/settings/company", "issuer", company.URL, "client_id", "portal").want(http.StatusOK, "saved")
	company.Close()
	away := s.browser().post("/signin/company", "organization", strings.TrimPrefix(organization, "/organizations/")).
		want(http.StatusFailedDependency, "provider does not answer", "Error id: er_")
	if away.header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
}

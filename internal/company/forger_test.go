package company_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// forger is a provider of our own making, which answers as it should unless told otherwise.
type forger struct {
	*httptest.Server
	discoveries atomic.Int32

	mu       sync.Mutex
	metadata map[string]any // replaces what discovery says
	claims   map[string]any // replaces what the ID token says; nil leaves a claim out
	userInfo map[string]any // nil: there is no such endpoint
	sign     func(payload []byte) string
	token    http.HandlerFunc // in the place of the token endpoint
	form     url.Values       // that came to the token endpoint
	basic    [2]string        // credentials that came in the header
	nonce    string           // of the request on its way
}

const forgersClient, forgersSecret = "our-client", "our-secret"

var forgersKey = sync.OnceValue(func() *rsa.PrivateKey { return newRSA() })

func newRSA() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func newForger(t *testing.T) *forger {
	t.Helper()
	f := &forger{sign: func(payload []byte) string { return signed(t, jose.RS256, forgersKey(), payload) }}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		f.discoveries.Add(1)
		says := map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/jwks",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.userInfo != nil {
			says["userinfo_endpoint"] = f.URL + "/userinfo"
		}
		maps.Copy(says, f.metadata)
		writeJSON(t, w, says)
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(t, w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: forgersKey().Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { writeJSON(t, w, f.userInfo) })
	mux.HandleFunc("/token", f.tokens(t))
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *forger) tokens(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.form = r.PostForm
		f.basic[0], f.basic[1], _ = r.BasicAuth()
		if f.token != nil {
			f.token(w, r)
			return
		}
		now := time.Now().Unix()
		claims := map[string]any{"iss": f.URL, "sub": "ada", "aud": forgersClient, "exp": now + 300, "iat": now, "nonce": f.nonce}
		maps.Copy(claims, f.claims)
		maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Error(err)
		}
		writeJSON(t, w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": f.sign(payload)})
	}
}

func writeJSON(t *testing.T, w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		t.Errorf("provider: %v", err)
	}
}

func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	compact, err := token.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return compact
}

func readAll(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func (f *forger) stage(t *testing.T, change ...func(*company.Config)) *stage {
	t.Helper()
	return newStage(t, dialtone.CompanySignIn{Issuer: f.URL, ClientID: forgersClient, JoinAs: dialtone.RoleViewer}, forgersSecret, change...)
}

// attempt goes to the forger and back; the answer has what extra says besides the code and the state.
func (f *forger) attempt(s *stage, extra ...string) (account.SignedIn, error) {
	address, state, err := s.Begin(s.t.Context(), s.owner.Organization.ID, browser, s.now)
	if err != nil {
		return account.SignedIn{}, err
	}
	sent, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	f.mu.Lock()
	f.nonce = sent.Query().Get("nonce")
	f.mu.Unlock()
	answer := url.Values{"state": {sent.Query().Get("state")}, "code": {"the-code"}}
	for i := 0; i < len(extra); i += 2 {
		answer.Add(extra[i], extra[i+1])
	}
	return s.finish(state, answer)
}

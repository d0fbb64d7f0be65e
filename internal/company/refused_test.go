package company_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/outbound"
)

func TestTheRequestAndTheExchangeAreAsTheyShould(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	s := f.stage(t)
	address, _ := s.begin()
	sent, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := sent.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": forgersClient, "redirect_uri": origin + "/signin/company/callback",
		"scope": "openid email profile", "code_challenge_method": "S256",
	} {
		if query.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, query.Get(name), want)
		}
	}
	if _, err := f.attempt(s, "iss", f.URL); err != nil {
		t.Fatal(err)
	}
	if f.basic != [2]string{forgersClient, forgersSecret} || f.form.Has("client_secret") || len(f.form.Get("code_verifier")) != 43 || f.form.Get("code") != "the-code" {
		t.Errorf("credentials %q, form %v", f.basic, f.form)
	}
	f.metadata = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	if _, err := f.attempt(f.stage(t)); err != nil {
		t.Fatal(err)
	}
	if f.basic[1] != "" || f.form.Get("client_secret") != forgersSecret || f.form.Get("client_id") != forgersClient {
		t.Errorf("credentials %q, form %v", f.basic, f.form)
	}
}

func TestAForgedIDTokenSignsNobodyIn(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	s := f.stage(t)
	hour := time.Hour.Milliseconds() / 1000
	for what, claims := range map[string]map[string]any{
		"another question's nonce":    {"nonce": "another"},
		"no nonce":                    {"nonce": nil},
		"another client's":            {"aud": "their-client"},
		"ours among others, for them": {"aud": []string{forgersClient, "their-client"}, "azp": "their-client"},
		"ours among others, for none": {"aud": []string{forgersClient, "their-client"}},
		"ours, issued to them":        {"azp": "their-client"},
		"another issuer's":            {"iss": "https://login.example.com"},
		"too old":                     {"exp": time.Now().Unix() - hour},
		"not valid yet":               {"nbf": time.Now().Unix() + hour},
		"nobody's":                    {"sub": nil},
		"a subject beyond bounds":     {"sub": strings.Repeat("x", 256)},
		"for another access token":    {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
	} {
		f.claims = claims
		_, err := f.attempt(s)
		wantProblem(t, what, err, company.ProblemMismatch)
	}
	f.claims = nil
	for what, sign := range map[string]func([]byte) string{
		"signed by another":          func(p []byte) string { return signed(t, jose.RS256, newRSA(), p) },
		"signed with our secret":     func(p []byte) string { return signed(t, jose.HS256, []byte(strings.Repeat(forgersSecret, 4)), p) },
		"not signed":                 func(p []byte) string { return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(p) + "." },
		"signed, and changed after":  func(p []byte) string { return signed(t, jose.RS256, forgersKey(), p)[:40] + "x" },
		"no token":                   func([]byte) string { return "" },
		"a key that only HS256 uses": func(p []byte) string { return signed(t, jose.HS256, forgersKey().N.Bytes(), p) },
	} {
		f.sign = sign
		_, err := f.attempt(s)
		wantProblem(t, what, err, company.ProblemMismatch)
	}
	if sessions, err := s.db.Members(t.Context(), s.owner.Organization.ID); err != nil || len(sessions) != 1 {
		t.Errorf("the organization has %d members, %v: somebody joined", len(sessions), err)
	}
	f.sign = func(p []byte) string { return signed(t, jose.RS256, forgersKey(), p) }
	f.claims = map[string]any{"aud": []string{forgersClient, "their-client"}, "azp": forgersClient}
	if _, err := f.attempt(s); err != nil {
		t.Errorf("a token for two, issued to us: %v", err)
	}
}

func TestAnAnswerToAnotherQuestionIsRefused(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	s := f.stage(t)
	for what, extra := range map[string][]string{
		"two codes":                {"code", "another"},
		"two states":               {"state", "another"},
		"a code and an error":      {"error", "access_denied"},
		"another issuer, RFC 9207": {"iss", "https://login.example.com"},
	} {
		_, err := f.attempt(s, extra...)
		wantProblem(t, what, err, company.ProblemMismatch)
	}
	f.metadata = map[string]any{"authorization_response_iss_parameter_supported": true}
	named := f.stage(t)
	_, err := f.attempt(named)
	wantProblem(t, "no issuer from a provider that names itself", err, company.ProblemMismatch)
	if _, err := f.attempt(named, "iss", f.URL); err != nil {
		t.Errorf("the right issuer: %v", err)
	}
	for code, want := range map[string]company.Problem{"": company.ProblemMismatch, "temporarily_unavailable": company.ProblemProviderAway, "<b>no</b>": company.ProblemRefused} {
		address, state := s.begin()
		sent, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.finish(state, url.Values{"state": {sent.Query().Get("state")}, "error": {code}})
		wantProblem(t, "error "+code, err, want)
		if refused, ok := errors.AsType[*company.Error](err); ok && strings.Contains(refused.Code, "<") {
			t.Errorf("the code is passed on as it came: %q", refused.Code)
		}
	}
	address, state := s.begin()
	sent, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	changed := s.settings
	changed.ClientID = "another-client"
	s.setUp(changed, forgersSecret)
	_, err = s.finish(state, url.Values{"state": {sent.Query().Get("state")}, "code": {"the-code"}})
	wantProblem(t, "the settings changed meanwhile", err, company.ProblemExpired)
}

func TestOnlyAProvedAddressLinksAMember(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		claims, userInfo map[string]any
		linked           bool
	}{
		"proved, in the ID token":          {claims: map[string]any{"email": "ADA@example.com", "email_verified": true}, linked: true},
		"proved, as some write it":         {claims: map[string]any{"email": ada, "email_verified": "true"}, linked: true},
		"proved, in the user info":         {userInfo: map[string]any{"sub": "ada", "email": ada, "email_verified": true}, linked: true},
		"not proved":                       {claims: map[string]any{"email": ada, "email_verified": false}},
		"nothing said about it":            {claims: map[string]any{"email": ada}},
		"not proved, as some write it":     {claims: map[string]any{"email": ada, "email_verified": "false"}},
		"a number for yes":                 {claims: map[string]any{"email": ada, "email_verified": 1}},
		"no address":                       {claims: map[string]any{"email": "ada", "email_verified": true}},
		"no address, and no user info":     {claims: map[string]any{}},
		"proved of no address, everywhere": {userInfo: map[string]any{"sub": "ada", "email_verified": true}},
	} {
		f := newForger(t)
		f.claims, f.userInfo = test.claims, test.userInfo
		s := f.stage(t)
		member := s.member(ada)
		in, err := f.attempt(s)
		if err != nil || (in.Account.ID == member.ID) != test.linked || in.New == test.linked {
			t.Errorf("%s: signed in as %+v (new: %v), %v", what, in.Account, in.New, err)
		}
	}
	f := newForger(t)
	f.userInfo = map[string]any{"sub": "grace", "email": ada, "email_verified": true}
	_, err := f.attempt(f.stage(t))
	wantProblem(t, "user info about somebody else", err, company.ProblemMismatch)
}

func TestAProviderThatIsAwayOrNoneIsSaidToBeAway(t *testing.T) {
	t.Parallel()
	for what, metadata := range map[string]map[string]any{
		"another issuer":             {"issuer": "https://login.example.com"},
		"a script for the browser":   {"authorization_endpoint": "javascript:alert(1)"},
		"pages in plain http":        {"authorization_endpoint": "http://login.example.com/auth"},
		"tokens in plain http":       {"token_endpoint": "http://login.example.com/token"},
		"keys from nowhere":          {"jwks_uri": ""},
		"credentials in the address": {"authorization_endpoint": "https://user@login.example.com/auth"},
		"more than anybody reads":    {"filler": strings.Repeat("x", 2<<20)},
	} {
		f := newForger(t)
		f.metadata = metadata
		_, err := f.attempt(f.stage(t))
		wantProblem(t, what, err, company.ProblemProviderAway)
		wantError(t, what, err, dialtone.ErrUnavailable)
	}
	f := newForger(t)
	guarded := f.stage(t, func(c *company.Config) { c.HTTP = outbound.New(outbound.Config{}) })
	_, err := f.attempt(guarded)
	wantProblem(t, "a provider inside our network", err, company.ProblemProviderAway)
	plain := f.stage(t, func(c *company.Config) { c.AllowLoopback = false })
	_, err = f.attempt(plain)
	wantProblem(t, "an issuer in plain http", err, company.ProblemProviderAway)
	if got := f.discoveries.Load(); got != 0 {
		t.Errorf("it was asked %d times", got)
	}
	s := f.stage(t)
	for answer, want := range map[string]company.Problem{
		`500 oops`:                         company.ProblemProviderAway,
		`200 no JSON`:                      company.ProblemProviderAway,
		`400 {"error":"invalid_grant"}`:    company.ProblemExpired,
		`401 {"error":"invalid_client"}`:   company.ProblemNotSetUp,
		`400 {"error":"invalid_request"}`:  company.ProblemProviderAway,
		`307 {"error":"temporarily_else"}`: company.ProblemProviderAway,
	} {
		f.token = func(w http.ResponseWriter, r *http.Request) {
			var status int
			body := answer[4:]
			if _, err := fmt.Sscanf(answer, "%d", &status); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", f.URL+"/elsewhere")
			w.WriteHeader(status)
			// Some providers repeat what they were asked.
			_, _ = io.WriteString(w, strings.Replace(body, "{", `{"error_description":"`+r.PostForm.Get("code")+` `+forgersSecret+`",`, 1))
		}
		_, err := f.attempt(s)
		wantProblem(t, answer, err, want)
		if err != nil && (strings.Contains(err.Error(), "the-code") || strings.Contains(err.Error(), forgersSecret)) {
			t.Errorf("%s: the error tells code or secret: %v", answer, err)
		}
	}
}

func TestAProviderIsAskedOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	s := f.stage(t)
	var people sync.WaitGroup
	for range 20 {
		people.Go(func() {
			if _, _, err := s.Begin(t.Context(), s.owner.Organization.ID, browser, s.now); err != nil {
				t.Error(err)
			}
		})
	}
	people.Wait()
	if got := f.discoveries.Load(); got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
	s.later(10 * time.Minute)
	s.begin()
	if got := f.discoveries.Load(); got != 2 {
		t.Errorf("asked %d times after the answer grew old, want twice", got)
	}
	f.metadata = map[string]any{"issuer": "https://login.example.com"}
	s.later(10 * time.Minute)
	for range 3 {
		_, _, err := s.Begin(t.Context(), s.owner.Organization.ID, browser, s.now)
		wantProblem(t, "wrong for a moment", err, company.ProblemProviderAway)
	}
	f.metadata = nil
	s.later(5 * time.Second)
	s.begin()
	if got := f.discoveries.Load(); got != 4 {
		t.Errorf("asked %d times, want 4: once while it was wrong, once after", got)
	}
}

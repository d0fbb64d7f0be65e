package oauth

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/google/go-cmp/cmp"
)

// The registrations that the vectors name with the key client.
var clients = map[string]dialtone.Client{
	"web": {
		ID: "web", Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{"https://example.com/callback"},
		},
	},
	"two": {
		ID: "two", Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{"https://example.com/callback", "https://example.com/other?tenant=1"},
		},
	},
	"none": {ID: "none", Type: dialtone.ClientConfidential},
	"server": {
		ID: "server", Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{"http://localhost/callback"},
		},
	},
	"machine": {
		ID: "machine", Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{"http://127.0.0.1/callback"},
		},
	},
	"app": {
		ID: "app", Type: dialtone.ClientPublic, ClientSettings: dialtone.ClientSettings{
			RedirectURIs: []string{
				"com.example.app:/callback", "http://127.0.0.1/callback", "http://[::1]:4000/callback?x=1", "http://localhost/callback"},
		},
	},
}

var product = dialtone.Product{ID: "product", Scopes: []dialtone.ProductScope{
	{Name: "openid"}, {Name: "phone"}, {Name: "offline_access"}, {Name: "sms.text:send_to_subscriber", Optional: true}, {Name: "retired"},
}}

var catalogue = map[string]dialtone.Scope{
	"openid": {}, "phone": {}, "offline_access": {}, "sms.text:send_to_subscriber": {}, "location": {},
}

func registration(client string) dialtone.Registration {
	c, known := clients[client]
	if !known {
		return dialtone.Registration{}
	}
	return dialtone.Registration{Client: c, Product: product}
}

var authorizeKeys = []string{"spec", "client", "query", "set", "drop", "repeat", "long", "answer", "check", "want", "detail"}

// authorizeQuery builds the query of a vector: the whole of it from query, or changes to an ordinary request.
func authorizeQuery(v vector) string {
	if v.has("query") {
		return v.get("query")
	}
	client := v.get("client")
	params := [][2]string{
		{"response_type", "code"}, {"client_id", client}, {"redirect_uri", "https://example.com/callback"},
		{"scope", "openid phone"}, {"state", "af0ifjsldkj"},
	}
	if clients[client].Public() {
		params = append(params, [2]string{"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, [2]string{"code_challenge_method", "S256"})
	}
	for _, e := range v.lines {
		name, value, _ := strings.Cut(e.value, "=")
		isNamed := func(p [2]string) bool { return p[0] == name }
		switch e.key {
		case "drop":
			params = slices.DeleteFunc(params, isNamed)
		case "set":
			params = append(slices.DeleteFunc(params, isNamed), [2]string{name, value})
		case "long":
			length, _ := strconv.Atoi(value)
			params = append(slices.DeleteFunc(params, isNamed), [2]string{name, strings.Repeat("x", length)})
		case "repeat":
			params = append(params, [2]string{name, value})
		}
	}
	var pairs []string
	for _, p := range params {
		pairs = append(pairs, url.QueryEscape(p[0])+"="+url.QueryEscape(p[1]))
	}
	return strings.Join(pairs, "&")
}

func TestCheckAnswersAsTheSpecificationsSay(t *testing.T) {
	each(t, "authorize.txt", authorizeKeys, func(t *testing.T, v vector) {
		params, err := ParseQuery(authorizeQuery(v))
		if err != nil {
			t.Fatal(err)
		}
		request, err := Check(params, registration(v.get("client")), catalogue)
		answer, found := describe(t, request, err)
		if !matches(answer, v.get("answer")) {
			t.Errorf("got %s\nwant %s", answer, v.get("answer"))
		}
		for _, want := range append(v.all("want"), "check="+v.get("check")) {
			name, value, _ := strings.Cut(want, "=")
			if got := found[name]; got != value {
				t.Errorf("%s: got %q, want %q", name, got, value)
			}
		}
		if !strings.Contains(found["detail"], v.get("detail")) {
			t.Errorf("detail: got %q, want %q in it", found["detail"], v.get("detail"))
		}
	})
}

// describe returns the answer in one line, and everything that want lines can ask for.
func describe(t *testing.T, request AuthorizationRequest, err error) (string, map[string]string) {
	t.Helper()
	var page *PageError
	var redirect *RedirectError
	switch {
	case err == nil:
		return "ok", fields(t, request)
	case errors.As(err, &page):
		checkPublic(t, page.Err)
		return "page " + string(page.Err.Code) + ": " + page.Err.Description,
			map[string]string{"check": page.Check, "detail": page.Detail, "client_id": page.ClientID}
	case errors.As(err, &redirect):
		checkPublic(t, redirect.Err)
		return "redirect " + string(redirect.Err.Code) + ": " + redirect.Err.Description, map[string]string{
			"check": redirect.Check, "client_id": redirect.ClientID, "redirect_uri": redirect.RedirectURI,
			"response_mode": redirect.ResponseMode, "state": redirect.State,
		}
	}
	t.Fatalf("%T is neither a page nor a redirect: %v", err, err)
	return "", nil
}

func fields(t *testing.T, r AuthorizationRequest) map[string]string {
	t.Helper()
	found := map[string]string{
		"client_id": r.ClientID, "redirect_uri": r.RedirectURI, "given": strconv.FormatBool(r.RedirectURIGiven),
		"response_mode": r.ResponseMode, "scope": strings.Join(r.Scopes, " "), "state": r.State, "nonce": r.Nonce,
		"code_challenge": r.CodeChallenge, "login_hint": r.LoginHint.E164(), "id_token_hint": r.IDTokenHint,
		"ui_locales": strings.Join(r.UILocales, " "), "claims": r.Claims.String(),
	}
	if r.MaxAge != nil {
		found["max_age"] = strconv.FormatInt(*r.MaxAge, 10)
	}
	prompts := map[string]bool{"none": r.Prompt.None, "login": r.Prompt.Login, "consent": r.Prompt.Consent}
	maps.DeleteFunc(prompts, func(_ string, asked bool) bool { return !asked })
	found["prompt"] = strings.Join(slices.Sorted(maps.Keys(prompts)), " ")

	// Whatever was accepted survives being sealed.
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back AuthorizationRequest
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Errorf("not the same after JSON: %s", diff)
	}
	return found
}

func TestEveryCheckCanFailOrIsAHint(t *testing.T) {
	failing := map[string]bool{}
	for _, v := range vectors(t, "authorize.txt", authorizeKeys...) {
		failing[v.get("check")] = true
	}
	for _, c := range slices.Concat(shown, redirected) {
		hint := c.name == "login_hint" || c.name == "ui_locales"
		if failing[c.name] == hint {
			t.Errorf("%s: failing vectors %v, hint %v", c.name, failing[c.name], hint)
		}
	}
}

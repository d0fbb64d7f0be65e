package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// forScripts are the endpoints that apps in a browser call, with the methods.
var forScripts = map[string][]string{
	"/oauth2/token": {"POST"}, "/oauth2/revoke": {"POST"}, "/userinfo": {"GET", "POST"}, "/.well-known/jwks.json": {"GET"},
	"/.well-known/openid-configuration": {"GET"}, "/.well-known/oauth-authorization-server": {"GET"}, "/.well-known/openid-configuration/": {"GET"},
}

func TestAppsInABrowserMayCallWhatTheyNeed(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	readable := func(what string, r reply, origin string) {
		t.Helper()
		if r.header.Get("Access-Control-Allow-Origin") != origin || r.header.Get("Access-Control-Allow-Credentials") != "true" ||
			!strings.Contains(r.header.Get("Vary"), "Origin") {
			t.Errorf("%s: %d %v", what, r.status, r.header)
		}
	}
	for path, methods := range forScripts {
		for _, method := range methods {
			for _, origin := range []string{"https://spa.example", "http://localhost:3000", "null", "capacitor://localhost"} {
				for _, asked := range []string{
					"authorization", "content-type", "mcp-protocol-version", "traceparent,tracestate", "dpop", "x-requested-with", "authorization, content-type, sentry-trace, baggage",
				} {
					preflight := h.send(t, http.MethodOptions, path, header("Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", asked), "")
					readable(path, preflight, origin)
					if got := preflight.header.Get("Access-Control-Allow-Headers"); preflight.status != http.StatusNoContent || strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(asked, " ", "") ||
						!strings.Contains(preflight.header.Get("Access-Control-Allow-Methods"), method) {
						t.Errorf("%s asks for %s: %d %v", path, asked, preflight.status, preflight.header)
					}
				}
				// An error, too, must be readable, and what it says in headers.
				answer := h.send(t, method, path, header("Origin", origin, "Content-Type", formType), "")
				readable(path, answer, origin)
				for _, name := range []string{"WWW-Authenticate", "Retry-After", "DPoP-Nonce"} {
					if !strings.Contains(answer.header.Get("Access-Control-Expose-Headers"), name) {
						t.Errorf("%s hides %s", path, name)
					}
				}
			}
			// Without Origin there is nobody to name, and a cache must know that there could be.
			answer := h.send(t, method, path, header("Content-Type", formType), "")
			if answer.header.Get("Access-Control-Allow-Origin") != "*" || answer.header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(answer.header.Get("Vary"), "Origin") {
				t.Errorf("%s without Origin: %v", path, answer.header)
			}
		}
	}
	// Pages and what only servers call are closed to foreign scripts.
	for _, path := range []string{"/oauth2/auth", "/oauth2/introspect", "/signin", "/consent", "/revoke-consent", "/oauth2/sessions/logout", "/ext-api/v0/auth/create-revoke-consent-magic-link", "/"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			answer := h.send(t, method, path, header("Origin", "https://spa.example", "Content-Type", formType), "")
			for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
				if got := answer.header.Get(name); got != "" {
					t.Errorf("%s %s: %s is %q", method, path, name, got)
				}
			}
		}
	}
}

// What lets us answer credentialed fetches of every origin: a cookie neither opens nor changes anything there.
func TestACookieChangesNothingWhereScriptsMayCall(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	cookies := "dialtone_session=" + b.cookie("dialtone_session") + "; dialtone_browser=" + b.cookie("dialtone_browser")
	if !strings.Contains(cookies, ".") {
		t.Fatalf("the browser is not signed in: %q", cookies)
	}
	bodies := map[string]string{
		"nothing":            "",
		"a code of nobody":   form("grant_type", "authorization_code", "code", "x", "client_id", "client_story").Encode(),
		"client_credentials": form("grant_type", "client_credentials", "client_id", "client_story").Encode(),
		"a refresh token":    form("grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"), "client_id", "client_story").Encode(),
		"a token to revoke":  form("token", tokens.text("access_token"), "client_id", "client_story").Encode(),
	}
	for path, methods := range forScripts {
		for _, method := range methods {
			for name, body := range bodies {
				with := header("Origin", "https://evil.example", "Content-Type", formType, "Cookie", cookies)
				plain := header("Origin", "https://evil.example", "Content-Type", formType)
				one, two := h.send(t, method, path, with, body), h.send(t, method, path, plain, body)
				for _, r := range []reply{one, two} {
					delete(r.fields, "error_id")
				}
				if one.status != two.status || one.text("error") != two.text("error") || one.text("error_description") != two.text("error_description") ||
					one.text("error") == "" && one.body != two.body {
					t.Errorf("%s %s with %s: %d %s with the cookie, %d %s without", method, path, name, one.status, one.body, two.status, two.body)
				}
				if one.header.Get("Set-Cookie") != "" {
					t.Errorf("%s %s sets a cookie", method, path)
				}
				if !strings.HasPrefix(path, "/.well-known/") && one.status < 400 {
					t.Errorf("%s %s with %s: a cookie alone opens it: %d %s", method, path, name, one.status, one.body)
				}
			}
		}
	}
	a.userinfo(tokens.text("access_token")).ok() // nothing of all that did anything
}

package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestEveryPublicHostAnswersWhatProgramsLookFor(t *testing.T) {
	t.Parallel()
	portal, console := freeAddress(t), freeAddress(t)
	h := runHouse(t, storetest.Address(t, "sqlite"), secret.NewRoot().Text(), message.NewInbox(), func(c *server.Config) {
		c.PortalURL, c.PortalListen, c.ConsoleListen = "http://localhost:1", portal, console
		c.SecurityContacts = []string{"mailto:security@example.com"}
	})
	ask := func(base, path string) reply {
		t.Helper()
		there := &house{issuer: base, wire: h.wire}
		return there.send(t, http.MethodGet, path, nil, "")
	}
	for face, c := range map[string]struct{ base, account, open, canonical string }{
		"identity": {h.issuer, "/", "", h.issuer},
		"portal":   {"http://" + portal, "/account", "Allow: /docs\n", "http://localhost:1"},
		"console":  {"http://" + console, "/account", "", ""},
	} {
		if r := ask(c.base, "/favicon.ico"); r.status != http.StatusOK || r.header.Get("Content-Type") != "image/vnd.microsoft.icon" {
			t.Errorf("%s: favicon.ico: %d %v", face, r.status, r.header)
		}
		if r := ask(c.base, "/robots.txt"); r.status != http.StatusOK || !strings.HasSuffix(r.body, "Disallow: /\n") || strings.Contains(r.body, "Allow: /docs\n") != (c.open != "") {
			t.Errorf("%s: robots.txt: %d %s", face, r.status, r.body)
		}
		if r := ask(c.base, "/.well-known/change-password"); r.status != http.StatusSeeOther || r.header.Get("Location") != c.account {
			t.Errorf("%s: change-password: %d %v", face, r.status, r.header)
		}
		// A Well-Known URL for Detecting the Reliability of HTTP Status Codes: password managers try this first.
		if r := ask(c.base, "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"); r.status != http.StatusNotFound {
			t.Errorf("%s: what is not there: %d", face, r.status)
		}
		r := ask(c.base, "/.well-known/security.txt")
		if c.canonical == "" {
			if r.status != http.StatusNotFound {
				t.Errorf("%s: security.txt: %d", face, r.status)
			}
			continue
		}
		if r.status != http.StatusOK || !strings.Contains(r.body, "Contact: mailto:security@example.com\n") || !strings.Contains(r.body, "Canonical: "+c.canonical+"/.well-known/security.txt\n") {
			t.Errorf("%s: security.txt: %d %s", face, r.status, r.body)
		}
		_, expires, _ := strings.Cut(r.body, "Expires: ")
		expires, _, _ = strings.Cut(expires, "\n")
		if at, err := time.Parse(time.RFC3339, expires); err != nil || time.Until(at) < 30*24*time.Hour || time.Until(at) > 365*24*time.Hour {
			t.Errorf("%s: security.txt expires %q: %v", face, expires, err)
		}
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"} {
		plain, slash := ask(h.issuer, path), ask(h.issuer, path+"/")
		if plain.status != http.StatusOK || slash.status != http.StatusOK || plain.body != slash.body {
			t.Errorf("%s: %d, with a slash %d", path, plain.status, slash.status)
		}
		// RFC 8414 §3.1 puts an issuer's path behind; ours has none.
		if r := ask(h.issuer, path+"/tenant"); r.status != http.StatusNotFound {
			t.Errorf("%s of an issuer that is not ours: %d", path, r.status)
		}
	}
}

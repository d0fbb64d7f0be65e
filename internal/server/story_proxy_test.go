package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// proxy stands before a listener as nginx does by default: it passes everything on, but puts the listener's own address into Host.
type proxy struct {
	*httptest.Server
	inside *url.URL // where it passes requests on to
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	p := &proxy{inside: &url.URL{Scheme: "http", Host: freeAddress(t)}}
	p.Server = httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(p.inside) }})
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) address() string { return strings.Replace(p.URL, "127.0.0.1", "localhost", 1) }

// openHouseBehindProxies runs a house with a portal, both reached through a proxy that rewrites Host.
func openHouseBehindProxies(t *testing.T) (h *house, identity, portal *proxy) {
	t.Helper()
	identity, portal = newProxy(t), newProxy(t)
	h = runHouse(t, storetest.Address(t, "sqlite"), secret.NewRoot().Text(), message.NewInbox(), func(c *server.Config) {
		identity.inside.Host = c.IdentityListen
		c.Issuer, c.PortalURL, c.PortalListen = identity.address(), portal.address(), portal.inside.Host
	})
	h.issuer = identity.address()
	h.apply(seed())
	return h, identity, portal
}

// pressInOldBrowser presses the button in a browser that knows no Sec-Fetch-Site, as Safari before 16.4. Origin is what it says of
// the page with the form; empty: nothing.
func (tb *tab) pressInOldBrowser(id, origin string) *tab {
	tb.t.Helper()
	request := tb.submission(id)
	request.Header.Del("Sec-Fetch-Site")
	if request.Header.Del("Origin"); origin != "" {
		request.Header.Set("Origin", origin)
	}
	tb.load(request, tb.formAction())
	return tb
}

func TestAnOldBrowserSignsInBehindAProxyThatRewritesHost(t *testing.T) {
	t.Parallel()
	h, identity, _ := openHouseBehindProxies(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address()).fill("phone_number", kim).pressInOldBrowser("send", h.issuer)
	a.redeem(a.code(tab.fill("pin", h.pin(kim)).pressInOldBrowser("continue", h.issuer).pressInOldBrowser("allow", h.issuer))).ok()

	// The refusal is a page, in the person's language. The inner address is no address of ours, whatever the connection says.
	b := h.browser(t)
	b.language = "sv"
	for _, foreign := range []string{"https://evil.example", "null", identity.inside.String(), strings.Replace(h.issuer, "http:", "https:", 1)} {
		tab := b.open(a.address()).fill("phone_number", robin).pressInOldBrowser("send", foreign)
		tab.wants(http.StatusForbidden, "Vi kunde inte läsa uppgifterna")
		if got := tab.header.Get("Content-Security-Policy"); got == "" {
			t.Errorf("%s: the page has no policy", foreign)
		}
	}
	if line := h.log.Line("form of another site refused"); !strings.Contains(line, "origin=https://evil.example") {
		t.Errorf("the log has %q", line)
	}
	if got := h.received(robin); len(got) > 0 {
		t.Errorf("a foreign form had an SMS sent: %q", got)
	}
	// A browser that says nothing at all is as old as SameSite cookies are: that protects it.
	b.open(a.address()).fill("phone_number", robin).pressInOldBrowser("send", "").wants(http.StatusOK, "Ange din PIN-kod")
}

func TestAnOldBrowserSignsInToThePortalBehindAProxyThatRewritesHost(t *testing.T) {
	t.Parallel()
	h, _, portal := openHouseBehindProxies(t)
	d := newStranger(t, h, portal.address())
	d.open("/signin")
	d.signIn("ada@story.example") // with Origin alone
	d.open("/account")
	if d.status != http.StatusOK || d.at.Path != "/account" {
		t.Fatalf("%d at %s", d.status, d.at)
	}
	for _, foreign := range []string{"https://evil.example", "null", portal.inside.String(), h.issuer} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.portal+"/signout", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Origin", foreign)
		d.load(request)
		if words := visible(d.root); d.status != http.StatusForbidden || !strings.Contains(words, "That came from another site") {
			t.Errorf("%s: %d %s", foreign, d.status, words)
		}
	}
	d.open("/account")
	if d.at.Path != "/account" {
		t.Error("a foreign form signed the developer out")
	}
}

// Whatever name the connection has, what leaves the server names the configured addresses only.
func TestNoAnswerRepeatsTheHostOfTheConnection(t *testing.T) {
	t.Parallel()
	h, identity, portal := openHouseBehindProxies(t)
	a := h.story(t)
	_, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	service := a.token("grant_type", "client_credentials").ok().text("access_token")
	const evil = "evil.example"
	for _, face := range []*proxy{identity, portal} {
		for path, method := range map[string]string{
			"/": "GET", "/.well-known/openid-configuration": "GET", "/.well-known/oauth-authorization-server": "GET", "/oauth2/auth?" + a.request().Encode(): "GET",
			"/oauth2/auth?" + a.request("scope", "nonsense").Encode(): "GET", "/oauth2/token": "POST", "/userinfo": "GET", "/oauth2/sessions/logout": "GET",
			"/ext-api/v0/auth/create-revoke-consent-magic-link": "POST", "/nothing": "GET", "//double": "GET", "/signin": "GET", "/signin/": "GET", "/docs": "GET",
			"/docs/api": "GET", "/openapi.json": "GET", "/api/v1/products": "GET", "/account": "GET", "/signin/company": "GET", "/robots.txt": "GET",
			"/.well-known/security.txt": "GET", "/.well-known/change-password": "GET", "/.well-known/openid-configuration/": "GET", "/favicon.ico": "GET",
		} {
			body := ""
			if strings.HasPrefix(path, "/ext-api/") {
				body = form("token", tokens.text("access_token"), "redirectTo", revoked).Encode()
			}
			request, err := http.NewRequestWithContext(t.Context(), method, face.inside.String()+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Host = evil
			request.Header.Set("X-Forwarded-Host", evil)
			request.Header.Set("X-Forwarded-Proto", "https")
			request.Header.Set("Forwarded", "host="+evil+";proto=https")
			request.Header.Set("Content-Type", formType)
			request.Header.Set("Authorization", "Bearer "+service)
			answer, err := h.wire.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			var whole strings.Builder
			if err := answer.Write(&whole); err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if strings.Contains(whole.String(), evil) {
				t.Errorf("%s %s%s repeats the Host:\n%s", method, face.inside, path, whole.String())
			}
		}
	}
}

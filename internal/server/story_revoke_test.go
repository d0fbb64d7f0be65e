package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const linkPath = "/ext-api/v0/auth/create-revoke-consent-magic-link"

// link asks for a revoke-consent link with the client's own token.
func (a app) link(pairs ...string) reply {
	a.t.Helper()
	own := a.token("grant_type", "client_credentials").ok().text("access_token")
	return a.house.send(a.t, http.MethodPost, linkPath, header("Authorization", "Bearer "+own, "Content-Type", formType), form(pairs...).Encode())
}

func TestAPersonRemovesAProductOnALinkFromTheApp(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b, tokens := a.tokens(kim, "scope", "openid phone offline_access")
		code := a.code(b.open(a.address("scope", "openid phone offline_access")))
		made := a.link("token", tokens.text("access_token"), "redirectTo", revoked, "state", "good bye").ok()
		shape := regexp.MustCompile(`^\{"redirectTo":"` + regexp.QuoteMeta(h.issuer) +
			`/revoke-consent\?revoke_token=[^"&]+","error":null,"errorDescription":null,"errorHint":null\}\n?$`)
		if !shape.MatchString(made.body) {
			t.Fatalf("the answer is %s", made.body)
		}
		// Anybody's browser, for example the app's web view. Looking twice uses nothing up.
		h.browser(t).open(made.text("redirectTo"))
		tab := h.browser(t).open(made.text("redirectTo")).wants(http.StatusOK, "Remove Storytime from +33•••••0001", "Cancel", "Remove product")
		if !strings.Contains(tab.body, "https://fjord.example/help") || !strings.Contains(tab.text()+tab.body, "Fjord Mobile") {
			t.Errorf("the operator's brand or help is missing: %s", tab.text())
		}
		tab.press("remove")
		if tab.landed != revoked+"?state=good%20bye" {
			t.Errorf("landed at %s", tab.landed)
		}
		a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
		if a.active(tokens.text("access_token")) || a.active(tokens.text("refresh_token")) {
			t.Error("introspection says active")
		}
		why := a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant").text("error_description")
		if !strings.Contains(why, "consent") {
			t.Errorf("the refusal does not say why: %s", why)
		}
		a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
		again := b.open(a.address("scope", "openid phone offline_access")).wants(http.StatusOK, "Add Storytime to +33•••••0001")
		a.redeem(a.code(again.press("allow"))).ok()
		a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant") // a new consent wakes no old token
		a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
		if n := h.count("event WHERE kind = 'consent.revoked'"); n != 1 {
			t.Errorf("%d events tell the developer", n)
		}
		// Once only.
		h.browser(t).open(made.text("redirectTo")).wants(http.StatusGone, "This link no longer works")
	})
}

func TestAnOldConsentPageDoesNotBringARemovedProductBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b := h.browser(t)
	first := b.open(a.address()).signIn(kim).wants(http.StatusOK, "Add Storytime to +33•••••0001")
	old := b.open(first.address).wants(http.StatusOK, "Add Storytime to +33•••••0001") // the same page in another tab
	tokens := a.redeem(a.code(first.press("allow"))).ok()
	made := a.link("token", tokens.text("access_token"), "redirectTo", revoked).ok()
	h.browser(t).open(made.text("redirectTo")).press("remove")
	again := old.press("allow").wants(http.StatusOK, "Add Storytime to +33•••••0001")
	if n := h.count("consent WHERE revoked_at IS NULL"); n != 0 {
		t.Errorf("%d consents are in force after the removal", n)
	}
	a.redeem(a.code(again.press("allow"))).ok() // asked anew, the person may say yes
}

func TestALinkThatWasCancelledRemovesNothingAndIsUsedUp(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	address := a.link("token", tokens.text("access_token"), "redirectTo", revoked, "state", "s").ok().text("redirectTo")
	tab, late := h.browser(t).open(address), h.browser(t).open(address)
	if tab.press("cancel"); tab.landed != revoked+"?error=access_denied&state=s" {
		t.Errorf("landed at %s", tab.landed)
	}
	late.press("remove").wants(http.StatusGone, "This link no longer works")
	a.userinfo(tokens.text("access_token")).ok()
	// Without state there is none.
	bare := h.browser(t).open(a.link("token", tokens.text("access_token"), "redirectTo", revoked).ok().text("redirectTo"))
	if bare.press("remove"); bare.landed != revoked {
		t.Errorf("landed at %s", bare.landed)
	}
}

func TestALinkWorksForTenMinutes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	address := a.link("token", tokens.text("access_token"), "redirectTo", revoked).ok().text("redirectTo")
	_, minter := h.keys()
	_, text, _ := strings.Cut(address, "revoke_token=")
	text, err := url.QueryUnescape(text)
	if err != nil {
		t.Fatal(err)
	}
	link, err := minter.OpenRevokeLink(text)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(link.Expires); left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("the link works for %s", left)
	}
	tab := h.browser(t).open(address)
	link.Expires = time.Now().Add(-time.Second)
	old := minter.RevokeLink(link)
	h.browser(t).open(h.issuer+"/revoke-consent?revoke_token="+url.QueryEscape(old)).wants(http.StatusGone, "This link no longer works")
	body := form("r", old, "decision", "remove").Encode()
	if r := h.send(t, http.MethodPost, "/revoke-consent", header("Content-Type", formType), body); r.header.Get("Location") != "/revoke-consent?revoke_token="+url.QueryEscape(old) {
		t.Errorf("a late answer: %d, leads to %s", r.status, r.header.Get("Location")) // where the page says so, as above
	}
	h.browser(t).open(h.issuer+"/revoke-consent?revoke_token=nonsense").wants(http.StatusGone, "This link no longer works")
	h.browser(t).open(h.issuer+"/revoke-consent").wants(http.StatusGone, "This link no longer works")
	a.userinfo(tokens.text("access_token")).ok()
	tab.press("remove")
}

func TestALinkIsRefusedInThePromisedShape(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	_, foreign := h.other(t).tokens(robin)
	access := tokens.text("access_token")
	own := a.token("grant_type", "client_credentials").ok().text("access_token")
	public := func(authorization, contentType, body string) reply {
		head := header("Content-Type", contentType)
		if authorization != "" {
			head.Set("Authorization", authorization)
		}
		return h.send(t, http.MethodPost, linkPath, head, body)
	}
	good := form("token", access, "redirectTo", revoked).Encode()
	shape := regexp.MustCompile(`^\{"redirectTo":null,"error":"[a-z_]+","errorDescription":"[^"]+","errorHint":("[^"]+"|null)\}\n?$`)
	for name, r := range map[string]reply{
		"no token":                   a.link("redirectTo", revoked),
		"a token that is none":       a.link("token", "nonsense", "redirectTo", revoked),
		"another product's person":   a.link("token", foreign.text("access_token"), "redirectTo", revoked),
		"a refresh token":            a.link("token", tokens.text("refresh_token"), "redirectTo", revoked),
		"a client's token":           a.link("token", own, "redirectTo", revoked),
		"no redirectTo":              a.link("token", access),
		"a redirectTo of nobody":     a.link("token", access, "redirectTo", "https://evil.example/"),
		"the login redirect":         a.link("token", access, "redirectTo", callback),
		"a slash more":               a.link("token", access, "redirectTo", revoked+"/"),
		"a long state":               a.link("token", access, "redirectTo", revoked, "state", strings.Repeat("s", 3000)),
		"a parameter twice":          a.link("token", access, "redirectTo", revoked, "redirectTo", revoked),
		"without bearer":             public("", formType, good),
		"with HTTP Basic":            public(basic("client_story", storySecret), formType, good),
		"with the person as bearer":  public("Bearer "+access, formType, good),
		"with nonsense as bearer":    public("Bearer nonsense", formType, good),
		"another content type":       public("Bearer "+own, "application/json", "{}"),
		"a body that is too large":   public("Bearer "+own, formType, good+"&x="+strings.Repeat("x", 65<<10)),
		"bad UTF-8":                  public("Bearer "+own, formType, good+"&state=%ff"),
		"a control character, state": public("Bearer "+own, formType, good+"&state=%0d%0a"),
	} {
		if r.status != http.StatusBadRequest || !shape.MatchString(r.body) || !strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	a.post("/oauth2/revoke", "token", access).ok()
	if r := a.link("token", access, "redirectTo", revoked); r.status != http.StatusBadRequest || !shape.MatchString(r.body) {
		t.Errorf("a revoked token: %d %s", r.status, r.body)
	}
}

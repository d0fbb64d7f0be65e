package server_test

import (
	"net/http"
	"testing"
)

func (h *house) logout(pairs ...string) string {
	return h.issuer + "/oauth2/sessions/logout?" + form(pairs...).Encode()
}

func TestAnAppThatKnowsThePersonSignsThemOutAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b, online := a.tokens(kim, "scope", "openid phone")
		offline := a.redeem(a.code(b.open(a.address("scope", "openid phone offline_access")).press("allow"))).ok()
		code := a.code(b.open(a.address("scope", "openid phone")))
		tab := b.open(h.logout("id_token_hint", online.text("id_token"), "post_logout_redirect_uri", signedOut, "state", "a b"))
		if tab.landed != signedOut+"?state=a%20b" {
			t.Fatalf("landed at %q: %d %s", tab.landed, tab.status, tab.text())
		}
		if b.cookie("dialtone_session") != "" {
			t.Error("the browser keeps its session cookie")
		}
		b.open(a.address("scope", "openid phone")).wants(http.StatusOK, "Sign in to Storytime")
		// What lives on without the person lives on; what was for this session does not.
		a.userinfo(online.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
		a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
		a.refresh(offline.text("refresh_token")).ok()
		// Signing out twice is no error.
		again := b.open(h.logout("id_token_hint", online.text("id_token"), "post_logout_redirect_uri", signedOut))
		if again.landed != signedOut {
			t.Errorf("landed at %q", again.landed)
		}
	})
}

func TestASignOutThatNobodyVouchesForAsksThePerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, _ := a.tokens(kim, "scope", "openid phone")
	robins, robinsTokens := a.tokens(robin, "scope", "openid phone")

	tab := b.open(h.logout()).wants(http.StatusOK, "Do you want to sign out?", "+33•••••0001")
	tab.press("stay").wants(http.StatusOK, "You are still signed in")
	a.code(b.open(a.address("scope", "openid phone")))
	// Somebody else's ID token does not speak for this session.
	b.open(h.logout("id_token_hint", robinsTokens.text("id_token"))).wants(http.StatusOK, "Do you want to sign out?")
	a.code(b.open(a.address("scope", "openid phone")))
	// With client_id alone.
	tab = b.open(h.logout("client_id", "client_story", "post_logout_redirect_uri", signedOut, "state", "x")).wants(http.StatusOK, "Do you want to sign out?")
	stayed := b.open(tab.address)
	if got := stayed.press("stay").wants(http.StatusOK, "You are still signed in").follow("back").landed; got != signedOut+"?state=x" {
		t.Errorf("the way back is %s", got)
	}
	if tab.press("sign-out"); tab.landed != signedOut+"?state=x" {
		t.Errorf("landed at %q: %s", tab.landed, tab.text())
	}
	b.open(a.address("scope", "openid phone")).wants(http.StatusOK, "Sign in to Storytime")
	// Without anything to go back to.
	robins.open(h.logout("ui_locales", "en")).press("sign-out").wants(http.StatusOK, "You are signed out")
	robins.open(a.address()).wants(http.StatusOK, "Sign in to Storytime")
}

func TestASignOutNeverLeadsWhereNobodyRegistered(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone")
	hint := tokens.text("id_token")
	for name, address := range map[string]string{
		"another address":            h.logout("id_token_hint", hint, "post_logout_redirect_uri", "https://evil.example/"),
		"a slash more":               h.logout("id_token_hint", hint, "post_logout_redirect_uri", signedOut+"/"),
		"the login redirect":         h.logout("id_token_hint", hint, "post_logout_redirect_uri", callback),
		"another client's hint":      h.logout("id_token_hint", hint, "client_id", "client_other", "post_logout_redirect_uri", signedOut),
		"an unknown client":          h.logout("client_id", "client_nobody", "post_logout_redirect_uri", signedOut),
		"a hint that is none":        h.logout("id_token_hint", "nonsense", "post_logout_redirect_uri", signedOut),
		"a hint with another's seal": h.logout("id_token_hint", hint[:len(hint)-8]+"AAAAAAAA", "post_logout_redirect_uri", signedOut),
		"a parameter twice":          h.logout("id_token_hint", hint, "state", "a", "state", "b"),
	} {
		tab := b.open(address)
		if tab.status != http.StatusBadRequest || tab.landed != "" {
			t.Errorf("%s: %d, landed at %q", name, tab.status, tab.landed)
		}
	}
	a.code(b.open(a.address("scope", "openid phone"))) // still signed in
}

func TestASignOutByPostIsTheSameRequest(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone")
	body := form("id_token_hint", tokens.text("id_token"), "post_logout_redirect_uri", signedOut, "state", "p").Encode()
	answer := h.send(t, http.MethodPost, "/oauth2/sessions/logout", header("Content-Type", formType, "Origin", "https://example.com", "Sec-Fetch-Site", "cross-site"), body)
	if answer.status != http.StatusSeeOther {
		t.Fatalf("%d %s", answer.status, answer.body)
	}
	if tab := b.open(h.issuer + answer.header.Get("Location")); tab.landed != signedOut+"?state=p" {
		t.Errorf("landed at %q", tab.landed)
	}
	// A foreign page cannot answer the confirmation for the person.
	robins, _ := a.tokens(robin, "scope", "openid phone")
	tab := robins.open(h.logout())
	request := tab.submission("sign-out")
	request.Header.Set("Origin", "https://evil.example")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if tab.load(request, nil); tab.status != http.StatusForbidden {
		t.Errorf("a foreign form: %d", tab.status)
	}
	a.code(robins.open(a.address("scope", "openid phone")))
}

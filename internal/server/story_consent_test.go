package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAProductThatWantsMoreAsksAgain(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "phone "+smsScope)
	// The scope that was optional and refused becomes a condition.
	h.apply(`products: [{id: product_story, scopes: [{name: openid}, {name: phone}, {name: offline_access}, {name: "` + smsScope + `"}]}]`)
	if got := b.open(a.address("scope", "phone "+smsScope, "prompt", "none")).answer(callback).Get("error"); got != "consent_required" {
		t.Errorf("prompt=none: %q", got)
	}
	tab := b.open(a.address("scope", "phone "+smsScope)).wants(http.StatusOK, "Update Storytime on +33•••••0001", "Send you text messages")
	if got := tab.press("allow").answer(callback).Get("scope"); got != "phone "+smsScope {
		t.Errorf("scope %q", got)
	}
	if got := a.post("/oauth2/introspect", "token", tokens.text("access_token")).ok().text("scope"); got != "phone" {
		t.Errorf("a token of before has now %q", got)
	}
}

func TestOptionalScopesAreThePersonsChoice(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		wish := []string{"scope", "phone offline_access " + smsScope}
		b := h.browser(t)
		tab := b.open(a.address(wish...)).signIn(kim).wants(http.StatusOK, "Add Storytime to +33•••••0001", "You choose whether it may also:", "Send you text messages")
		if has(tab.element(tab.scopeBox(smsScope)), "checked") {
			t.Error("the optional scope is ticked beforehand")
		}
		values := tab.press("allow").answer(callback)
		if got := values.Get("scope"); got != "phone offline_access" {
			t.Errorf("unticked: scope %q", got)
		}
		if got := a.redeem(values.Get("code")).ok().text("scope"); got != "phone offline_access" {
			t.Errorf("unticked: the token has %q", got)
		}
		// What was left unticked is not asked for again, unless the app insists.
		if got := b.open(a.address(wish...)).answer(callback).Get("scope"); got != "phone offline_access" {
			t.Errorf("the second time: scope %q", got)
		}
		h.pass("consent", time.Minute, "granted_at")
		tab = b.open(a.address(append(wish, "prompt", "consent")...)).wants(http.StatusOK, "Update Storytime on +33•••••0001")
		values = tab.tick(tab.scopeBox(smsScope)).press("allow").answer(callback)
		if got := values.Get("scope"); got != "phone offline_access "+smsScope {
			t.Errorf("ticked: scope %q", got)
		}
		tokens := a.redeem(values.Get("code")).ok()
		if got := tokens.text("scope"); got != "phone offline_access "+smsScope {
			t.Errorf("ticked: the token has %q", got)
		}
		// Unticking takes it back, from tokens that are out already, too.
		h.pass("consent", time.Minute, "granted_at")
		tab = b.open(a.address(append(wish, "prompt", "consent")...))
		if !has(tab.element(tab.scopeBox(smsScope)), "checked") {
			t.Error("what was granted is not ticked")
		}
		if got := tab.tick(tab.scopeBox(smsScope)).press("allow").answer(callback).Get("scope"); got != "phone offline_access" {
			t.Errorf("unticked again: scope %q", got)
		}
		if got := a.refresh(tokens.text("refresh_token")); strings.Contains(got.text("scope"), smsScope) {
			t.Errorf("a refresh still yields a scope that the person took back: %s", got.body)
		}
	})
}

func TestARequestForNothingButOptionalScopesNeedsATick(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address("scope", smsScope)).signIn(kim)
	tab.press("allow").wants(http.StatusOK, "Add Storytime to +33•••••0001", "Tick at least one choice")
	tab.tick(tab.scopeBox(smsScope))
	if got := tab.press("allow").answer(callback).Get("scope"); got != smsScope {
		t.Errorf("scope %q", got)
	}
}

func TestAScopeThatWasNotAskedForCannotBeSlippedIn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	tab := h.browser(t).open(h.story(t).address("scope", "phone")).signIn(kim)
	request := tab.submission("allow")
	body := form("r", tab.hidden("r"), "decision", "allow", "scope", smsScope, "scope", "openid").Encode()
	forged, err := http.NewRequestWithContext(t.Context(), http.MethodPost, request.URL.String(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	forged.Header = request.Header
	tab.load(forged, nil)
	if got := tab.answer(callback).Get("scope"); got != "phone" {
		t.Errorf("scope %q", got)
	}
}

func TestTermsHaveToBeAccepted(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.app(t, "client_terms", storySecret)
	tab := h.browser(t).open(a.address("scope", "phone "+smsScope)).signIn(kim).wants(http.StatusOK, "Add Fineprint to +33•••••0001", "I accept the terms of Fineprint")
	tab.tick(tab.scopeBox(smsScope)).press("allow").wants(http.StatusOK, "Add Fineprint to +33•••••0001", "Tick the box if you accept the terms.")
	if !has(tab.element(tab.scopeBox(smsScope)), "checked") {
		t.Error("the tick at the optional scope is lost")
	}
	if h.count("consent") != 0 {
		t.Error("half a consent was saved")
	}
	if got := tab.tick("terms").press("allow").answer(callback).Get("scope"); got != "phone "+smsScope {
		t.Errorf("scope %q", got)
	}
	denied := h.browser(t).open(a.address()).signIn(robin).press("deny") // needs no tick
	if got := denied.answer(callback).Get("error"); got != "access_denied" {
		t.Errorf("denied: %q", got)
	}
}

func TestAProductThatTheOperatorDoesNotOfferSaysSoAndLeadsBack(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.app(t, "client_far", storySecret)
	b, _ := h.story(t).tokens(kim) // signed in for another app
	tab := b.open(a.address())
	tab.wants(http.StatusForbidden, "Faraway is not available for you", "Fjord Mobile does not offer Faraway to its customers", "+33•••••0001")
	if got := tab.follow("back").answer(callback); got.Get("error") != "access_denied" || got.Get("state") != "s-1" || got.Get("iss") != h.issuer {
		t.Errorf("the app got %v", got)
	}
	if got := b.open(a.address("prompt", "none")).answer(callback).Get("error"); got != "access_denied" {
		t.Errorf("prompt=none: %q", got)
	}
	// A number of another operator.
	other := b.open(a.address()).follow("other-number").wants(http.StatusOK, "Sign in to Faraway", "Faraway works with numbers from: Sandbox")
	other.fill("phone_number", "+46701740605").press("send").fill("pin", "740605").press("continue").wants(http.StatusOK, "Add Faraway to +46•••••0605")
	a.code(other.press("allow"))
}

func TestAProductThatIsSuspendedLosesItsTokens(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim)
	code := a.code(b.open(a.address()))
	h.apply("products: [{id: product_story, listing: [{operator: fjord, state: suspended, reason: complaints}]}]")
	a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
	a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
	b.open(a.address()).wants(http.StatusForbidden, "Storytime is not available for you")
}

package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSeveralTabsSignInSideBySide(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	story, other := h.story(t), h.other(t)
	b := h.browser(t)
	one, two := b.open(story.address("state", "one")), b.open(other.address("state", "two"))
	one.fill("phone_number", kim).press("send")
	pinOne := h.pin(kim)
	two.fill("phone_number", robin).press("send")
	pinTwo := h.pin(robin)
	// Each PIN is bound to its own request.
	one.fill("pin", differentFrom(pinOne, 1)).press("continue").wants(http.StatusOK, "Enter your PIN")
	two.fill("pin", pinTwo).press("continue").wants(http.StatusOK, "Add Otherworld to +33•••••0002")
	one.fill("pin", pinOne).press("continue").wants(http.StatusOK, "Add Storytime to +33•••••0001")
	// The browser is now Kim's. The page in the second tab asked Robin, and must not speak for Kim.
	two.press("allow")
	if two.landed != "" {
		t.Errorf("what Robin was asked became Kim's consent: landed at %s", two.landed)
	}
	if got := one.press("allow").answer(callback); got.Get("state") != "one" || got.Get("code") == "" {
		t.Errorf("the first app got %v", got)
	}
}

func TestTwoTabsOfOneAppBothGetTheirCode(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b := h.browser(t)
	one, two := b.open(a.address("state", "one")), b.open(a.address("state", "two"))
	one.signIn(kim).wants(http.StatusOK, "Add Storytime to +33•••••0001")
	if got := one.press("allow").answer(callback); got.Get("state") != "one" {
		t.Errorf("the first tab brought %v", got)
	}
	// The second tab still shows the number page: typing there must work as well.
	if got := two.signIn(kim).answer(callback); got.Get("state") != "two" || got.Get("code") == "" {
		t.Errorf("the second tab brought %v", got)
	}
}

func TestTheBackButtonLeadsOn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address())
	numberPage := tab.address
	tab.fill("phone_number", kim).press("send")
	pinPage, pin := tab.address, h.pin(kim)
	tab.fill("pin", pin)
	posted := tab.submission("continue")
	again := repeated(t, posted)
	tab.load(posted, tab.formAction())
	consentPage := tab.wants(http.StatusOK, "Add Storytime to +33•••••0001").address
	// Back to the PIN page: it leads to where the person was.
	tab.visit(pinPage).wants(http.StatusOK, "Add Storytime to +33•••••0001")
	// The same PIN sent again is no mistake of the person.
	tab.load(repeated(t, again), nil)
	tab.wants(http.StatusOK, "Add Storytime to +33•••••0001")
	tab.visit(numberPage).wants(http.StatusOK, "Sign in to Storytime")
	lost := a.code(tab.visit(consentPage).press("allow"))
	// Back, and the app has not heard yet: the answer goes there once more. It is one answer, whichever arrives.
	code := a.code(tab.visit(consentPage))
	tokens := a.redeem(code).ok()
	// Back after the app has heard: there is nothing more to say, on whichever page.
	for _, address := range []string{consentPage, pinPage} {
		tab.visit(address).wants(http.StatusOK, "You have answered this already", "The app has your answer.")
	}
	tab.load(repeated(t, again), nil)
	tab.wants(http.StatusOK, "You have answered this already")
	a.userinfo(tokens.text("access_token")).ok()
	a.redeem(lost).wants(http.StatusBadRequest, "invalid_grant") // RFC 6749 §4.1.2: the same code, so a replay
}

func TestAnotherBrowserCannotGoOn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	attacker := h.browser(t).open(a.address())
	numberPage := attacker.address
	attacker.fill("phone_number", kim).press("send")
	pinPage, pin := attacker.address, h.pin(kim)

	victim := h.browser(t)
	victim.open(h.other(t).address()) // has a browser id of its own
	for _, address := range []string{numberPage, pinPage} {
		tab := victim.open(address).wants(http.StatusBadRequest, "Go on where you began")
		if got := tab.follow("back").answer(callback).Get("error"); got != "access_denied" {
			t.Errorf("the way back: %q", got)
		}
	}
	sealed := attacker.hidden("r")
	stolen := h.send(t, http.MethodPost, "/signin/pin", header("Content-Type", formType), form("r", sealed, "pin", pin).Encode())
	if !strings.HasPrefix(stolen.header.Get("Location"), "/signin/pin?r=") || len(stolen.header.Values("Set-Cookie")) != 0 {
		t.Errorf("the PIN from nowhere: %d %v", stolen.status, stolen.header.Values("Set-Cookie"))
	}
	// The attempts of others cost the person nothing.
	attacker.fill("pin", pin).press("continue").wants(http.StatusOK, "Add Storytime to +33•••••0001")
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	tab := h.browser(t).open(h.story(t).address()).signIn(kim)
	request := tab.submission("allow")
	request.Header.Set("Origin", "https://evil.example")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	tab.load(request, nil)
	if tab.status != http.StatusForbidden || h.count("consent") != 0 {
		t.Errorf("%d, %d consents", tab.status, h.count("consent"))
	}
}

func TestASignInThatTookTooLongLeadsBackToTheApp(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b := h.browser(t)
	tab := b.open(h.story(t).address())
	old := h.older(tab.hidden("r"), 61*time.Minute, b.cookie("dialtone_browser"))
	tab.visit(h.issuer+"/signin?r="+url.QueryEscape(old)).wants(http.StatusBadRequest, "This took too long")
	if got := tab.follow("back").answer(callback); got.Get("error") != "access_denied" || got.Get("state") != "s-1" {
		t.Errorf("the app got %v", got)
	}
	tab.visit(h.issuer+"/signin?r=nonsense").wants(http.StatusBadRequest, "That could not be read")
	tab.visit(h.issuer+"/consent").wants(http.StatusBadRequest, "That could not be read")
	tab.visit(h.issuer+"/nothing").wants(http.StatusNotFound, "There is nothing here")
}

func TestWhatIsCarriedAroundIsNotReadable(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	b := h.browser(t)
	tab := b.open(h.story(t).address("login_hint", kim)).fill("phone_number", kim).press("send")
	for _, text := range []string{tab.address, fmt.Sprint(tab.header)} {
		if strings.Contains(text, "39980001") || strings.Contains(text, "client_story") {
			t.Errorf("%s says too much", text)
		}
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"} {
		if got := tab.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

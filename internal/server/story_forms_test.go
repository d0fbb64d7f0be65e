package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// repeated is the same form once more, as a browser sends it for whoever reloads the answer or presses twice.
func repeated(t *testing.T, posted *http.Request) *http.Request {
	t.Helper()
	again := posted.Clone(t.Context())
	body, err := posted.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	again.Body = body
	again.Header.Del("Cookie") // the jar adds today's
	return again
}

// TestEveryFormLeadsToAPageThatCanBeReloaded walks each form of the identity host: it is refused, its page says why, the same page
// comes again when it is reloaded, and the plain one when the notice is left out.
func TestEveryFormLeadsToAPageThatCanBeReloaded(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	terms, storytime := h.app(t, "client_terms", storySecret), h.story(t)
	number := func() *tab { return h.browser(t).open(terms.address("scope", "phone "+smsScope)) }
	asked := func(phone string) *tab { return number().fill("phone_number", phone).press("send") }
	for _, form := range []struct {
		name   string
		page   func() *tab
		refuse func(*tab)
		says   string
		keeps  func(*tab) bool // what was entered; nil: nothing is kept
	}{
		{"no number", number, func(tb *tab) { tb.fill("phone_number", "12").press("send") }, "too short",
			func(tb *tab) bool { return attribute(tb.element("phone_number"), "value") == "12" }},
		{"is this your number", number, func(tb *tab) { tb.fill("phone_number", "06 39 98 00 09").press("send") }, "Is this your number?", nil},
		{"wrong PIN", func() *tab { return asked(kim) }, func(tb *tab) { tb.fill("pin", differentFrom(h.pin(kim), 1)).press("continue") }, "Wrong PIN. You have 4 tries left.", nil},
		{"no PIN", func() *tab { return asked("+33639980008") }, func(tb *tab) { tb.fill("pin", "12").press("continue") }, "The PIN has 6 digits.", nil},
		{"sent a moment ago", func() *tab { return asked("+33639980007") }, func(tb *tab) { tb.press("resend") }, "The PIN was sent a moment ago.", nil},
		{"terms", func() *tab { return number().signIn(kim) }, func(tb *tab) { tb.tick(tb.scopeBox(smsScope)).press("allow") }, "Tick the box if you accept the terms.",
			func(tb *tab) bool { return has(tb.element(tb.scopeBox(smsScope)), "checked") }},
		{"nothing", func() *tab { return h.browser(t).open(storytime.address("scope", smsScope)).signIn(robin) }, func(tb *tab) { tb.press("allow") }, "Tick at least one choice", nil},
	} {
		tab := form.page()
		form.refuse(tab)
		if tab.posted != http.StatusSeeOther {
			t.Errorf("%s: the form is answered with %d", form.name, tab.posted)
		}
		for range 3 {
			if tab.status != http.StatusOK || !strings.Contains(tab.text(), form.says) {
				t.Errorf("%s: %d %s", form.name, tab.status, tab.text())
			}
			if form.keeps != nil && !form.keeps(tab) {
				t.Errorf("%s: what was entered is lost", form.name)
			}
			tab.visit(tab.address)
		}
		plain, _, _ := strings.Cut(tab.address, "&m=")
		if len(tab.address)-len(plain) > 500 {
			t.Errorf("%s: the notice makes the address %d bytes longer", form.name, len(tab.address)-len(plain))
		}
		if tab.visit(plain); form.says != "" && strings.Contains(tab.text(), form.says) {
			t.Errorf("%s: said without a notice", form.name)
		}
	}
}

func TestANoticeSpeaksOfItsOwnPageInItsOwnSignInOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	mine, theirs := h.browser(t).open(a.address()), h.browser(t).open(a.address())
	theirs.fill("phone_number", "12").press("send").wants(http.StatusOK, "Sign in to Storytime", "too short")
	_, notice, _ := strings.Cut(theirs.address, "&m=")
	for _, forged := range []string{notice, "nonsense", ""} {
		if tab := mine.visit(mine.address + "&m=" + forged); tab.wants(http.StatusOK, "Sign in to Storytime").has12() {
			t.Errorf("the notice %q of another sign-in is shown", forged)
		}
		mine.address, _, _ = strings.Cut(mine.address, "&m=")
	}
	// Another PIN of the same sign-in has nothing to do with the one before.
	mine.fill("phone_number", kim).press("send").fill("pin", differentFrom(h.pin(kim), 1)).press("continue").wants(http.StatusOK, "Enter your PIN", "Wrong PIN")
	_, notice, _ = strings.Cut(mine.address, "&m=")
	mine.follow("other-number").fill("phone_number", robin).press("send")
	if mine.visit(mine.address + "&m=" + notice); strings.Contains(mine.text(), "Wrong PIN") {
		t.Error("a new PIN is said to be wrong")
	}
}

func TestANoticeIsOfTheMomentAndWhatWasTypedStays(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	keys, _ := h.keys()
	tab := h.browser(t).open(h.story(t).address()).fill("phone_number", "12").press("send").wants(http.StatusOK, "Sign in to Storytime", "too short")
	page, sealed, _ := strings.Cut(tab.address, "&m=")
	plain, err := keys.Open(secret.LabelNotice, sealed)
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(plain, &said); err != nil {
		t.Fatal(err)
	}
	said["t"] = time.Now().Add(-61 * time.Second).Unix()
	if plain, err = json.Marshal(said); err != nil {
		t.Fatal(err)
	}
	tab.visit(page+"&m="+keys.Seal(secret.LabelNotice, plain)).wants(http.StatusOK, "Sign in to Storytime")
	if strings.Contains(tab.text(), "too short") || attribute(tab.element("phone_number"), "value") != "12" {
		t.Errorf("a minute later: %s", tab.text())
	}
}

func (tb *tab) has12() bool {
	return strings.Contains(tb.text(), "too short") || attribute(tb.element("phone_number"), "value") != ""
}

func TestTheLastWordCounts(t *testing.T) {
	for _, mode := range []string{"query", "form_post"} {
		for _, prompt := range []string{"login", "consent"} {
			t.Run(mode+" "+prompt, func(t *testing.T) {
				t.Parallel()
				h := openHouse(t)
				a := h.story(t)
				wish := []string{"scope", "openid phone offline_access", "response_mode", mode, "prompt", prompt}
				ask := func() (*tab, *http.Request, *http.Request) {
					tab := h.browser(t).open(a.address(wish...)).signIn(kim)
					return tab, tab.submission("allow"), tab.submission("deny")
				}
				say := func(tab *tab, word *http.Request) url.Values {
					t.Helper()
					tab.load(repeated(t, word), nil)
					return tab.hears()
				}
				inForce := func(want int) {
					t.Helper()
					if got := h.count("consent WHERE revoked_at IS NULL"); got != want {
						t.Errorf("%d consents are in force, want %d", got, want)
					}
				}
				// Yes, and yes again: one answer, whichever arrives.
				tab, yes, no := ask()
				first := say(tab, yes).Get("code")
				second := say(tab, yes).Get("code")
				tokens := a.redeem(second).ok()
				if tab.load(repeated(t, yes), nil); tab.landed != "" || !strings.Contains(tab.text(), "answered this already") {
					t.Errorf("the app hears again: %s", tab.landed)
				}
				a.userinfo(tokens.text("access_token")).ok()
				// And then no: the product is taken away, at once, and the app hears so.
				if got := say(tab, no); got.Get("error") != "access_denied" || got.Get("state") != "s-1" {
					t.Errorf("after the no the app hears %v", got)
				}
				inForce(0)
				a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
				a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
				a.redeem(first).wants(http.StatusBadRequest, "invalid_grant")
				if n := h.count("event WHERE kind = 'consent.revoked'"); n != 1 {
					t.Errorf("%d events tell the developers", n)
				}
				// And then yes: the page from before the no does not count, the person is asked once more.
				tab.load(repeated(t, yes), nil)
				tab.wants(http.StatusOK, "Add Storytime to +33•••••0001", "The question has changed")
				inForce(0)
				third := tab.press("allow").hears().Get("code")
				a.redeem(third).ok()
				inForce(1)

				// A yes that the app has not heard, and then a no: the code is worth nothing.
				h.pass("consent", time.Minute, "granted_at")
				tab, yes, no = h.browser(t).open(a.address("scope", "phone", "response_mode", mode)).signIn(robin), nil, nil
				yes, no = tab.submission("allow"), tab.submission("deny")
				unheard := say(tab, yes).Get("code")
				say(tab, no)
				a.redeem(unheard).wants(http.StatusBadRequest, "invalid_grant")
				// A no, and then a yes on the page from before.
				tab = h.browser(t).open(a.address("scope", "phone", "response_mode", mode)).signIn(robin)
				yes, no = tab.submission("allow"), tab.submission("deny")
				if got := say(tab, no).Get("error"); got != "access_denied" {
					t.Errorf("no: %q", got)
				}
				a.redeem(say(tab, yes).Get("code")).ok()
			})
		}
	}
}

func TestANoInAnotherTabTakesBackTheYes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b := h.browser(t)
	one := b.open(a.address("state", "one")).signIn(kim)
	two := b.open(a.address("state", "two")).wants(http.StatusOK, "Add Storytime to +33•••••0001")
	tokens := a.redeem(a.code(one.press("allow"))).ok()
	if got := two.press("deny").answer(callback); got.Get("error") != "access_denied" || got.Get("state") != "two" {
		t.Errorf("the second tab brought %v", got)
	}
	a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	// A no to a question that was asked after the yes concerns what it asks for only.
	tab := b.open(a.address("scope", "phone"))
	tokens = a.redeem(a.code(tab.press("allow"))).ok()
	h.pass("consent", time.Minute, "granted_at")
	b.open(a.address("scope", "phone", "prompt", "consent")).press("deny")
	a.userinfo(tokens.text("access_token")).ok()
}

// hears is what the app is told, by redirect or by the form that posts itself.
func (tb *tab) hears() url.Values {
	tb.t.Helper()
	if tb.landed != "" {
		return tb.answer(callback)
	}
	heard := url.Values{}
	for element := range tb.root.Descendants() {
		if element.Data == "input" && attribute(element, "name") != "" {
			heard.Add(attribute(element, "name"), attribute(element, "value"))
		}
	}
	if len(heard) == 0 {
		tb.t.Fatalf("the app hears nothing: %d %s", tb.status, tb.text())
	}
	return heard
}

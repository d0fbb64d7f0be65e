package server_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// differentFrom is a PIN that is not the right one.
func differentFrom(pin string, n int) string {
	right, err := strconv.Atoi(pin)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%06d", (right+n)%1_000_000)
}

func TestANumberInNationalWritingIsShownBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address())
	tab.fill("phone_number", "06 39 98 00 01").press("send").wants(http.StatusOK, "Is this your number?", "+33 6 39 98 00 01")
	if h.count("challenge") != 0 {
		t.Error("a PIN was made before the person confirmed the number")
	}
	tab.follow("edit").wants(http.StatusOK, "Sign in to Storytime")
	tab.fill("phone_number", "06 39 98 00 01").press("send").press("send").wants(http.StatusOK, "Enter your PIN")
	a.code(tab.fill("pin", h.pin(kim)).press("continue").press("allow"))
}

func TestAMistypedNumberStaysInItsFieldWithTheReason(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	tab := h.browser(t).open(h.story(t).address())
	for typed, want := range map[string]string{
		"": "Enter your phone number.", "+3363": "too short", "+336399800011122": "too long", "call me": "not a phone number", "+999 12345678": "country code",
	} {
		tab.fill("phone_number", typed).press("send").wants(http.StatusUnprocessableEntity, "Sign in to Storytime", want)
		if got := tab.value("phone_number"); got != typed {
			t.Errorf("the field has %q, typed was %q", got, typed)
		}
		if attribute(tab.element("phone_number"), "aria-invalid") != "true" {
			t.Errorf("%q: the field is not marked", typed)
		}
	}
	if h.count("challenge") != 0 {
		t.Error("something was stored")
	}
}

func TestAPersonWhoTurnsBackOnAnyPageBringsTheAppARefusal(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	refused := func(tab *tab) {
		t.Helper()
		if values := tab.follow("back").answer(callback); values.Get("error") != "access_denied" || values.Get("state") != "s-1" || values.Get("iss") != h.issuer {
			t.Errorf("the app got %v", values)
		}
	}
	refused(h.browser(t).open(a.address()))
	refused(h.browser(t).open(a.address()).fill("phone_number", kim).press("send"))

	denied := h.browser(t).open(a.address()).fill("phone_number", robin).press("send")
	denied.fill("pin", h.pin(robin)).press("continue").press("deny")
	if values := denied.answer(callback); values.Get("error") != "access_denied" || values.Get("state") != "s-1" || values.Get("iss") != h.issuer || values.Has("code") {
		t.Errorf("the app got %v", values)
	}
	if h.count("consent") != 0 {
		t.Error("a refusal is a consent")
	}
	denied.visit(a.address()).wants(http.StatusOK, "Add Storytime to +33•••••0002") // asked again another time
}

func TestWrongPINsAreCountedDownAndTheFifthEndsThePIN(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
		pin := h.pin(kim)
		tab.fill("pin", "12").press("continue").wants(http.StatusUnprocessableEntity, "Enter your PIN", "The PIN has 6 digits.")
		for n, want := range []string{"4 tries left", "3 tries left", "2 tries left", "1 try left"} {
			tab.fill("pin", differentFrom(pin, n+1)).press("continue").wants(http.StatusUnprocessableEntity, "Enter your PIN", "Wrong PIN. You have "+want)
		}
		tab.fill("pin", differentFrom(pin, 9))
		fifth := tab.submission("continue")
		tab.load(fifth, tab.formAction())
		tab.wants(http.StatusUnprocessableEntity, "You need a new PIN", "Too many wrong PINs.")
		if tab.shows("pin") {
			t.Error("a dead PIN has a field")
		}
		// Not even the right one, sent again by the back button.
		body := url.Values{"r": {tab.hidden("r")}, "pin": {pin}}.Encode()
		late, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.issuer+"/signin/pin", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		late.Header.Set("Content-Type", formType)
		tab.load(late, []string{})
		tab.wants(http.StatusUnprocessableEntity, "You need a new PIN")
		// A new one works.
		tab.press("resend").wants(http.StatusOK, "Enter your PIN")
		a.code(tab.fill("pin", h.pin(kim)).press("continue").press("allow"))
	})
}

func TestAPINExpiresAndANewOneIsSent(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	pin := h.pin(kim)
	h.pass("challenge", 6*time.Minute, "expires_at", "created_at", "next_send_at")
	tab.fill("pin", pin).press("continue").wants(http.StatusUnprocessableEntity, "You need a new PIN", "expired")
	tab.press("resend").wants(http.StatusOK, "Enter your PIN", "again")
	a.code(tab.fill("pin", h.pin(kim)).press("continue").press("allow"))
}

func TestAResendRepeatsTheCodeAndNotTooEarly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	first := h.pin(kim)
	tab.press("resend").wants(http.StatusTooManyRequests, "Enter your PIN", "The PIN was sent a moment ago.")
	if wait, err := strconv.Atoi(tab.header.Get("Retry-After")); err != nil || wait < 10 || wait > 30 {
		t.Errorf("Retry-After: %q", tab.header.Get("Retry-After"))
	}
	h.pass("challenge", 31*time.Second, "next_send_at")
	tab.press("resend").wants(http.StatusOK, "Enter your PIN", "We are sending it again.")
	if second := h.pin(kim); second != first {
		t.Errorf("the resend has the code %s, the first SMS %s", second, first)
	}
	h.pass("challenge", 61*time.Second, "next_send_at")
	tab.press("resend").wants(http.StatusOK, "Enter your PIN")
	h.pin(kim)
	// With less than a minute to live, a new code comes.
	h.pass("challenge", 4*time.Minute+30*time.Second, "next_send_at", "expires_at")
	tab.press("resend").wants(http.StatusOK, "Enter your PIN")
	last := h.pin(kim)
	if last == first {
		t.Error("a code with seconds to live was repeated")
	}
	// Three resends are all.
	h.pass("challenge", 10*time.Second, "created_at")
	again := h.browser(t) // nobody else can use the page
	tab.wants(http.StatusOK, "Enter your PIN", "This PIN cannot be sent again.")
	again.open(tab.address).wants(http.StatusBadRequest, "Go on where you began")
	a.code(tab.fill("pin", last).press("continue").press("allow"))
}

func TestANewerPINOfTheSameSignInReplacesTheOlder(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b := h.browser(t)
	first := b.open(a.address()).fill("phone_number", kim).press("send")
	old := h.pin(kim)
	second := b.open(first.address).follow("other-number").wants(http.StatusOK, "Sign in to Storytime")
	if got := second.value("phone_number"); got != "+33 6 39 98 00 01" {
		t.Errorf("the field has %q", got)
	}
	second.fill("phone_number", robin).press("send")
	first.fill("pin", old).press("continue").wants(http.StatusUnprocessableEntity, "Enter your PIN", "There is a newer PIN for this sign-in.")
	second.fill("pin", h.pin(robin)).press("continue").wants(http.StatusOK, "Add Storytime to +33•••••0002")
	a.code(second.press("allow"))
}

func TestAnUnknownNumberGetsTheSamePagesAndNoSMS(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	// What a page is without what differs between any two requests.
	pages := func(number string) (seen []string) {
		tab := h.browser(t).open(a.address()).fill("phone_number", number).press("send")
		look := func() {
			text := strings.NewReplacer(tab.hidden("r"), "R", number[len(number)-4:], "LAST").Replace(tab.text())
			seen = append(seen, fmt.Sprint(tab.status, tab.heading(), text, tab.header.Get("Content-Security-Policy")))
		}
		look()
		for range 5 {
			if tab.shows("pin") {
				tab.fill("pin", "000000").press("continue")
				look()
			}
		}
		return seen
	}
	// A PIN of 000000 would be a hit once in a million runs.
	want := pages(kim)
	for name, number := range map[string]string{"unknown": nobody, "blocked": barred} {
		got := pages(number)
		if len(got) != len(want) {
			t.Fatalf("%s: %d pages, a served number has %d", name, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s, page %d:\n%s\nserved:\n%s", name, i, got[i], want[i])
			}
		}
	}
	h.stop() // sends what waits
	if len(h.received(kim)) != 1 || len(h.received(nobody)) != 0 || len(h.received(barred)) != 0 {
		t.Errorf("SMS: %d to the served, %d to the unknown, %d to the blocked number", len(h.received(kim)), len(h.received(nobody)), len(h.received(barred)))
	}
}

func TestPINsToANumberAreRationed(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		ask := func() *tab { return h.browser(t).open(a.address()).fill("phone_number", kim).press("send") }
		for range 3 {
			ask().wants(http.StatusOK, "Enter your PIN")
			h.pin(kim)
		}
		// Three open at a time; anybody else's number is not touched.
		ask().wants(http.StatusTooManyRequests, "Sign in to Storytime", "PINs were requested too often for this number.")
		h.browser(t).open(a.address()).fill("phone_number", robin).press("send").wants(http.StatusOK, "Enter your PIN")
		h.pass("challenge", 6*time.Minute, "expires_at")
		for range 2 {
			ask().wants(http.StatusOK, "Enter your PIN")
		}
		sixth := ask().wants(http.StatusTooManyRequests, "Sign in to Storytime", "too often")
		if wait, err := strconv.Atoi(sixth.header.Get("Retry-After")); err != nil || wait < 3000 || wait > 3600 {
			t.Errorf("five an hour: Retry-After %q", sixth.header.Get("Retry-After"))
		}
		h.pass("budget_entry", time.Hour, "spent_at")
		ask().wants(http.StatusOK, "Enter your PIN")
	})
}

func TestOneNetworkCannotHaveSMSSentToEverybody(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	const most = 30
	for n := range most {
		h.browser(t).open(a.address()).fill("phone_number", fmt.Sprintf("+336399800%02d", n+10)).press("send").wants(http.StatusOK, "Enter your PIN")
	}
	last := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" {
		t.Errorf("number %d: %d %s", most+1, last.status, last.text())
	}
	h.stop()
	if len(h.received(kim)) != 0 {
		t.Error("an SMS was sent")
	}
}

func TestAProductThatWantsMoreAsksAgain(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "phone "+smsScope)
	// The scope that was optional and refused becomes a condition.
	document := seed()
	for i := range document.Products[0].Scopes {
		document.Products[0].Scopes[i].Optional = false
	}
	h.apply(document)
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

func TestANumberCannotBeGuessedAtFromManyBrowsers(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	wrong := 0
	for range 3 { // browsers; the third finds the number's ten tries used up
		tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN")
		pin := h.pin(kim)
		for tab.shows("pin") && wrong < 10 {
			wrong++
			tab.fill("pin", differentFrom(pin, wrong)).press("continue")
		}
		if wrong == 10 && tab.shows("pin") {
			// The right PIN does not help now: it could have been guessed.
			tab.fill("pin", pin).press("continue").wants(http.StatusTooManyRequests, "You need a new PIN")
			if tab.header.Get("Retry-After") == "" {
				t.Error("there is no Retry-After")
			}
			return
		}
	}
	t.Errorf("%d wrong tries in an hour and still going", wrong)
}

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
	one.fill("pin", differentFrom(pinOne, 1)).press("continue").wants(http.StatusUnprocessableEntity, "Enter your PIN")
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
	again := posted.Clone(t.Context())
	again.Body, _ = posted.GetBody()
	tab.load(posted, tab.formAction())
	consentPage := tab.wants(http.StatusOK, "Add Storytime to +33•••••0001").address
	// Back to the PIN page: it leads to where the person was.
	tab.visit(pinPage).wants(http.StatusOK, "Add Storytime to +33•••••0001")
	// The same PIN sent again is no mistake of the person.
	tab.load(again, nil)
	tab.wants(http.StatusOK, "Add Storytime to +33•••••0001")
	tab.visit(numberPage).wants(http.StatusOK, "Sign in to Storytime")
	first := a.code(tab.visit(consentPage).press("allow"))
	// Back after the app has its code: a new code, and the first one stays good.
	second := a.code(tab.visit(consentPage))
	if first == second {
		t.Error("the same code came twice")
	}
	a.redeem(first).ok()
	a.redeem(second).ok()
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
	if stolen.status != http.StatusBadRequest || len(stolen.header.Values("Set-Cookie")) != 0 {
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
	tab.press("allow").wants(http.StatusUnprocessableEntity, "Add Storytime to +33•••••0001", "Tick at least one choice")
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
	tab.tick(tab.scopeBox(smsScope)).press("allow").wants(http.StatusUnprocessableEntity, "Add Fineprint to +33•••••0001", "Tick the box if you accept the terms.")
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
	b := h.browser(t)
	tab := b.open(a.address()).signIn(kim)
	tab.wants(http.StatusForbidden, "Faraway is not available for you", "Fjord Mobile does not offer Faraway to its customers", "+33•••••0001")
	if got := tab.follow("back").answer(callback); got.Get("error") != "access_denied" || got.Get("state") != "s-1" || got.Get("iss") != h.issuer {
		t.Errorf("the app got %v", got)
	}
	if got := b.open(a.address("prompt", "none")).answer(callback).Get("error"); got != "access_denied" {
		t.Errorf("prompt=none: %q", got)
	}
	// A number of another operator.
	other := b.open(a.address()).follow("other-number").wants(http.StatusOK, "Sign in to Faraway")
	other.fill("phone_number", "+46701740605").press("send").fill("pin", "740605").press("continue").wants(http.StatusOK, "Add Faraway to +46•••••0605")
	a.code(other.press("allow"))
}

func TestAProductThatIsSuspendedLosesItsTokens(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim)
	code := a.code(b.open(a.address()))
	h.apply(catalog.Document{Products: []catalog.ProductEntry{{
		ID: "product_story", Organization: "org_story", Name: "Storytime",
		Scopes:  seed().Products[0].Scopes,
		Listing: []catalog.ListingEntry{{Operator: "fjord", State: string(dialtone.ListingSuspended), Reason: "complaints"}},
	}}})
	a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
	a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
	b.open(a.address()).wants(http.StatusForbidden, "Storytime is not available for you")
}

func TestALineThatIsBlockedIsSignedOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim)
	block := func(status dialtone.SubscriptionStatus) {
		h.apply(catalog.Document{Subscriptions: []catalog.SubscriptionEntry{{Operator: "fjord", PhoneNumber: kim, Status: string(status)}}})
	}
	code := a.code(b.open(a.address()))
	block(dialtone.SubscriptionBlocked)
	b.open(a.address()).wants(http.StatusOK, "Sign in to Storytime")
	a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
	a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
	block(dialtone.SubscriptionActive)
	a.refresh(tokens.text("refresh_token")).ok() // the block was not the end
}

func TestANumberThatChangesHandsShowsNothingOfTheOldLine(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, old := a.tokens(kim, "scope", "openid phone offline_access")
	waiting := h.browser(t).open(a.address()).fill("phone_number", kim).press("send") // a PIN to the old owner
	pin := h.pin(kim)
	code := a.code(b.open(a.address("scope", "openid phone")))
	change := func(entry catalog.SubscriptionEntry) {
		entry.Operator, entry.PhoneNumber = "fjord", kim
		h.apply(catalog.Document{Subscriptions: []catalog.SubscriptionEntry{entry}})
	}
	change(catalog.SubscriptionEntry{Status: string(dialtone.SubscriptionEnded)})
	change(catalog.SubscriptionEntry{Status: string(dialtone.SubscriptionActive)}) // the new owner

	a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
	a.userinfo(old.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	a.refresh(old.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
	b.open(a.address()).wants(http.StatusOK, "Sign in to Storytime")
	if waiting.fill("pin", pin).press("continue"); waiting.heading() == "Add Storytime to +33•••••0001" {
		t.Error("the old owner's PIN signs in to the new owner's line")
	}
	fresh := h.browser(t).open(a.address("scope", "openid phone offline_access")).signIn(kim)
	fresh.wants(http.StatusOK, "Add Storytime to +33•••••0001")
	if claims(t, a.redeem(a.code(fresh.press("allow"))).ok().text("id_token"))["sub"] == claims(t, old.text("id_token"))["sub"] {
		t.Error("the new owner has the old owner's sub")
	}
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

func TestAPINIsWorthNothingOnceTheLineHasAnotherNumber(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	waiting := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	pin := h.pin(kim)
	const other = "+33639980055"
	h.sql(func(db *sql.DB) error {
		var id string
		if err := db.QueryRowContext(t.Context(), "SELECT id FROM subscription WHERE phone_number = $1", kim).Scan(&id); err != nil {
			return err
		}
		h.apply(catalog.Document{Subscriptions: []catalog.SubscriptionEntry{{ID: id, Operator: "fjord", PhoneNumber: other}}})
		return nil
	})
	waiting.fill("pin", pin).press("continue")
	if strings.HasPrefix(waiting.heading(), "Add ") || waiting.landed != "" {
		t.Errorf("a PIN that was sent to %s signs in to %s: %s", kim, other, waiting.heading())
	}
	// product.md §7: the subscription is the same, so sub stays and the number follows.
	person := a.userinfo(tokens.text("access_token")).ok()
	if person.fields["phone_number"] != other || person.fields["sub"] != claims(t, tokens.text("id_token"))["sub"] {
		t.Errorf("user info is %s", person.body)
	}
	a.code(b.open(a.address("scope", "openid phone offline_access")))
	// The old number is nobody's now.
	h.browser(t).open(a.address()).fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN")
	h.stop()
	if n := len(h.received(kim)); n != 2 {
		t.Errorf("%d SMS went to the old number, want the two from before", n)
	}
}

func TestThePINIsRightForOneOfManyWhoTryAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b := h.browser(t)
		tab := b.open(a.address()).fill("phone_number", kim).press("send")
		pin := h.pin(kim)
		sealed, cookie := tab.hidden("r"), "dialtone_browser="+b.cookie("dialtone_browser")
		const many = 20
		var wrong, refused atomic.Int32
		var at sync.WaitGroup
		for n := range many {
			at.Go(func() {
				r := h.send(t, http.MethodPost, "/signin/pin", header("Content-Type", formType, "Cookie", cookie, "Accept-Language", "en"),
					form("r", sealed, "pin", differentFrom(pin, n+1)).Encode())
				switch {
				case strings.Contains(r.body, "Wrong PIN"):
					wrong.Add(1)
				case strings.Contains(r.body, "Too many wrong PINs"):
					refused.Add(1)
				default:
					t.Errorf("%d %s", r.status, r.body)
				}
			})
		}
		at.Wait()
		if wrong.Load() > 4 || wrong.Load()+refused.Load() != many {
			t.Errorf("%d guesses were answered, %d refused; 5 tries are all", wrong.Load(), refused.Load())
		}
		tab.fill("pin", pin).press("continue").wants(http.StatusUnprocessableEntity, "You need a new PIN")
	})
}

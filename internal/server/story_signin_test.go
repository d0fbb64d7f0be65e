package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
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
		tab.fill("phone_number", typed).press("send").wants(http.StatusOK, "Sign in to Storytime", want)
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
		tab.fill("pin", "12").press("continue").wants(http.StatusOK, "Enter your PIN", "The PIN has 6 digits.")
		for n, want := range []string{"4 tries left", "3 tries left", "2 tries left", "1 try left"} {
			tab.fill("pin", differentFrom(pin, n+1)).press("continue").wants(http.StatusOK, "Enter your PIN", "Wrong PIN. You have "+want)
		}
		tab.fill("pin", differentFrom(pin, 9))
		fifth := tab.submission("continue")
		tab.load(fifth, tab.formAction())
		tab.wants(http.StatusOK, "You need a new PIN", "Too many wrong PINs.")
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
		tab.wants(http.StatusOK, "You need a new PIN")
		// A new one works.
		tab.press("resend").wants(http.StatusOK, "Enter your PIN", "We are sending a new PIN. Only the newest one works.")
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
	tab.fill("pin", pin).press("continue").wants(http.StatusOK, "You need a new PIN", "expired")
	tab.press("resend").wants(http.StatusOK, "Enter your PIN", "again")
	a.code(tab.fill("pin", h.pin(kim)).press("continue").press("allow"))
}

func TestAResendRepeatsTheCodeAndNotTooEarly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	first := h.pin(kim)
	tab.press("resend").wants(http.StatusOK, "Enter your PIN", "The PIN was sent a moment ago.")
	if wait, err := strconv.Atoi(tab.waiting); err != nil || wait < 10 || wait > 30 {
		t.Errorf("Retry-After: %q", tab.waiting)
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
	first.fill("pin", old).press("continue").wants(http.StatusOK, "Enter your PIN", "There is a newer PIN for this sign-in.")
	second.fill("pin", h.pin(robin)).press("continue").wants(http.StatusOK, "Add Storytime to +33•••••0002")
	a.code(second.press("allow"))
}

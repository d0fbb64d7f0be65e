package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// oldNumbers are numbers as people still write them: what is typed, the line that it is, and what is shown before anything is
// sent.
var oldNumbers = []struct{ typed, line, shown string }{
	{"+52 1 55 1234 5678", "+525512345678", "+52 55 1234 5678"},
	{"+225 07 12 34 56", "+2250707123456", "+225 07 07 12 3456"},
	{"+229 97 12 34 56", "+2290197123456", "+229 01 97 12 34 56"},
	{"+54 11 2345 6789", "+5491123456789", "+54 9 11 2345-6789"},
	{"+55 11 8765 4321", "+5511987654321", "+55 11 98765-4321"},
	{"+84 162 123 4567", "+84321234567", "+84 321 234 567"},
}

func TestANumberFromBeforeAPlanChangedIsShownAsTodaysAndSignsIn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	for _, number := range oldNumbers {
		h.apply(fmt.Sprintf("subscriptions: [{operator: fjord, phone_number: %q}]", number.line))
		before := h.count("challenge")
		tab := h.browser(t).open(a.address()).fill("phone_number", number.typed).press("send")
		tab.wants(http.StatusOK, "Is this your number?", number.shown)
		if h.count("challenge") != before {
			t.Errorf("%s: a PIN was made before the person saw the number", number.typed)
		}
		tab.press("send").wants(http.StatusOK, "Enter your PIN")
		tokens := a.redeem(a.code(tab.fill("pin", h.pin(number.line)).press("continue").press("allow"))).ok()
		if got := a.userinfo(tokens.text("access_token")).ok().text("phone_number"); got != number.line {
			t.Errorf("%s: the app hears %s", number.typed, got)
		}
	}
}

var countdown = regexp.MustCompile(`in \d+ seconds?`)

func TestANumberFromBeforeAPlanChangedTellsNothingIfNobodyServesIt(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	pages := func(typed string) (texts []string) {
		tab := h.browser(t).open(a.address()).fill("phone_number", typed).press("send")
		texts = append(texts, tab.text())
		// The countdown may differ by the second that passes meanwhile.
		texts = append(texts, countdown.ReplaceAllString(tab.press("send").wants(http.StatusOK, "Enter your PIN").text(), "in a while"))
		return texts
	}
	for _, number := range oldNumbers {
		unknown := pages(number.typed)
		h.apply(fmt.Sprintf("subscriptions: [{operator: fjord, phone_number: %q}]", number.line))
		if known := pages(number.typed); strings.Join(known, "|") != strings.Join(unknown, "|") {
			t.Errorf("%s: the pages differ:\n%q\n%q", number.typed, unknown, known)
		}
	}
}

func TestANumberHasItsLimitsOnceHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	refused := 0
	for i := range 12 {
		typed := []string{"+52 55 1234 5678", "+52 1 55 1234 5678"}[i%2]
		tab := h.browser(t).open(a.address()).fill("phone_number", typed).press("send")
		if i%2 == 1 {
			tab.press("send")
		}
		if tab.waiting != "" {
			refused++
		}
	}
	once := 0
	for range 12 {
		if h.browser(t).open(a.address()).fill("phone_number", "+52 55 8765 4321").press("send").waiting != "" {
			once++
		}
	}
	if refused == 0 || refused < once {
		t.Errorf("in two writings %d of 12 were refused, in one %d", refused, once)
	}
}

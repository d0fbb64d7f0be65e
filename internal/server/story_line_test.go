package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestALineThatIsBlockedIsSignedOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim)
	block := func(status dialtone.SubscriptionStatus) {
		h.apply(fmt.Sprintf("subscriptions: [{phone_number: %q, status: %s}]", kim, status))
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
	h.apply(fmt.Sprintf("subscriptions: [{phone_number: %q, status: ended}]", kim))
	h.apply(fmt.Sprintf("subscriptions: [{phone_number: %q, operator: fjord}]", kim)) // the new owner

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

func TestAPINIsWorthNothingOnceTheLineHasAnotherNumber(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	waiting := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	pin := h.pin(kim)
	const other = "+33639980055"
	h.apply(fmt.Sprintf("subscriptions: [{id: %s, phone_number: %q}]", h.line(kim).ID, other))
	waiting.fill("pin", pin).press("continue")
	if strings.HasPrefix(waiting.heading(), "Add ") || waiting.landed != "" {
		t.Errorf("a PIN that was sent to %s signs in to %s: %s", kim, other, waiting.heading())
	}
	// docs/promises.md, When a number changes: the subscription is the same, so sub stays and the number follows.
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

package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/server"
)

func TestASandboxThatIsSwitchedOffIsOffWhateverItGrantedBefore(t *testing.T) {
	t.Parallel()
	const number, pin = "+46701740605", "740605"
	h := openHouse(t)
	a := h.story(t)
	signIn := func(b *browser) *tab {
		return b.open(a.address()).fill("phone_number", number).press("send").fill("pin", pin).press("continue")
	}
	b := h.browser(t)
	code := a.code(signIn(b).press("allow"))
	tokens := a.redeem(code).ok()
	unspent := a.code(b.open(a.address()))
	waiting := h.browser(t)
	tab := waiting.open(a.address()).fill("phone_number", number).press("send").wants(http.StatusOK, "Enter your PIN")
	sealed, browserID := tab.hidden("r"), waiting.cookie("dialtone_browser")
	h.stop()

	next := runHouse(t, h.dsn, h.root, h.inbox, func(c *server.Config) { c.Sandbox = false })
	a.house, b.house = next, next
	a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
	a.redeem(unspent).wants(http.StatusBadRequest, "invalid_grant")
	a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	if a.active(tokens.text("access_token")) {
		t.Error("an access token of the sandbox is active")
	}
	b.open(a.address()).wants(http.StatusOK, "Sign in to Storytime") // the session is over
	cookies := header("Content-Type", formType, "Cookie", "dialtone_browser="+browserID)
	if late := next.send(t, http.MethodPost, "/signin/pin", cookies, form("r", sealed, "pin", pin).Encode()); !strings.HasPrefix(late.header.Get("Location"), "/signin/pin?") || len(late.header.Values("Set-Cookie")) != 0 {
		t.Errorf("a PIN that was asked for before still signs in: %d, it leads to %s", late.status, late.header.Get("Location"))
	}
	fresh := signIn(next.browser(t))
	if fresh.status == http.StatusOK && fresh.shows("allow") || !fresh.shows("pin") {
		t.Errorf("the published PIN signs in: %d %s", fresh.status, fresh.text())
	}
	if strings.Contains(fresh.text(), "test number") {
		t.Error("the page still tells the PIN of a test number")
	}
	next.stop()

	again := runHouse(t, h.dsn, h.root, h.inbox)
	a.house = again
	a.code(signIn(again.browser(t))) // the consent was kept
}

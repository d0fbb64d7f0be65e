package server_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// clockTimes are what is left of something, as pages write it.
var clockTimes = regexp.MustCompile(`\b\d+(:\d\d| seconds?| minutes?)`)

// A product can be named "Fjord: invoice due, pay here". Its name must not reach anybody below the name of an operator that has
// not let it in.
func TestNothingReachesSubscribersOfAnOperatorThatHasNotEnabledTheProduct(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		for _, state := range []dialtone.ListingState{"", dialtone.ListingOffered, dialtone.ListingDeclined, dialtone.ListingSuspended} {
			id, listing := "product_"+cmp.Or(string(state), "never"), ""
			if state != "" {
				listing = fmt.Sprintf(", {operator: manual, state: %s}", state)
			}
			number := "+33639981001"
			h.apply(fmt.Sprintf(`
operators: [{id: manual, name: Manual Mobile, approval: manual, sms: {route: inbox}}]
subscriptions: [{operator: manual, phone_number: %q}]
products:
  - {id: %[2]s, organization: org_story, name: "Manual: invoice due", scopes: [{name: openid}, {name: phone}, {name: offline_access}], listing: [{operator: fjord, state: enabled}%[3]s]}
clients: [{id: client_%[2]s, product: %[2]s, description: x, secret_sha256: %[4]q, redirect_uris: [%[5]q]}]
`, number, id, listing, sum(storySecret), callback))
			a := h.app(t, "client_"+id, storySecret)
			// What somebody sees who types the number, enters a PIN, and has it sent again.
			pages := func(number string) (seen []string) {
				tab := h.browser(t).open(a.address()).fill("phone_number", number).press("send")
				look := func() {
					text := strings.NewReplacer(tab.hidden("r"), "R", number[len(number)-4:], "LAST").Replace(tab.text())
					text = clockTimes.ReplaceAllString(text, "TIME") // a second may pass between the two
					seen = append(seen, fmt.Sprint(tab.status, tab.heading(), text))
				}
				look()
				tab.fill("pin", "000000").press("continue")
				look()
				h.pass("challenge", 31*time.Second, "next_send_at")
				tab.press("resend")
				look()
				return seen
			}
			if difference := diff.Diff(pages(nobody), pages(number)); difference != "" {
				t.Errorf("%s: a number of the operator and one that nobody serves: %s", state, difference)
			}
			tab := h.browser(t).open(a.address())
			tab.wants(http.StatusOK, "Sign in to Manual: invoice due", "Manual: invoice due works with numbers from: Fjord Mobile")
			tab.fill("phone_number", number).press("send").wants(http.StatusOK, "Enter your PIN", "works with numbers from: Fjord Mobile")
			h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
			h.pin(kim)
			if got := h.received(number); len(got) != 0 {
				t.Errorf("%s: %d SMS", state, len(got))
			}
			h.sql(func(db *sql.DB) error { _, err := db.Exec("DELETE FROM budget_entry"); return err })
			h.sql(func(db *sql.DB) error { _, err := db.Exec("DELETE FROM challenge"); return err })
		}
	})
}

func TestAProductThatNoOperatorHasEnabledSaysSoBeforeItAsksForANumber(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.app(t, "client_far", storySecret)
	b := h.browser(t)
	before := b.open(a.address()).wants(http.StatusOK, "Sign in to Faraway")
	h.apply("products: [{id: product_far, listing: [{operator: sandbox, state: declined}]}]")
	before.fill("phone_number", kim).press("send").wants(http.StatusForbidden, "Faraway is not available yet")
	tab := b.open(a.address())
	tab.wants(http.StatusForbidden, "Faraway is not available yet", "No operator offers Faraway to its customers")
	if tab.shows("phone_number") {
		t.Error("it asks for a number")
	}
	if got := tab.follow("back").answer(callback); got.Get("error") != "access_denied" || got.Get("state") != "s-1" {
		t.Errorf("the app got %v", got)
	}
	if got := b.open(a.address("prompt", "none")).answer(callback).Get("error"); got != "access_denied" {
		t.Errorf("prompt=none: %q", got)
	}
}

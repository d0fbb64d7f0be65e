package server_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// untried is a product that an operator with manual approval has not looked at, with two lines of that operator.
func untried(h *house, t *testing.T) app {
	t.Helper()
	h.apply(fmt.Sprintf(`
operators: [{id: manual, name: Manual Mobile, approval: manual, sms: {route: inbox}}]
subscriptions: [{operator: manual, phone_number: %q}, {operator: manual, phone_number: %q}]
products:
  - {id: product_new, organization: org_story, name: Novelty, scopes: [{name: openid}, {name: phone}, {name: offline_access}], listing: [{operator: manual}]}
clients: [{id: client_new, product: product_new, description: x, secret_sha256: %q, redirect_uris: [%q]}]
`, team, neighbour, sum(storySecret), callback))
	return h.app(t, "client_new", storySecret)
}

const (
	team      = "+33639981001"
	neighbour = "+33639981002"
)

func testers(until string) string {
	return fmt.Sprintf(`testers: [{product: product_new, phone_number: %q, until: %s}]`, team, until)
}

func nextMonth() string { return fmt.Sprintf("%q", time.Now().AddDate(0, 1, 0).Format(time.DateOnly)) }

func TestATesterSignsInToAProductThatItsOperatorHasNotEnabled(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := untried(h, t)
		h.browser(t).open(a.address()).wants(http.StatusForbidden, "Novelty is not available yet")

		h.apply(testers(nextMonth()))
		tab := h.browser(t).open(a.address())
		tab.wants(http.StatusOK, "Sign in to Novelty", "Novelty is being tried out: a PIN comes only to numbers that were invited.")
		tab.fill("phone_number", neighbour).press("send").wants(http.StatusOK, "Enter your PIN", "is being tried out")
		_, tokens := a.tokens(team)
		tokens = a.refresh(tokens.text("refresh_token")).ok()
		access := tokens.text("access_token")
		a.userinfo(access).ok()
		if !a.active(access) || !a.active(tokens.text("refresh_token")) {
			t.Error("the tester's tokens are not active")
		}
		if got := h.received(neighbour); len(got) != 0 {
			t.Errorf("somebody else got %d SMS", len(got))
		}

		h.apply(testers("null"))
		a.userinfo(access).wants(http.StatusUnauthorized, "invalid_token")
		a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
		if a.active(access) || a.active(tokens.text("refresh_token")) {
			t.Error("the tokens outlive the trial")
		}
		h.browser(t).open(a.address()).wants(http.StatusForbidden, "Novelty is not available yet")

		h.apply(testers(nextMonth())) // nothing was revoked: the trial goes on
		a.refresh(tokens.text("refresh_token")).ok()
	})
}

func TestATrialEndsByItsDayByTheOperatorsNoAndWithTheLine(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := untried(h, t)
		for name, end := range map[string]func(){
			"the day is over": func() {
				h.sql(func(db *sql.DB) error {
					_, err := db.Exec("UPDATE tester SET until_at = until_at - $1", (40 * 24 * time.Hour).Microseconds())
					return err
				})
				h.apply("products: [{id: product_new, subtitle: anew}]") // drops what this node remembers
			},
			"declined": func() {
				h.apply("products: [{id: product_new, listing: [{operator: manual, state: declined, reason: enough}]}]")
			},
			"suspended": func() { h.apply("products: [{id: product_new, listing: [{operator: manual, state: suspended}]}]") },
		} {
			h.apply("products: [{id: product_new, subtitle: null, listing: [{operator: manual, state: declined, reason: null}]}]")
			h.apply(testers(nextMonth()))
			_, tokens := a.tokens(team, "prompt", "consent")
			a.userinfo(tokens.text("access_token")).ok()
			end()
			a.userinfo(tokens.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
			a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
			if t.Failed() {
				t.Fatal(name)
			}
			if err := applyDocument(h.node, testers(nextMonth())); (name == "suspended") != (err != nil) {
				t.Errorf("%s, then named again: %v", name, err)
			}
			h.sql(func(db *sql.DB) error { _, err := db.Exec("DELETE FROM budget_entry"); return err })
		}
	})
}

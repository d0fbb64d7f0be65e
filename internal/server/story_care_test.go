package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// Customer care helps one subscriber: every look is noted, the number stays masked until somebody says why, and what is ended has ended.
func TestCareFindsASubscriberAndEndsWhatHasToEnd(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h, _, console := withConsole(t, engine)
			h.apply("products: [{id: product_story, listing: [{operator: harbour, state: enabled}]}]")
			a := h.story(t)
			tab := h.browser(t).open(a.address()).fill("phone_number", harald).press("send")
			tokens := a.redeem(a.code(tab.fill("pin", h.pin(harald)).press("continue").tick("terms").press("allow"))).ok()
			access := tokens.text("access_token")
			a.userinfo(access).ok()

			admin := newDeveloper(t, h, console, olga)
			care := admin.hires(t, h, console, "carl@harbour.example", "care")
			const at = "/operators/harbour"
			seen := []string{}
			open := func(who *developer, path string) {
				t.Helper()
				who.open(path)
				seen = append(seen, visible(who.root))
			}
			find := func(who *developer, q string) {
				t.Helper()
				open(who, at+"/care")
				who.submit(at+"/care", "q", q)
			}
			find(care, "nonsense number")
			care.reads(http.StatusUnprocessableEntity, "Write a whole number")
			find(care, kim) // of another operator
			care.reads(http.StatusUnprocessableEntity, "Harbour Mobile has no line with this number or id.")
			find(care, "+33 6 39 98 10 01")
			care.reads(http.StatusOK, "+33•••••1001", "Storytime", "See your phone number", "sms", "granted")
			line := care.at.Path
			seen = append(seen, visible(care.root))
			if strings.Contains(care.at.String(), "3399") || strings.Contains(care.at.String(), "1001") {
				t.Errorf("the address tells the number: %s", care.at)
			}
			care.submit(line, "act", "reveal", "reason", " ")
			care.reads(http.StatusUnprocessableEntity, "Say why: it stands in the audit log.")
			care.submit(line, "act", "reveal", "reason", "calls back")
			care.reads(http.StatusOK, harald)
			care.open(line)
			care.submit(line+"/note", "note", "Was friendly.")
			care.reads(http.StatusOK, "Was friendly.", "carl@harbour.example")

			remove := line + "/consents/product_story/remove"
			care.submit(remove, "reason", "")
			care.reads(http.StatusUnprocessableEntity, "Say why")
			care.submit(remove, "reason", "asked by telephone")
			care.reads(http.StatusOK, "The consent is taken back.", "This line allows no product anything.", "asked by telephone", "care")
			if got := a.userinfo(access); got.status != http.StatusUnauthorized {
				t.Errorf("after care took the consent back: %d %s", got.status, got.body)
			}
			a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
			care.submit(line, "act", "sign_out", "reason", "asked by telephone")
			care.reads(http.StatusOK, "Signed out everywhere: 1 browser.", "Nowhere.")
			care.submit(line, "act", "block", "reason", "telephone stolen")
			care.reads(http.StatusOK, "blocked", "Unblock")

			admin.open(line)
			admin.submit(line, "act", "sensitive", "reason", "a public person")
			admin.reads(http.StatusForbidden, "This line is sensitive")
			care.open(line)
			care.reads(http.StatusForbidden, "Only staff whom an admin named for sensitive lines open it.")
			admin.open(at + "/staff")
			for action := range admin.forms() {
				if strings.HasSuffix(action, "/sensitive") {
					admin.submit(action, "may", "yes")
				}
			}
			care.open(line)
			care.reads(http.StatusOK, "sensitive", "blocked")

			auditor := admin.hires(t, h, console, "aud@harbour.example", "auditor")
			auditor.open(line)
			auditor.reads(http.StatusForbidden)
			product := admin.hires(t, h, console, "pro@harbour.example", "product")
			for _, path := range []string{at + "/care", line} {
				product.open(path)
				product.reads(http.StatusForbidden, "Your role here is product")
			}
			open(admin, at+"/audit")
			admin.reads(http.StatusOK, "line.find", "line.view", "line.reveal", "calls back", "consent.revoke", "line.sign_out", "line.block", "line.sensitive",
				"line.refused", "staff.sensitive", "+33•••••1001")
			_, exported := admin.look(at + "/audit.csv")
			for _, text := range append(seen, exported) {
				if strings.Contains(text, harald[1:]) || strings.Contains(text, "39 98 10 01") {
					t.Errorf("a whole number stands in %s", text)
				}
			}
			admin.open(at + "/audit")
			admin.submit(at + "/audit/verify")
			admin.reads(http.StatusOK, "The log is whole")
		})
	}
}

// forms are the actions of the page's forms.
func (d *developer) forms() map[string]bool {
	actions := make(map[string]bool)
	for node := range d.root.Descendants() {
		if node.Data == "form" {
			actions[attribute(node, "action")] = true
		}
	}
	return actions
}

// hires invites somebody, who accepts.
func (d *developer) hires(t *testing.T, h *house, console, email, role string) *developer {
	t.Helper()
	const staff = "/operators/harbour/staff"
	d.open(staff + "/invite")
	d.submit(staff+"/invite", "email", email, "role", role)
	d.reads(http.StatusOK, email+" is invited")
	guest := newStranger(t, h, console)
	guest.open("/signin?to=" + invitationLink.FindString(h.mail(email).Text))
	guest.signIn(email)
	guest.submit(guest.at.Path)
	guest.reads(http.StatusOK, "Welcome. You work here now.")
	return guest
}

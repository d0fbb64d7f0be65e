package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

const (
	olga   = "olga@harbour.example" // admin of Harbour Mobile
	harald = "+33639981001"         // its subscriber
)

// withConsole runs a house with portal and console, and an operator whose staff decide.
func withConsole(t *testing.T, engine string) (h *house, portal, console string) {
	t.Helper()
	at, there := freeAddress(t), freeAddress(t)
	portal, console = "http://"+strings.Replace(at, "127.0.0.1", "localhost", 1), "http://"+strings.Replace(there, "127.0.0.1", "localhost", 1)
	h = runHouse(t, storetest.Address(t, engine), secret.NewRoot().Text(), message.NewInbox(), func(c *server.Config) {
		c.PortalURL, c.PortalListen, c.ConsoleURL, c.ConsoleListen = portal, at, console, there
	})
	h.apply(seed())
	h.apply(`
operators: [{id: harbour, name: Harbour Mobile, approval: manual, support: "https://harbour.example/help", sms: {route: inbox, sender: Harbour}, admins: [` + olga + `]}]
subscriptions: [{operator: harbour, phone_number: "` + harald + `"}]
organizations: [{id: org_story, owners: [ada@example.com]}]
products: [{id: product_story, support: help@example.com, privacy_url: "https://example.com/privacy", terms_url: "https://example.com/terms", subtitle: Stories, description: Stories for everybody., listing: [{operator: harbour, state: offered}]}]
`)
	return h, portal, console
}

// decide makes of the product on the page what the button says.
func (d *developer) decide(page, state, reason string) {
	d.t.Helper()
	d.open(page)
	d.submit(page, "state", state, "reason", reason)
}

// The story of an operator's decision: declined with a reason, offered again, enabled, and suspended while people use it.
func TestAnOperatorsStaffDecideWhatReachesTheirSubscribers(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h, portal, console := withConsole(t, engine)
			staff := newDeveloper(t, h, console, olga)
			staff.reads(http.StatusOK, "Harbour Mobile", "Storytime", "to review")

			const review = "/operators/harbour/products/product_story"
			staff.decide(review, "declined", " ")
			staff.reads(http.StatusUnprocessableEntity, "Say why")
			staff.decide(review, "suspended", "what is not there cannot be taken away")
			staff.reads(http.StatusUnprocessableEntity, "A product that is offered cannot become suspended.")
			staff.decide(review, "declined", "The price is missing in French.")
			staff.reads(http.StatusOK, "declined", "The price is missing in French.", "told why by e-mail")
			if mail := h.mail("ada@example.com"); !strings.Contains(mail.Subject, "Harbour Mobile: Storytime is declined") ||
				!strings.Contains(mail.Text, "The price is missing in French.") || !strings.Contains(mail.Text, portal+"/products/product_story/listing") {
				t.Errorf("the developers read %q: %s", mail.Subject, mail.Text)
			}

			ada := newDeveloper(t, h, portal, "ada@example.com")
			ada.open("/products/product_story/listing")
			ada.reads(http.StatusOK, "declined", "The price is missing in French.")
			ada.submit("/products/product_story/listing", "operator", "harbour")
			late := newDeveloper(t, h, console, olga) // another window, opened before the decision
			late.open(review)
			staff.decide(review, "enabled", "")
			staff.reads(http.StatusOK, "enabled")
			late.submit(review, "state", "declined", "reason", "too late")
			late.reads(http.StatusConflict, "Below is how it stands now", "too late")

			a := h.story(t)
			tab := h.browser(t).open(a.address()).fill("phone_number", harald).press("send")
			tab.wants(http.StatusOK, "Enter your PIN", "Harbour Mobile")
			tokens := a.redeem(a.code(tab.fill("pin", h.pin(harald)).press("continue").tick("terms").press("allow"))).ok()
			access := tokens.text("access_token")
			a.userinfo(access).ok()
			ada.open("/products/product_story")
			ada.submit("/products/product_story", "name", "Storytime anew", "subtitle", "Stories", "description", "Stories for everybody.",
				"terms_url", "https://example.com/terms", "privacy_url", "https://example.com/privacy", "support", "help@example.com", "price", "49 kr a month")
			ada.reads(http.StatusOK, "Storytime anew")
			staff.open(review)
			staff.reads(http.StatusOK, "1 thing changed since staff decided last", "Storytime anew")
			staff.decide(review, "suspended", "It passes for us.")
			staff.reads(http.StatusOK, "suspended")
			if got := a.userinfo(access); got.status != http.StatusUnauthorized {
				t.Errorf("with a token of a suspended product: %d %s", got.status, got.body)
			}
			if got := a.refresh(tokens.text("refresh_token")); got.status != http.StatusBadRequest {
				t.Errorf("its refresh: %d %s", got.status, got.body)
			}

			staff.open("/operators/harbour/audit")
			staff.reads(http.StatusOK, "listing.decline", "The price is missing in French.", "listing.enable", "listing.suspend", "It passes for us.", olga)
			staff.submit("/operators/harbour/audit/verify")
			staff.reads(http.StatusOK, "The log is whole: 4 lines looked at")
			staff.open("/operators/harbour/audit?action=listing.decline")
			staff.reads(http.StatusOK, "The price is missing in French.")
			if text := visible(staff.root); strings.Contains(text, "It passes for us.") {
				t.Errorf("the filter lets through what it should not: %s", text)
			}
			for _, kind := range []string{"csv", "jsonl"} {
				status, body := staff.look("/operators/harbour/audit." + kind)
				if status != http.StatusOK || !strings.Contains(body, "listing.suspend") || !strings.Contains(body, "Storytime anew") {
					t.Errorf("%s: %d %s", kind, status, body)
				}
			}
			_, exported := staff.look("/operators/harbour/audit.jsonl")
			provesItself(t, exported)
			staff.open("/operators/harbour/audit")
			staff.reads(http.StatusOK, "downloaded the audit log")
		})
	}
}

// provesItself checks an export as docs/operate/console.md tells others to.
func provesItself(t *testing.T, exported string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(exported), "\n")
	before := ""
	for i := len(lines) - 1; i >= 0; i-- { // the newest first
		var e struct {
			Operator, Digest, Hash, Action string
			ActorID                        string `json:"actor_id"`
			TargetID                       string `json:"target_id"`
			Words                          json.RawMessage
		}
		var numbers struct {
			Number int64 `json:"number"`
			Micros int64 `json:"time_micros"`
		}
		if err := errors.Join(json.Unmarshal([]byte(lines[i]), &e), json.Unmarshal([]byte(lines[i]), &numbers)); err != nil {
			t.Fatalf("line %s: %v", lines[i], err)
		}
		words := sha256.Sum256(e.Words)
		chain, err := json.Marshal([]any{before, e.Operator, numbers.Number, numbers.Micros, e.ActorID, e.Action, e.TargetID, e.Digest})
		if err != nil {
			t.Fatal(err)
		}
		hash := sha256.Sum256(chain)
		if e.Digest != base64.RawURLEncoding.EncodeToString(words[:]) || e.Hash != hex.EncodeToString(hash[:]) {
			t.Fatalf("line %s does not prove itself", lines[i])
		}
		before = e.Hash
	}
}

// mail is the newest e-mail to the address that brings no code.
func (h *house) mail(to string) message.Received {
	h.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, m := range h.inbox.List() {
			if m.Kind == message.KindMail && m.To == to && !strings.Contains(m.Subject, "code") {
				return m
			}
		}
	}
	h.t.Fatalf("no e-mail came to %s", to)
	return message.Received{}
}

// invitationLink is the path of the link in a mail.
var invitationLink = regexp.MustCompile(`/invitations/[^\s<]+`)

// Who works where, in which role, and who does no more.
func TestStaffAreInvitedHaveRolesAndLeave(t *testing.T) {
	t.Parallel()
	h, _, console := withConsole(t, storetest.EngineNames[0])
	admin := newDeveloper(t, h, console, olga)
	const staff = "/operators/harbour/staff"
	invited := func(email, role string) *developer {
		t.Helper()
		guest := admin.hires(t, h, console, email, role)
		other := newDeveloper(t, h, console, "mallory@example.com")
		other.open(invitationLink.FindString(h.mail(email).Text))
		other.reads(http.StatusConflict, "This invitation was used already")
		return guest
	}
	care, auditor, product := invited("carl@harbour.example", "care"), invited("aud@harbour.example", "auditor"), invited("pro@harbour.example", "product")
	for _, c := range []struct {
		who    *developer
		path   string
		status int
	}{
		{care, "/operators/harbour/audit", http.StatusForbidden}, {auditor, "/operators/harbour/audit", http.StatusOK},
		{product, "/operators/harbour/audit", http.StatusForbidden}, {care, staff + "/invite", http.StatusForbidden},
		{care, "/operators/harbour/products/product_story", http.StatusOK}, {care, "/operators/fjord", http.StatusNotFound},
		{care, "/operators/fjord/products/product_story", http.StatusNotFound}, {care, "/operators/harbour/products/product_far", http.StatusNotFound},
		{care, "/installation", http.StatusNotFound}, {admin, "/installation", http.StatusNotFound},
	} {
		c.who.open(c.path)
		if c.who.status != c.status {
			t.Errorf("%s: %d, want %d", c.path, c.who.status, c.status)
		}
	}
	if text := visible(open(care, "/operators/harbour/products/product_story")); strings.Contains(text, "Enable") {
		t.Errorf("care is offered a decision: %s", text)
	}
	product.decide("/operators/harbour/products/product_story", "enabled", "")
	product.reads(http.StatusOK, "The product is enabled.")

	account := regexp.MustCompile(staff + `/([^/"]+)/remove`)
	admin.open(staff)
	admin.reads(http.StatusOK, "carl@harbour.example", "aud@harbour.example", "pro@harbour.example", "you")
	if status, body := admin.look(staff); status == http.StatusOK {
		ids := account.FindAllStringSubmatch(body, -1)
		if len(ids) != 4 {
			t.Fatalf("%d of the staff can be removed", len(ids))
		}
		admin.submit(staff + "/" + ids[0][1] + "/remove") // who came first: the only admin
		admin.reads(http.StatusConflict, "An operator keeps at least one admin")
		admin.submit(staff + "/" + ids[1][1] + "/remove")
		admin.reads(http.StatusOK, "does not work here any more")
	}
	care.open("/operators/harbour")
	care.reads(http.StatusNotFound)
	care.open("/")
	care.reads(http.StatusOK, "You do not work for an operator here yet")

	h.apply("administrators: [{email: root@example.com}]\noperators: [{id: empty, name: Empty Mobile}]")
	root := newDeveloper(t, h, console, "root@example.com")
	root.open("/installation")
	root.reads(http.StatusOK, "Harbour Mobile", "Empty Mobile", "no admin")
	root.open("/operators/harbour")
	root.reads(http.StatusNotFound)
}

func open(d *developer, path string) *html.Node {
	d.open(path)
	return d.root
}

// An operator may ask its staff for passkeys. A code by e-mail then opens the account, where one is added, and nothing else.
func TestAnOperatorMayAskItsStaffForAPasskey(t *testing.T) {
	t.Parallel()
	h, _, console := withConsole(t, storetest.EngineNames[0])
	admin := newDeveloper(t, h, console, olga)
	admin.open("/operators/harbour/settings")
	admin.submit("/operators/harbour/settings", "approval", "manual", "passkey", "yes")
	admin.reads(http.StatusUnprocessableEntity, "Sign in with a passkey yourself first")
	admin.submit("/operators/harbour/settings", "approval", "automatic")
	admin.reads(http.StatusOK, "Saved.")
	h.apply("operators: [{id: harbour, passkey_required: true}]")
	admin.open("/operators/harbour")
	admin.reads(http.StatusForbidden, "Harbour Mobile asks its staff to sign in with a passkey")
	admin.open("/account")
	admin.reads(http.StatusOK, "Name of a new passkey")
}

package server_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// traffic stops the server, which writes what it has gathered, and returns the counts of a product by kind, and at an operator
// by "kind at operator", and its refused requests by error id.
func (h *house) traffic(productID string) (counts map[string]int64, refused map[string]dialtone.FailedRequest) {
	h.t.Helper()
	h.stop()
	ctx := context.Background()
	db, err := store.Open(ctx, h.dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	tallies, err := db.Tallies(ctx, productID, time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour))
	if err != nil {
		h.t.Fatal(err)
	}
	list, err := db.FailedRequests(ctx, productID, "", time.Time{}, "", 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	counts, refused = make(map[string]int64), make(map[string]dialtone.FailedRequest)
	for _, t := range tallies {
		key := string(t.Kind)
		if t.OperatorID != "" {
			key += " at " + t.OperatorID
		}
		counts[key] += t.Count
	}
	for _, f := range list {
		refused[f.ID] = f
	}
	return counts, refused
}

func TestWhatBecomesOfSignInsIsCounted(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b, tokens := a.tokens(kim, "scope", "phone offline_access")
		a.refresh(tokens.text("refresh_token")).ok()
		a.code(b.open(a.address("scope", "phone offline_access"))) // signed in already
		more := b.open(a.address("scope", "phone offline_access "+smsScope))
		a.code(more.tick(more.scopeBox(smsScope)).press("allow")) // one scope more

		h.browser(t).open(a.address()).signIn(robin).press("deny")

		fails := h.browser(t).open(a.address()).fill("phone_number", nobody).press("send") // nobody's number, and nobody sees it
		for range 5 {
			fails = fails.fill("pin", "000000").press("continue")
		}
		fails.wants(http.StatusOK, "You need a new PIN")

		test := h.browser(t).open(a.address()).fill("phone_number", "+46701740605").press("send") // a test number gets no SMS
		a.code(test.fill("pin", "740605").press("continue").press("allow"))

		own := a.token("grant_type", "client_credentials").ok().text("access_token")
		made := h.send(t, http.MethodPost, linkPath, header("Authorization", "Bearer "+own, "Content-Type", formType),
			form("token", tokens.text("access_token"), "redirectTo", revoked).Encode()).ok()
		h.browser(t).open(made.text("redirectTo")).press("remove")
		a.refresh("dt_rt_nonsense").wants(http.StatusBadRequest, "invalid_grant")

		far := h.app(t, "client_far", storySecret)
		b.open(far.address()).wants(http.StatusForbidden, "Faraway is not available for you")

		counts, _ := h.traffic("product_story")
		want := map[string]int64{
			"sign_in.started": 4, "sign_in.completed at fjord": 3, "sign_in.completed at " + directory.SandboxOperatorID: 1,
			"sign_in.denied at fjord": 1, "sign_in.failed": 1,
			"consent.granted at fjord": 1, "consent.granted at " + directory.SandboxOperatorID: 1, "consent.updated at fjord": 1,
			"consent.revoked at fjord": 1,
			"token.issued":             1, "token.issued at fjord": 1, "token.refreshed at fjord": 1, "token.error.invalid_grant": 1,
			"sms.segments at fjord": 2, // kim's and robin's
		}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Error(diff)
		}
		counts, _ = h.traffic("product_far")
		want = map[string]int64{"sign_in.not_available at fjord": 1}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADeveloperFindsARefusedRequestByItsErrorID(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		const secretState = "state-of-kim-4f1c"
		personal := []string{"state", secretState, "login_hint", kim, "nonce", "nonce-of-kim"}
		wrongAddress := append([]string{"redirect_uri", "https://example.com/callbacX?mail=kim@example.com&tel=" + kim}, personal...)
		page := visible(h.browser(t).open(a.address(wrongAddress...)).element("error-id"))
		h.browser(t).open(a.address(append([]string{"scope", "phone sms:" + kim}, personal...)...))
		h.browser(t).open(a.address("client_id", "client_nobody")) // nobody's
		b, code := a.signedIn(kim)
		a.redeem(code).ok()
		replay := a.redeem(code).wants(http.StatusBadRequest, "invalid_grant").text("error_id")
		address := a.token("grant_type", "authorization_code", "code", a.code(b.open(a.address())), "redirect_uri", "https://example.com/").
			wants(http.StatusBadRequest, "invalid_grant").text("error_id")
		repeated := a.redeem(code, "code", code).wants(http.StatusBadRequest, "invalid_request").text("error_id")
		guess := h.app(t, "client_story", "wrong").token("grant_type", "client_credentials").wants(http.StatusUnauthorized, "invalid_client").text("error_id")
		twice := a.post("/oauth2/introspect", "token", "x", "client_secret", storySecret).wants(http.StatusBadRequest, "invalid_request").text("error_id")
		nothing := a.post("/oauth2/revoke").wants(http.StatusBadRequest, "invalid_request").text("error_id")
		own := a.token("grant_type", "client_credentials").ok().text("access_token")
		client := a.userinfo(own).wants(http.StatusUnauthorized, "invalid_token").text("error_id")
		a.link("token", own, "redirectTo", revoked+"/of/"+url.PathEscape(kim), "state", secretState).wants(http.StatusBadRequest, "invalid_request")

		counts, refused := h.traffic("product_story")
		for name, c := range map[string]struct{ id, endpoint, code, detail string }{
			"a redirect_uri that is not registered": {page, "authorize", "invalid_request", "redirect_uri differs from the registered one at character 28: 'X?mail=***************&tel=************' instead of 'k'"},
			"a code used twice":                     {replay, "token", "invalid_grant", ""},
			"another redirect_uri than before":      {address, "token", "invalid_grant", "redirect_uri ends after character 20; the registered one goes on with 'callback'"},
			"a repeated parameter":                  {repeated, "token", "invalid_request", ""},
			"a wrong secret":                        {guess, "token", "invalid_client", ""},
			"two secrets":                           {twice, "introspect", "invalid_request", ""},
			"no token":                              {nothing, "revoke", "invalid_request", ""},
			"a client's token":                      {client, "userinfo", "invalid_token", ""},
		} {
			f, ok := refused[c.id]
			if !ok || f.Endpoint != c.endpoint || f.Code != c.code || f.Detail != c.detail || f.ClientID != "client_story" {
				t.Errorf("%s: %s leads to %+v", name, c.id, f)
			}
		}
		if len(refused) != 10 { // and the scope, and the link
			t.Errorf("%d requests are kept, want 10", len(refused))
		}
		if counts["sign_in.refused"] != 2 || counts["token.error.invalid_grant"] != 2 || counts["token.error.invalid_client"] != 1 {
			t.Errorf("counted: %v", counts)
		}
		log := h.log.String()
		for id, f := range refused {
			if !strings.Contains(log, "error_id="+id) {
				t.Errorf("the log does not have %s", id)
			}
			for _, personal := range []string{kim[1:], kim[len(kim)-7:], "kim@example.com", secretState, "nonce-of-kim", code, own, storySecret} {
				if strings.Contains(f.Description+f.Detail, personal) {
					t.Errorf("%s (%s) holds %q: %s: %s", f.Endpoint, f.Code, personal, f.Description, f.Detail)
				}
			}
		}
	})
}

func TestAnErrorPageLeadsTheAppsDeveloperToTheExactMismatch(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h, portal := withPortal(t, engine)
			_, client, password := newDeveloper(t, h, portal, "ada@example.com").newClient()
			a := h.app(t, client, password)
			page := h.browser(t).open(a.address("redirect_uri", "https://example.com/callbacX"))
			page.wants(http.StatusBadRequest, "The app made a mistake", "look this error id up under Requests in the developer portal")
			id := visible(page.element("error-id"))
			path, inPortal := strings.CutPrefix(attribute(page.element("portal"), "href"), portal)
			if !inPortal || path != "/requests?id="+id {
				t.Fatalf("the page of %s leads to %s", id, path)
			}
			if h.browser(t).open(a.address("client_id", "client_nobody")).shows("portal") {
				t.Error("a request of no client leads to the portal, where nobody finds it")
			}

			ada := newStranger(t, h, portal)
			ada.open(path)
			ada.reads(http.StatusOK, "Sign in")
			ada.signIn("ada@example.com")
			if ada.at.RequestURI() != path {
				t.Fatalf("after signing in she is at %s", ada.at)
			}
			for end := time.Now().Add(20 * time.Second); ada.status == http.StatusNotFound && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
				ada.open(path) // it is there a few seconds later
			}
			ada.reads(http.StatusOK, id, "redirect_uri differs from the registered one at character 28: 'X' instead of 'k'")

			eve := newDeveloper(t, h, portal, "eve@example.com")
			eve.open(path)
			eve.reads(http.StatusNotFound, "There is no such request of your clients")
			if strings.Contains(visible(eve.root), "differs from the registered one") {
				t.Error("another developer reads it, too")
			}
		})
	}
}

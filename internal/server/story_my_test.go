package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// My products: what a person granted, they see, narrow and take back, and the app learns of it at once.
func TestAPersonSeesNarrowsAndTakesBackWhatTheyAllowed(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b := h.browser(t)
		tab := b.open(a.address("scope", "phone offline_access "+smsScope)).signIn(kim)
		tab.tick(tab.scopeBox(smsScope))
		tokens := a.redeem(a.code(tab.press("allow"))).ok()
		access := tokens.text("access_token")
		mine := h.issuer + "/my"

		tab = b.open(mine).wants(http.StatusOK, "My products", "Storytime", "Storytellers", "See your phone number", "Send you text messages", "in 1 browser")
		if text := tab.text(); strings.Contains(text, kim) {
			t.Errorf("the whole number is on the page: %s", text)
		}
		take := mine + "/remove?product=product_story"
		tab.visit(take+"&scope="+smsScope).wants(http.StatusOK, "Take this back from Storytime?", "Send you text messages")
		tab.press("cancel").wants(http.StatusOK, "My products", "Send you text messages")
		tab.visit(take+"&scope=phone").wants(http.StatusOK, "My products") // not without it
		tab.visit(take+"&scope="+smsScope).press("remove").wants(http.StatusOK, "My products", "Taken back.", "See your phone number")
		if strings.Contains(tab.text(), "Send you text messages") {
			t.Errorf("what was taken back is still there: %s", tab.text())
		}
		if got := a.post("/oauth2/introspect", "token", access).ok(); got.fields["active"] != true || strings.Contains(got.text("scope"), smsScope) {
			t.Errorf("the token after that: %s", got.body)
		}
		tokens = a.refresh(tokens.text("refresh_token")).ok()
		if strings.Contains(tokens.text("scope"), smsScope) {
			t.Errorf("refreshed after that: %s", tokens.body)
		}
		// Coming back to the app, nobody asks again for what was taken back.
		a.redeem(a.code(b.open(a.address("scope", "phone offline_access "+smsScope)))).ok()

		tab = b.open(take).wants(http.StatusOK, "Remove Storytime from +33•••••0001", "loses its access at once")
		tab.press("remove").wants(http.StatusOK, "My products", "The product is removed.", "No product may use")
		a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
		if a.active(tokens.text("access_token")) {
			t.Error("the access token lives")
		}
		b.open(take).wants(http.StatusOK, "My products") // it is removed already

		b.open(mine+"/record").wants(http.StatusOK, "Record of your consents", "Allowed", "Changed", "Removed", "in My products", "on the consent page")
		other := h.browser(t)
		other.open(mine).wants(http.StatusOK, "Sign in to My products").signIn(kim).wants(http.StatusOK, "My products", "in 2 browsers", "No product may use")
		if texts := strings.Join(h.received(kim), "\n"); !strings.Contains(texts, "My products") {
			t.Errorf("the SMS are %q", texts)
		}
		other.open(mine).press("sign-out").wants(http.StatusOK, "You are signed out")
		b.open(mine).wants(http.StatusOK, "Sign in to My products")
	})
}

func TestTheRecordOfOnesOwnConsentsIsTakenAlong(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, code := a.signedIn(kim)
	a.redeem(code).ok()
	answer, err := b.client.Get(h.issuer + "/my/record.json")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		Number   string `json:"phone_number"`
		Consents []struct {
			Product, Event, Channel string
			Scopes                  []string
			Text                    string `json:"text_sha256"`
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Consents) != 1 || got.Consents[0].Event != "granted" || got.Consents[0].Product != "product_story" || got.Consents[0].Channel != "consent_page" ||
		len(got.Consents[0].Text) != 64 || len(got.Consents[0].Scopes) != 2 || strings.Contains(got.Number, kim[4:]) {
		t.Errorf("%+v", got)
	}
}

// Nobody takes anything back for somebody else, and a number that nobody serves is told from one that is by nothing.
func TestMyProductsAreNobodyElses(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	victim, code := a.signedIn(kim)
	tokens := a.redeem(code).ok()
	mine := h.issuer + "/my"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, mine+"/remove", strings.NewReader("product=product_story&decision=remove"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", formType)
	request.Header.Set("Origin", "https://evil.example")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := victim.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || !a.active(tokens.text("access_token")) {
		t.Errorf("a form of another site: %d", answer.StatusCode)
	}
	mallory := h.browser(t)
	mallory.open(mine).signIn(robin).wants(http.StatusOK, "My products", "No product may use")
	mallory.open(mine+"/remove?product=product_story").wants(http.StatusOK, "My products")
	if !a.active(tokens.text("access_token")) {
		t.Error("somebody else removed it")
	}
	for _, number := range []string{nobody, barred} {
		h.browser(t).open(mine).fill("phone_number", number).press("send").wants(http.StatusOK, "Enter your PIN")
		if got := h.received(number); len(got) != 0 {
			t.Errorf("%s got %d SMS", number, len(got))
		}
	}
	swedish := h.browser(t)
	if tab := swedish.open(mine + "?ui_locales=sv"); tab.heading() != "Logga in på Mina tjänster" {
		t.Errorf("in Swedish: %q", tab.heading())
	}
}

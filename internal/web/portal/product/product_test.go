package product_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestANewProductNeedsANameAndLeadsToItsClients(t *testing.T) {
	s := newStage(t)
	address := "/organizations/" + s.organization.ID + "/products/new"
	blank := s.see(s.get(s.developer, address), http.StatusOK, "New product")

	refused := s.see(s.submit(s.developer, blank, address, url.Values{"name": {" "}, "terms_url": {"ftp://example.com"}, "subtitle": {"Rain"}}),
		http.StatusUnprocessableEntity, "Not saved: 2 fields need a change: Name, Terms of use.")
	if refused.document.problem("name") == "" || refused.document.problem("terms_url") == "" {
		t.Errorf("the problems are not at their fields: %s", refused.text())
	}
	if kept := refused.document.form(t, address).Get("subtitle"); kept != "Rain" {
		t.Errorf("the subtitle is %q after a refusal, want what was typed", kept)
	}

	made := s.submit(s.developer, refused, address, url.Values{"name": {"Tides"}, "terms_url": {""}})
	s.see(s.follow(s.developer, made), http.StatusOK, "Tides", "Product created", "No client yet")
	if !strings.Contains(made.header.Get("Location"), "/clients?") {
		t.Errorf("leads to %s, want the clients", made.header.Get("Location"))
	}
}

func TestGeneralIsSavedAndSaysWhoWillBeAskedAgain(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID
	form := s.see(s.get(s.developer, address), http.StatusOK, "Example Apps Weather", "From Example Apps") // the way here, and the card
	s.lacks(form, "will be asked again")

	quiet := s.follow(s.developer, s.submit(s.developer, form, address, url.Values{"subtitle": {"Rain or shine"}}))
	s.see(quiet, http.StatusOK, "Saved.", "Rain or shine")
	s.lacks(quiet, "will be asked again")

	early := s.follow(s.developer, s.submit(s.developer, quiet, address, url.Values{"price": {"4 kr"}}))
	s.see(early, http.StatusOK, "Saved.")
	s.lacks(early, "will be asked again") // nobody has added it yet

	s.added()
	quiet = s.get(s.developer, address)
	loud := s.follow(s.developer, s.submit(s.developer, quiet, address, url.Values{"name": {"Weather 2"}, "price": {"5 kr"}}))
	s.see(loud, http.StatusOK, "will be asked again", "for: name and price.", "Price: 5 kr")

	invented := s.get(s.developer, address+"?done=saved&again=your+soul")
	s.lacks(s.see(invented, http.StatusOK, "Saved."), "your soul")
}

func TestTheImpactIsKnownBeforeSaving(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/impact"
	if a := s.post(s.developer, address, url.Values{"name": {"Climate"}}); strings.TrimSpace(a.body) != `{"warning":""}` {
		t.Errorf("nobody has added it yet, and the warning is %s", a.body)
	}
	s.added()
	for _, c := range []struct {
		name string
		form url.Values
		want string
	}{
		{"nothing material", url.Values{"name": {"Weather"}, "subtitle": {"x"}}, `{"warning":""}`},
		{"another name", url.Values{"name": {"Climate"}}, "for: name."},
		{"an optional scope", url.Values{"of": {"scopes"}, "enabled": {"phone"}, "optional": {"phone"}}, `{"warning":""}`},
		{"a required scope", url.Values{"of": {"scopes"}, "enabled": {"phone"}}, "scope phone is new"},
	} {
		if a := s.see(s.post(s.developer, address, c.form), http.StatusOK); !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %s, want %s", c.name, a.body, c.want)
		}
	}
	s.see(s.post(s.stranger, address, url.Values{"name": {"x"}}), http.StatusNotFound)
}

func TestTheSecondOfTwoEditorsSeesBothVersionsAndMaySaveOverIt(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID
	mine := s.get(s.developer, address)
	s.follow(s.owner, s.submit(s.owner, s.get(s.owner, address), address, url.Values{"price": {"Free"}, "subtitle": {"The owner’s"}}))

	both := s.see(s.submit(s.developer, mine, address, url.Values{"subtitle": {"The developer’s"}}), http.StatusConflict,
		"Somebody else saved this", "The owner’s", "Free")
	s.lacks(both, "nothing, the field is empty")
	if form := both.document.form(t, address); form.Get("subtitle") != "The developer’s" || form.Get("price") != "" {
		t.Errorf("the form holds %v, want the developer's own values", form)
	}
	if stored, _, err := s.Product(t.Context(), s.owner.actor, s.product.ID); err != nil || stored.Subtitle != "The owner’s" {
		t.Errorf("stored %q (%v), want what the owner saved", stored.Subtitle, err)
	}

	s.see(s.follow(s.developer, s.submit(s.developer, both, address, url.Values{"price": {"Free"}})), http.StatusOK, "Saved.")
	stored, _, err := s.Product(t.Context(), s.owner.actor, s.product.ID)
	must(t, err)
	if stored.Subtitle != "The developer’s" || stored.Price != "Free" {
		t.Errorf("stored %q, %q", stored.Subtitle, stored.Price)
	}
}

func TestAConflictOverSomethingElseSaysSo(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID
	mine := s.get(s.developer, address)
	sent, _ := s.upload(s.owner, s.product.ID, picture(t, 16))
	s.follow(s.owner, sent)
	told := s.see(s.submit(s.developer, mine, address, nil), http.StatusConflict, "nothing contradicts you: save again")
	s.see(s.follow(s.developer, s.submit(s.developer, told, address, nil)), http.StatusOK, "Saved.")
}

func TestAWrongFieldDoesNotHideAConflict(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID
	mine := s.get(s.developer, address)
	s.follow(s.owner, s.submit(s.owner, s.get(s.owner, address), address, url.Values{"subtitle": {"The owner’s"}}))
	refused := s.see(s.submit(s.developer, mine, address, url.Values{"name": {""}}), http.StatusUnprocessableEntity, "Not saved: 1 field needs a change: Name.")
	s.see(s.submit(s.developer, refused, address, url.Values{"name": {"Weather"}}), http.StatusConflict, "The owner’s")
}

func TestAFormThatLostWhatItSawIsRefused(t *testing.T) {
	s := newStage(t)
	for _, seen := range []string{"", "yesterday"} {
		s.see(s.post(s.developer, "/products/"+s.product.ID, url.Values{"name": {"x"}, "seen": {seen}}), http.StatusBadRequest)
	}
}

func TestScopesAreSetInTheTable(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/scopes"
	table := s.see(s.get(s.developer, address), http.StatusOK,
		"Identity", "Messaging", "Send text messages.", "Send you text messages", "sms.text:send", "See your phone number")
	done := s.follow(s.developer, s.submit(s.developer, table, address,
		url.Values{"enabled": {"openid", "phone", "sms.text:send"}, "optional": {"sms.text:send", "offline_access"}}))
	s.see(done, http.StatusOK, "Saved.", "Next, offer the product in Listing")
	form := done.document.form(t, address)
	if got := strings.Join(form["enabled"], " ") + "|" + strings.Join(form["optional"], " "); got != "openid phone sms.text:send|sms.text:send" {
		t.Errorf("the table shows %s", got)
	}

	s.added()
	mine := s.get(s.developer, address)
	s.follow(s.owner, s.submit(s.owner, s.get(s.owner, address), address, url.Values{"enabled": {"openid"}, "optional": {"openid"}}))
	both := s.see(s.submit(s.developer, mine, address, url.Values{"enabled": {"openid", "phone"}, "optional": nil}), http.StatusConflict,
		"by somebody else: enabled, optional", "by somebody else: not enabled")
	s.see(s.follow(s.developer, s.submit(s.developer, both, address, nil)), http.StatusOK, "Saved.", "will be asked again", "scope phone is new")
	stored, _, err := s.Product(t.Context(), s.owner.actor, s.product.ID)
	must(t, err)
	if len(stored.Scopes) != 2 || stored.Scopes[0].Optional {
		t.Errorf("stored %+v", stored.Scopes)
	}

	s.see(s.submit(s.developer, s.get(s.developer, address), address, url.Values{"enabled": {"no.such.scope"}}),
		http.StatusUnprocessableEntity, "There is no such scope")
}

func TestListingOffersAndShowsWhatBecameOfIt(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/listing"
	s.see(s.get(s.developer, address), http.StatusOK, "Sandbox not offered", "Tundra not offered", "Offer to Tundra")

	s.see(s.post(s.developer, address, url.Values{"operator": {"tundra"}}), http.StatusUnprocessableEntity,
		"not complete yet", "See in Submit", "Terms: Give the address")
	sandbox := s.follow(s.developer, s.post(s.developer, address, url.Values{"operator": {"sandbox"}}))
	s.see(sandbox, http.StatusOK, "Sandbox enabled", "+46701740605", "740605", "+447700900000", "900000", "The product is enabled")
	s.lacks(sandbox, "Offer to Sandbox")
	s.see(s.post(s.developer, address, url.Values{"operator": {"nobody"}}), http.StatusNotFound)

	must(t, s.List(t.Context(), dialtone.Listing{
		ProductID: s.product.ID, OperatorID: "tundra", State: dialtone.ListingDeclined, Reason: "The terms are missing",
	}, "staff", s.now))
	s.see(s.get(s.developer, address), http.StatusOK, "Tundra declined", "Reason: The terms are missing", "Offer again to Tundra", "History")
	must(t, s.List(t.Context(), dialtone.Listing{
		ProductID: s.product.ID, OperatorID: "tundra", State: dialtone.ListingSuspended, Reason: "Complaints",
	}, "staff", s.now.Add(time.Minute)))
	s.lacks(s.see(s.get(s.developer, address), http.StatusOK, "Tundra suspended"), "Offer again")
	s.see(s.post(s.developer, address, url.Values{"operator": {"tundra"}}), http.StatusConflict, "suspended the product")
}

func TestListingSaysHowManyNumbersTryTheProductAndNotWhich(t *testing.T) {
	s := newStage(t)
	for i, number := range []dialtone.PhoneNumber{"+33639980001", "+33639980002"} {
		line := dialtone.Subscription{ID: secret.ID("sub"), OperatorID: "tundra", PhoneNumber: number, Status: dialtone.SubscriptionActive, Created: s.now}
		must(t, s.db.PutSubscription(t.Context(), line, s.now))
		must(t, s.NameTester(t.Context(), dialtone.Tester{
			ProductID: s.product.ID, OperatorID: "tundra", SubscriptionID: line.ID, Until: s.now.AddDate(0, 0, 7*(i+1)),
		}, "staff", s.now))
	}
	shown := s.see(s.get(s.viewer, "/products/"+s.product.ID+"/listing"), http.StatusOK, "Tundra not offered",
		"2 tester numbers, named by the operator, can sign in already, until 15 Mar 2026", ", 8 Mar 2026")
	s.lacks(shown, "3998")
	s.now = s.now.AddDate(0, 0, 8)
	s.see(s.get(s.viewer, "/products/"+s.product.ID+"/listing"), http.StatusOK, "One tester number, named")
}

func TestSubmitSaysWhatIsMissingAndOffersWhatIsComplete(t *testing.T) {
	s := newStage(t)
	base := "/products/" + s.product.ID
	page := s.see(s.get(s.developer, base+"/submit"), http.StatusOK, "9 of 10 missing", "Done: 1 of 10", "Name done", "Terms Give the address of your terms of use. missing", "To General",
		"Scopes Enable at least one scope. missing", "To Scopes", "To Clients", "Something is still missing")
	s.see(s.submit(s.developer, page, base+"/submit", nil), http.StatusUnprocessableEntity, "Choose at least one operator")
	refused := s.see(s.submit(s.developer, page, base+"/submit", url.Values{"operator": {"tundra"}}), http.StatusUnprocessableEntity,
		"Something is still missing. The list below says what.")
	if kept := refused.document.form(t, base+"/submit")["operator"]; len(kept) != 1 {
		t.Errorf("%v is ticked after a refusal, want tundra", kept)
	}

	s.complete()
	ready := s.see(s.get(s.developer, base+"/submit"), http.StatusOK, "Nothing is missing.", "Done: 10 of 10")
	s.lacks(ready, "of 10 missing", "Something is still missing", "Offered everywhere")
	done := s.follow(s.developer, s.submit(s.developer, ready, base+"/submit", url.Values{"operator": {"tundra", "sandbox"}}))
	s.see(done, http.StatusOK, "Submitted.", "Offered already", "Tundra offered", "Sandbox enabled", "Offered everywhere.")
}

// complete fills in what operators want to see of the product.
func (s *stage) complete() {
	s.t.Helper()
	ctx := s.t.Context()
	p, _, err := s.Product(ctx, s.owner.actor, s.product.ID)
	must(s.t, err)
	p, err = s.SaveProduct(ctx, s.owner.actor, p.ID, catalog.ProductEdit{
		Name: "Weather", Subtitle: "Rain or shine", Description: "The weather.", Price: "Free", TermsURL: "https://example.com/terms",
		PrivacyURL: "https://example.com/privacy", Support: "help@example.com",
	}, p.Updated, s.now)
	must(s.t, err)
	_, err = s.SetScopes(ctx, s.owner.actor, p.ID, []dialtone.ProductScope{{Name: "phone"}}, p.Updated, s.now.Add(time.Second))
	must(s.t, err)
	_, err = s.SetIcon(ctx, s.owner.actor, p.ID, picture(s.t, 16), s.now)
	must(s.t, err)
	s.newClient()
}

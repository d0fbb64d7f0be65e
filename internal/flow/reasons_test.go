package flow

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// remembered is a person who signed in an hour before start and allowed everything that request asks for.
func remembered() (Interaction, Situation) {
	in := Interaction{ID: "ia_1", Started: start, Request: oauth.AuthorizationRequest{
		ClientID: "c", RedirectURI: "https://app.example/cb", Scopes: []string{"openid", "phone"}, State: "s",
	}}
	return in, Situation{
		Registration: dialtone.Registration{
			Client: dialtone.Client{ID: "c"},
			Product: dialtone.Product{ID: "p", ConsentVersion: 2, Scopes: []dialtone.ProductScope{
				{Name: "openid"}, {Name: "phone"}, {Name: "sms.text:send", Optional: true},
			}},
			Listings: map[string]dialtone.ListingState{"op": dialtone.ListingEnabled},
		},
		Session:      dialtone.Session{ID: "se_1", AuthTime: start.Add(-time.Hour), Expires: start.Add(time.Hour)},
		Subscription: dialtone.Subscription{ID: "su_1", OperatorID: "op", Status: dialtone.SubscriptionActive},
		Consent:      dialtone.Consent{ID: "co_1", Version: 2, Scopes: []string{"openid", "phone"}, Granted: start.Add(-time.Hour)},
		Subject:      "subject",
		Now:          start.Add(time.Second),
	}
}

func seconds(n int64) *int64 { return &n }

func TestNextNamesWhatIsMissing(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Interaction, *Situation)
		reason string
		page   Page
		none   oauth.Code // the answer to the same request with prompt=none; empty: the code is issued
	}{
		{"a remembered person goes through", func(*Interaction, *Situation) {}, "ready", NoPage, ""},
		{"nobody is signed in", func(_ *Interaction, s *Situation) { s.Session = dialtone.Session{} }, "signed_out", SignInPage, oauth.LoginRequired},
		{"the session has expired", func(_ *Interaction, s *Situation) { s.Session.Expires = start }, "signed_out", SignInPage, oauth.LoginRequired},
		{"the session was ended", func(_ *Interaction, s *Situation) { s.Session.Ended = start }, "signed_out", SignInPage, oauth.LoginRequired},
		{"the line is blocked", func(_ *Interaction, s *Situation) { s.Subscription.Status = dialtone.SubscriptionBlocked }, "signed_out", SignInPage, oauth.LoginRequired},
		{"max_age is exceeded", func(in *Interaction, _ *Situation) { in.Request.MaxAge = seconds(600) }, "session_too_old", SignInPage, oauth.LoginRequired},
		{"max_age is kept", func(in *Interaction, _ *Situation) { in.Request.MaxAge = seconds(7200) }, "ready", NoPage, ""},
		{"max_age=0 always asks", func(in *Interaction, s *Situation) {
			in.Request.MaxAge = seconds(0)
			s.Session.AuthTime = start.Add(-time.Microsecond)
		}, "session_too_old", SignInPage, oauth.LoginRequired},
		{"max_age=0 is content after the sign-in", func(in *Interaction, s *Situation) {
			in.Request.MaxAge = seconds(0)
			s.Session.AuthTime = start.Add(time.Second)
		}, "ready", NoPage, ""},
		{"the hint names somebody else", func(_ *Interaction, s *Situation) { s.Hinted = "other" }, "another_person", SignInPage, oauth.LoginRequired},
		{"the hint names the person", func(_ *Interaction, s *Situation) { s.Hinted = "subject" }, "ready", NoPage, ""},
		{"the product is suspended at the only operator", func(_ *Interaction, s *Situation) { s.Registration.Listings["op"] = dialtone.ListingSuspended },
			"enabled_nowhere", NotAvailablePage, oauth.AccessDenied},
		{"no operator has enabled the product, and nobody is signed in", func(_ *Interaction, s *Situation) {
			s.Session = dialtone.Session{}
			s.Registration.Listings = map[string]dialtone.ListingState{"op": dialtone.ListingOffered, "other": dialtone.ListingDeclined}
		}, "enabled_nowhere", NotAvailablePage, oauth.AccessDenied},
		{"the product is suspended", func(_ *Interaction, s *Situation) {
			s.Registration.Listings = map[string]dialtone.ListingState{"op": dialtone.ListingSuspended, "other": dialtone.ListingEnabled}
		}, "not_available", NotAvailablePage, oauth.AccessDenied},
		{"the product is at another operator only", func(_ *Interaction, s *Situation) {
			s.Registration.Listings = map[string]dialtone.ListingState{"other": dialtone.ListingEnabled}
		}, "not_available", NotAvailablePage, oauth.AccessDenied},
		{"no consent yet", func(_ *Interaction, s *Situation) { s.Consent = dialtone.Consent{} }, "consent_missing", ConsentPage, oauth.ConsentRequired},
		{"consent was revoked", func(_ *Interaction, s *Situation) { s.Consent.Revoked = start }, "consent_missing", ConsentPage, oauth.ConsentRequired},
		{"the product changed", func(_ *Interaction, s *Situation) { s.Registration.Product.ConsentVersion = 3 }, "consent_missing", ConsentPage, oauth.ConsentRequired},
		{"a new optional scope is asked for", func(in *Interaction, _ *Situation) {
			in.Request.Scopes = append(in.Request.Scopes, "sms.text:send")
		}, "consent_missing", ConsentPage, oauth.ConsentRequired},
		{"an optional scope was refused before", func(in *Interaction, s *Situation) {
			in.Request.Scopes = append(in.Request.Scopes, "sms.text:send")
			s.Consent.Refused = []string{"sms.text:send"}
		}, "ready", NoPage, ""},
		{"only a refused scope is asked for", func(in *Interaction, s *Situation) {
			in.Request.Scopes = []string{"sms.text:send"}
			s.Consent.Refused = []string{"sms.text:send"}
		}, "consent_missing", ConsentPage, oauth.ConsentRequired},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in, s := remembered()
			c.change(&in, &s)
			step := Next(in, s)
			if step.Reason != c.reason || step.Page != c.page {
				t.Errorf("got %s, page %d; want %s, page %d", step.Reason, step.Page, c.reason, c.page)
			}
			in.Request.Prompt.None = true
			silent := Next(in, s)
			if c.none == "" {
				if !silent.Issue() {
					t.Errorf("prompt=none: got %s, want the code", silent.Reason)
				}
				return
			}
			if silent.Fail == nil || silent.Fail.Code != c.none || silent.Page != NoPage {
				t.Errorf("prompt=none: got %+v, want %s", silent, c.none)
			}
		})
	}
}

func TestPromptsAreSatisfiedOnce(t *testing.T) {
	in, s := remembered()
	in.Request.Prompt.Login, in.Request.Prompt.Consent = true, true
	var pages []Page
	for range 3 {
		step := Next(in, s)
		pages = append(pages, step.Page)
		switch step.Page {
		case SignInPage:
			s.Session.AuthTime = start.Add(time.Second)
		case ConsentPage:
			s.Consent.Granted = start.Add(2 * time.Second)
		}
	}
	if diff := cmp.Diff([]Page{SignInPage, ConsentPage, NoPage}, pages); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherPersonIsAskedOnceOnly(t *testing.T) {
	in, s := remembered()
	s.Hinted, s.Session.AuthTime = "other", start.Add(time.Second)
	step := Next(in, s)
	if step.Page != NoPage || step.Fail == nil || step.Fail.Code != oauth.LoginRequired {
		t.Errorf("after a sign-in of another person: %+v, want login_required to the client", step)
	}
}

// Whatever the situation, a code is issued only to a live session of an active line at an enabled operator with consent,
// and every scope granted was both asked for and consented to.
func TestNothingIsIssuedWithoutConsent(t *testing.T) {
	all := []string{"openid", "phone", "offline_access", "sms.text:send"}
	rapid.Check(t, func(t *rapid.T) {
		in, s := remembered()
		in.Request.Scopes = rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, len(all), rapid.ID).Draw(t, "requested")
		s.Consent.Scopes = rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID).Draw(t, "granted")
		s.Consent.Refused = rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID).Draw(t, "refused")
		s.Consent.Version = rapid.IntRange(1, 3).Draw(t, "version")
		s.Registration.Product.ConsentVersion = rapid.IntRange(1, 3).Draw(t, "product version")
		s.Subscription.Status = rapid.SampledFrom([]dialtone.SubscriptionStatus{
			dialtone.SubscriptionActive, dialtone.SubscriptionBlocked, dialtone.SubscriptionEnded}).Draw(t, "status")
		s.Registration.Listings["op"] = rapid.SampledFrom([]dialtone.ListingState{
			dialtone.ListingEnabled, dialtone.ListingOffered, dialtone.ListingDeclined, dialtone.ListingSuspended}).Draw(t, "listing")
		in.Request.Prompt = oauth.PromptSet{Login: rapid.Bool().Draw(t, "login"), Consent: rapid.Bool().Draw(t, "consent")}
		step := Next(in, s)
		if !step.Issue() {
			return
		}
		granted := Granted(in, s)
		switch {
		case s.Subscription.Status != dialtone.SubscriptionActive, s.Registration.Listings["op"] != dialtone.ListingEnabled,
			s.Consent.Version < s.Registration.Product.ConsentVersion, in.Request.Prompt.Login, in.Request.Prompt.Consent,
			len(granted) == 0:
			t.Fatalf("issued %v to %+v", granted, s)
		}
		for _, scope := range granted {
			if !s.Consent.Covers(scope) {
				t.Fatalf("granted %s without consent", scope)
			}
		}
	})
}

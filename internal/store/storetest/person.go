package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// Now is the moment at which the suite's things are made.
var Now = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// App is a product with a client, enabled at an operator.
type App struct {
	Operator     dialtone.Operator
	Organization dialtone.Organization
	Product      dialtone.Product
	Client       dialtone.Client
}

// NewApp puts a new app, at a new operator, into the database.
func NewApp(t testing.TB, db *store.DB) App {
	t.Helper()
	a := App{
		Operator: dialtone.Operator{
			ID: secret.ID("op"), Name: "Fjord Mobile", Brand: dialtone.Brand{Colour: "#0b4f8a", LogoID: "logo"},
			Support: "https://fjord.example/help", Ranges: []string{"+4670174", "+4670175"}, Approval: dialtone.ApprovalAutomatic,
			SMS: dialtone.SMSRoute{
				Route: "inbox", Sender: "Fjord", Daily: 1000, Price: 45_000, Currency: "SEK", SharePrice: true,
			},
			Language: "sv", Sandbox: true, Created: Now, Updated: Now,
		},
		Organization: dialtone.Organization{ID: secret.ID("org"), Name: "Example Apps", Created: Now},
	}
	a.Product = dialtone.Product{
		ID: secret.ID("pr"), OrganizationID: a.Organization.ID, Name: "Weather", Subtitle: "Rain or shine", Description: "The weather.",
		IconID: "icon", Price: "free", TermsURL: "https://example.com/terms", PrivacyURL: "https://example.com/privacy",
		Support:        "help@example.com",
		Scopes:         []dialtone.ProductScope{{Name: "openid"}, {Name: "phone"}, {Name: "sms.text:send", Optional: true}},
		ConsentVersion: 3, Created: Now, Updated: Now,
	}
	a.Client = dialtone.Client{
		ID: secret.ID("cl"), ProductID: a.Product.ID, Type: dialtone.ClientConfidential, Created: Now, Updated: Now, ClientSettings: dialtone.ClientSettings{
			Description: "this is a test", AuthMethod: dialtone.AuthBasic, RedirectURIs: []string{"https://example.com/callback?a=b c", "https://example.com/2"}, PostRevokeRedirectURIs: []string{"https://example.com/revoke"}, IDTokenAlgorithm: "RS256",
		},
	}
	ctx := t.Context()
	must(t, db.PutOperator(ctx, a.Operator))
	must(t, db.PutOrganization(ctx, a.Organization))
	must(t, db.PutProduct(ctx, a.Product))
	must(t, db.PutClient(ctx, a.Client))
	must(t, db.PutListing(ctx, dialtone.Listing{
		ProductID: a.Product.ID, OperatorID: a.Operator.ID, State: dialtone.ListingEnabled, Reason: "welcome", Updated: Now,
	}, "staff"))
	return a
}

// Person is a line that signed in and consented to an app.
type Person struct {
	App          App
	Subscription dialtone.Subscription
	Session      dialtone.Session
	Consent      dialtone.Consent
}

// NewLine puts a new line of the app's operator into the database.
func NewLine(t testing.TB, db *store.DB, a App) dialtone.Subscription {
	t.Helper()
	s := dialtone.Subscription{
		ID: secret.ID("sub"), OperatorID: a.Operator.ID, PhoneNumber: dialtone.PhoneNumber("+4670" + secret.Digits(10).Reveal()),
		Status: dialtone.SubscriptionActive, Language: "sv", FixedPIN: "740605", Created: Now,
	}
	must(t, db.PutSubscription(t.Context(), s, Now))
	return s
}

// NewPerson puts a new line into the database, signs it in with a PIN and lets it consent to the app.
func NewPerson(t testing.TB, db *store.DB, a App) Person {
	t.Helper()
	ctx := t.Context()
	p := Person{App: a, Subscription: NewLine(t, db, a)}
	c := NewChallenge(p.Subscription.ID)
	must(t, createChallenge(ctx, db, c, nil, Now))
	tried, err := db.TryChallenge(ctx, RightTry(c), Now)
	must(t, err)
	if !tried.Right {
		t.Fatal("the right PIN was wrong")
	}
	p.Session = tried.State.Session
	p.Consent, err = db.PutConsent(ctx, p.consent(), p.history(dialtone.ConsentGranted), p.event(dialtone.EventConsentGranted), time.Time{})
	must(t, err)
	return p
}

// createChallenge puts a challenge with a code of its own into the database.
func createChallenge(ctx context.Context, db *store.DB, c dialtone.Challenge, budgets []dialtone.Budget, now time.Time) error {
	_, err := db.CreateChallenge(ctx, dialtone.Issue{Challenge: c, Budgets: budgets}, now)
	return err
}

// createEmailCode puts a code that nobody guesses at into the database.
func createEmailCode(ctx context.Context, db *store.DB, c dialtone.EmailCode, budgets []dialtone.Budget, now time.Time) error {
	_, err := db.CreateEmailCode(ctx, dialtone.EmailIssue{Code: c, Budgets: budgets}, now)
	return err
}

// NewChallenge returns a challenge for a line, with the right code's hash "right", not yet in the database.
func NewChallenge(subscriptionID string) dialtone.Challenge {
	return dialtone.Challenge{
		ID: secret.ID("ch"), BrowserHash: secret.ID("browser"), RequestHash: secret.ID("request"), NumberKey: secret.ID("number"),
		SubscriptionID: subscriptionID, Digits: 6, CodeHash: "right", SealedCode: "sealed", Sends: 1, NextSend: Now.Add(30 * time.Second),
		Created: Now, Expires: Now.Add(5 * time.Minute),
	}
}

// RightTry returns the try that signs the challenge's line in.
func RightTry(c dialtone.Challenge) dialtone.Try {
	return dialtone.Try{
		ID: c.ID, BrowserHash: c.BrowserHash, RequestHash: c.RequestHash, CodeHash: c.CodeHash, MaxAttempts: 5,
		GuessKey: "failures " + c.NumberKey,
		Session: dialtone.Session{
			ID: secret.ID("se"), SecretHash: "hash", AMR: []string{"sms", "otp"}, AuthTime: Now, Created: Now,
			Expires: Now.Add(30 * 24 * time.Hour),
		},
	}
}

// Grant returns a grant for the person, not yet in the database, that has no refresh token.
func (p Person) Grant() dialtone.Grant {
	return dialtone.Grant{
		ID: secret.ID("gr"), OperatorID: p.App.Operator.ID, SubscriptionID: p.Subscription.ID, ProductID: p.App.Product.ID,
		ClientID: p.App.Client.ID, SessionID: p.Session.ID, ConsentID: p.Consent.ID, Scopes: []string{"openid", "phone"},
		AMR: []string{"sms", "otp"}, AuthTime: Now, Claims: `{"userinfo":{}}`, Created: Now, Expires: Now.Add(time.Hour),
	}
}

// OfflineGrant is Grant with a refresh token whose hash is "refresh 0".
func (p Person) OfflineGrant() dialtone.Grant {
	g := p.Grant()
	g.Scopes = append(g.Scopes, dialtone.ScopeOfflineAccess)
	g.RefreshHash, g.Expires = "refresh 0", Now.Add(180*24*time.Hour)
	return g
}

func (p Person) consent() dialtone.Consent {
	return dialtone.Consent{
		ID: secret.ID("co"), OperatorID: p.App.Operator.ID, SubscriptionID: p.Subscription.ID, ProductID: p.App.Product.ID,
		Scopes: []string{"openid", "phone", dialtone.ScopeOfflineAccess}, Refused: []string{"sms.text:send"}, Version: 3, Language: "sv", Granted: Now,
	}
}

func (p Person) history(kind dialtone.ConsentEventKind) dialtone.ConsentEvent {
	return dialtone.ConsentEvent{
		ID: secret.ID("ce"), OperatorID: p.App.Operator.ID, SubscriptionID: p.Subscription.ID, ProductID: p.App.Product.ID,
		ClientID: p.App.Client.ID, Kind: kind, Scopes: []string{"openid", "phone"}, Version: 3, Language: "sv", TextHash: "abc",
		Channel: dialtone.ChannelConsentPage, Actor: "subscriber", Reason: "because", At: Now,
	}
}

func (p Person) event(kind dialtone.EventKind) dialtone.Event {
	return dialtone.Event{
		ID: secret.ID("ev"), Kind: kind, OperatorID: p.App.Operator.ID, SubscriptionID: p.Subscription.ID,
		ProductID: p.App.Product.ID, ClientID: p.App.Client.ID, Payload: `{"scopes":["openid"]}`, At: Now,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package apply_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// document is a small catalogue; tests change parts of it.
const document = `
operators:
  - {id: fjord, name: Fjord Mobile, colour: "#0b4f8a", language: fr, ranges: ["+3363998"], approval: automatic, sms: {route: inbox, sender: Fjord}}
  - {id: tundra, name: Tundra}
scopes:
  - {name: "sms.text:send", category: Messaging, developer: Send text messages., subscriber: {en: Send you text messages}}
organizations:
  - {id: org_1, name: Example Apps}
products:
  - id: product_1
    organization: org_1
    name: Weather
    price: Free
    scopes: [{name: openid}, {name: phone}, {name: "sms.text:send", optional: true}]
    listing: [{operator: fjord}, {operator: tundra}]
clients:
  - {product: product_1, description: this is a test, redirect_uris: ["https://example.com/callback"]}
  - {id: client_app, product: product_1, description: app, type: public, redirect_uris: ["com.example.app:/callback"]}
subscriptions:
  - {operator: fjord, phone_number: "+33639980000"}
`

var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// kept collects what Apply hands to keep.
type kept []apply.Credentials

func (k *kept) keep(made []apply.Credentials) error {
	*k = append(*k, made...)
	return nil
}

func parse(t *testing.T, text string) apply.Document {
	t.Helper()
	parsed, err := apply.Parse("test.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func put(t *testing.T, c *catalog.Catalog, db apply.Store, text string, at time.Time) kept {
	t.Helper()
	var k kept
	if _, err := apply.New(c, db).Apply(t.Context(), parse(t, text), k.keep, at); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestApplyingTwiceChangesNothingAndMakesNoSecondSecret(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	first := put(t, c, db, document, now)
	if len(first) != 1 {
		t.Fatalf("%d secrets were made, want one: a public client has none", len(first))
	}
	before := snapshot(t, db, first[0].ClientID)
	if second := put(t, c, db, document, now.Add(time.Hour)); len(second) != 0 {
		t.Errorf("the second run made %d secrets", len(second))
	}
	if diff := cmp.Diff(before, snapshot(t, db, first[0].ClientID)); diff != "" {
		t.Errorf("the second run changed something (-first +second):\n%s", diff)
	}
}

// state is what a document can change.
type state struct {
	Registration dialtone.Registration
	Operators    []dialtone.Operator
	Scopes       []dialtone.Scope
	Subscription dialtone.Subscription
}

func snapshot(t *testing.T, db *store.DB, clientID string) state {
	t.Helper()
	var s state
	var err error
	if s.Registration, err = db.Registration(t.Context(), clientID); err != nil {
		t.Fatal(err)
	}
	if s.Operators, err = db.Operators(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Scopes, err = db.Scopes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Subscription, err = db.SubscriptionByNumber(t.Context(), "+33639980000"); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheMadeSecretAuthenticatesAndTheStoreHoldsItsHashOnly(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	made := put(t, c, db, document, now)[0]
	registration, err := c.Registration(t.Context(), made.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	text := made.ClientSecret.Reveal()
	switch {
	case !strings.HasPrefix(text, "dt_cs_"):
		t.Error("a leak scanner cannot recognise the secret")
	case !c.AuthenticateSecret(registration, text, now):
		t.Error("the secret is not accepted")
	case c.AuthenticateSecret(registration, text+"x", now) || c.AuthenticateSecret(registration, "", now):
		t.Error("another secret is accepted")
	case registration.Client.Secrets[0].Hash != secret.Hash(text):
		t.Error("the store does not hold the hash")
	}
	if err := c.FlushLastUsed(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := db.Client(t.Context(), made.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if used := client.Secrets[0].LastUsed; !used.Equal(now) {
		t.Errorf("last used %v, want %v", used, now)
	}
}

func TestAClientMayBringItsSecretsHash(t *testing.T) {
	t.Parallel()
	const sum = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" // of "secret"
	text := strings.Replace(document, "description: this is a test", "id: client_own, secret_sha256: "+sum+", description: x", 1)
	db := storetest.New(t)
	c := catalog.New(db)
	for range 2 {
		if made := put(t, c, db, text, now); len(made) != 0 {
			t.Fatalf("%d secrets were made", len(made))
		}
	}
	registration, err := c.Registration(t.Context(), "client_own")
	if err != nil {
		t.Fatal(err)
	}
	if len(registration.Client.Secrets) != 1 || !c.AuthenticateSecret(registration, "secret", now) {
		t.Errorf("%d secrets, want one that 'secret' opens", len(registration.Client.Secrets))
	}
}

func TestASecretThatCannotBeKeptIsMadeAgain(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	full := errors.New("the disk is full")
	_, err := apply.New(c, db).Apply(t.Context(), parse(t, document), func([]apply.Credentials) error { return full }, now)
	if !errors.Is(err, full) {
		t.Fatalf("got %v, want what keep said", err)
	}
	if made := put(t, c, db, document, now); len(made) != 1 {
		t.Errorf("%d secrets were made after that, want one", len(made))
	}
}

func TestADocumentIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, new, want string }{
		"bad redirect URI":   {"https://example.com/callback", "http://example.com/callback", "use https"},
		"bad colour":         {"#0b4f8a", "blue", "#rrggbb"},
		"bad listing":        {"{operator: fjord}", "{operator: fjord, state: maybe}", "none of offered"},
		"bad number":         {"+33639980000", "0639980000", "phone_number is not"},
		"bad scope name":     {`name: "sms.text:send", category`, `name: "a b", category`, "a name has"},
		"no organization":    {"{id: org_1, name: Example Apps}", "{id: org_1}", "needs name"},
		"bad secret hash":    {"description: this is a test", "description: x, secret_sha256: abc", "64 hexadecimal"},
		"bad status":         {`phone_number: "+33639980000"`, `phone_number: "+33639980000", status: asleep`, "none of active"},
		"public with secret": {"type: public", "type: public, auth_method: client_secret_basic", "public client"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(document, test.old) {
				t.Fatalf("the document has no %q", test.old)
			}
			db := storetest.New(t)
			var k kept
			_, err := apply.New(catalog.New(db), db).Apply(t.Context(), parse(t, strings.Replace(document, test.old, test.new, 1)), k.keep, now)
			if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a text with %q", err, test.want)
			}
			if operators, err := db.Operators(t.Context()); err != nil || len(operators) != 0 {
				t.Errorf("half a document was saved: %d operators, %v", len(operators), err)
			}
		})
	}
}

func TestAnUnknownKeyIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	_, err := apply.Parse("test.yaml", strings.NewReader("organizations:\n  - id: org_1\n    nmae: Example\n"))
	if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), ":3:5:") || !strings.Contains(err.Error(), "nmae") {
		t.Errorf("got %v, want the key and line 3", err)
	}
}

func TestAnEmptyDocumentIsNoError(t *testing.T) {
	t.Parallel()
	if _, err := apply.Parse("test.yaml", strings.NewReader("")); err != nil {
		t.Error(err)
	}
}

func TestSomethingThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, new, want string }{
		"operator of a listing": {"{operator: tundra}", "{operator: nobody}", "nobody"},
		"scope of a product":    {"{name: openid}", "{name: nothing}", "nothing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var k kept
			db := storetest.New(t)
			_, err := apply.New(catalog.New(db), db).Apply(t.Context(), parse(t, strings.Replace(document, test.old, test.new, 1)), k.keep, now)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a text with %q", err, test.want)
			}
		})
	}
}

func TestAnEndedLineStaysEnded(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	put(t, c, db, document, now)
	first, err := db.SubscriptionByNumber(t.Context(), "+33639980000")
	if err != nil {
		t.Fatal(err)
	}
	ended := strings.Replace(document, `phone_number: "+33639980000"`, `phone_number: "+33639980000", status: ended`, 1)
	put(t, c, db, ended, now)
	put(t, c, db, ended, now)
	put(t, c, db, document, now)
	second, err := db.SubscriptionByNumber(t.Context(), "+33639980000")
	if err != nil {
		t.Fatal(err)
	}
	if second.ID == first.ID {
		t.Error("the ended line came back: its new owner would see what the old one had")
	}
}

func TestADocumentCannotTouchTheSandbox(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	err := db.PutOperator(t.Context(), dialtone.Operator{
		ID: "sandbox", Name: "Sandbox", Approval: dialtone.ApprovalAutomatic, Sandbox: true, Language: "en", Created: now, Updated: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"operators: [{id: sandbox, name: Mine}]",
		`subscriptions: [{operator: sandbox, phone_number: "+46701234567"}]`,
	} {
		if _, err := apply.New(catalog.New(db), db).Apply(t.Context(), parse(t, text), nil, now); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", text, err)
		}
	}
}

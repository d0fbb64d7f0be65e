package catalog_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
type kept []catalog.Credentials

func (k *kept) keep(made []catalog.Credentials) error {
	*k = append(*k, made...)
	return nil
}

func parse(t *testing.T, text string) catalog.Document {
	t.Helper()
	parsed, err := catalog.ParseDocument(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func apply(t *testing.T, c *catalog.Catalog, text string, at time.Time) kept {
	t.Helper()
	var k kept
	if err := c.Apply(t.Context(), parse(t, text), k.keep, at); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestApplyingTwiceChangesNothingAndMakesNoSecondSecret(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	first := apply(t, c, document, now)
	if len(first) != 1 {
		t.Fatalf("%d secrets were made, want one: a public client has none", len(first))
	}
	before := snapshot(t, db, first[0].ClientID)
	if second := apply(t, c, document, now.Add(time.Hour)); len(second) != 0 {
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
	made := apply(t, c, document, now)[0]
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

func TestAnExpiredSecretIsRefused(t *testing.T) {
	t.Parallel()
	registration := dialtone.Registration{Client: dialtone.Client{Secrets: []dialtone.ClientSecret{
		{ID: "old", Hash: secret.Hash("old"), Expires: now},
		{ID: "new", Hash: secret.Hash("new"), Expires: now.Add(time.Second)},
	}}}
	c := catalog.New(storetest.New(t))
	if c.AuthenticateSecret(registration, "old", now) || !c.AuthenticateSecret(registration, "new", now) {
		t.Error("want the new one of two secrets only")
	}
}

func TestAListingFollowsTheOperatorsApprovalAndStaffDecisionsStay(t *testing.T) {
	t.Parallel()
	c := catalog.New(storetest.New(t))
	client := apply(t, c, document, now)[0].ClientID
	listings := func() map[string]dialtone.ListingState {
		registration, err := c.Registration(t.Context(), client)
		if err != nil {
			t.Fatal(err)
		}
		return registration.Listings
	}
	want := map[string]dialtone.ListingState{"fjord": dialtone.ListingEnabled, "tundra": dialtone.ListingOffered}
	if diff := cmp.Diff(want, listings()); diff != "" {
		t.Errorf("automatic enables, manual waits (-want +got):\n%s", diff)
	}
	for operator, decision := range map[string]dialtone.ListingState{"fjord": dialtone.ListingSuspended, "tundra": dialtone.ListingEnabled} {
		if err := c.List(t.Context(), dialtone.Listing{ProductID: "product_1", OperatorID: operator, State: decision}, "staff", now); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, c, document, now)
	want = map[string]dialtone.ListingState{"fjord": dialtone.ListingSuspended, "tundra": dialtone.ListingEnabled}
	if diff := cmp.Diff(want, listings()); diff != "" {
		t.Errorf("offering again undid a decision (-want +got):\n%s", diff)
	}
}

func TestAMaterialChangeAsksForConsentAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, new string }{
		"a new price":          {"price: Free", "price: 5 € a month"},
		"a new name":           {"name: Weather", "name: Climate"},
		"a new required scope": {`{name: phone}`, `{name: phone}, {name: offline_access}`},
		"optional no more":     {", optional: true", ""},
	}
	immaterial := map[string]struct{ old, new string }{
		"a subtitle":     {"price: Free", "price: Free\n    subtitle: Rain or shine"},
		"a scope less":   {`{name: phone}, `, ""},
		"now optional":   {`{name: phone}`, `{name: phone, optional: true}`},
		"nothing at all": {"price: Free", "price: Free"},
	}
	version := func(t *testing.T, from, to string) int {
		db := storetest.New(t)
		c := catalog.New(db)
		apply(t, c, document, now)
		apply(t, c, strings.Replace(document, from, to, 1), now)
		product, err := db.Product(t.Context(), "product_1")
		if err != nil {
			t.Fatal(err)
		}
		return product.ConsentVersion
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := version(t, test.old, test.new); got != 2 {
				t.Errorf("consent version %d, want 2", got)
			}
		})
	}
	for name, test := range immaterial {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := version(t, test.old, test.new); got != 1 {
				t.Errorf("consent version %d, want 1", got)
			}
		})
	}
}

func TestAClientMayBringItsSecretsHash(t *testing.T) {
	t.Parallel()
	const sum = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" // of "secret"
	text := strings.Replace(document, "description: this is a test", "id: client_own, secret_sha256: "+sum+", description: x", 1)
	c := catalog.New(storetest.New(t))
	for range 2 {
		if made := apply(t, c, text, now); len(made) != 0 {
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
	c := catalog.New(storetest.New(t))
	full := errors.New("the disk is full")
	err := c.Apply(t.Context(), parse(t, document), func([]catalog.Credentials) error { return full }, now)
	if !errors.Is(err, full) {
		t.Fatalf("got %v, want what keep said", err)
	}
	if made := apply(t, c, document, now); len(made) != 1 {
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
		"no organization":    {"{id: org_1, name: Example Apps}", "{id: org_1}", "name is empty"},
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
			err := catalog.New(db).Apply(t.Context(), parse(t, strings.Replace(document, test.old, test.new, 1)), k.keep, now)
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
	_, err := catalog.ParseDocument(strings.NewReader("organizations:\n  - id: org_1\n    nmae: Example\n"))
	if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), "[3:") || !strings.Contains(err.Error(), "nmae") {
		t.Errorf("got %v, want the key and line 3", err)
	}
}

func TestAnEmptyDocumentIsNoError(t *testing.T) {
	t.Parallel()
	if _, err := catalog.ParseDocument(strings.NewReader("")); err != nil {
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
			err := catalog.New(storetest.New(t)).Apply(t.Context(), parse(t, strings.Replace(document, test.old, test.new, 1)), k.keep, now)
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
	apply(t, c, document, now)
	first, err := db.SubscriptionByNumber(t.Context(), "+33639980000")
	if err != nil {
		t.Fatal(err)
	}
	ended := strings.Replace(document, `phone_number: "+33639980000"`, `phone_number: "+33639980000", status: ended`, 1)
	apply(t, c, ended, now)
	apply(t, c, ended, now)
	apply(t, c, document, now)
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
		if err := catalog.New(db).Apply(t.Context(), parse(t, text), nil, now); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", text, err)
		}
	}
}

func TestAChangeIsSeenAtOnceHereAndWithinASecondElsewhere(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	here, elsewhere := catalog.New(db), catalog.New(db)
	client := apply(t, here, document, now)[0].ClientID
	name := func(c *catalog.Catalog) string {
		registration, err := c.Registration(t.Context(), client)
		if err != nil {
			t.Fatal(err)
		}
		return registration.Product.Name
	}
	if name(here) != "Weather" || name(elsewhere) != "Weather" {
		t.Fatal("both nodes should know the product")
	}
	apply(t, here, strings.Replace(document, "name: Weather", "name: Climate", 1), now)
	changed := time.Now()
	if got := name(here); got != "Climate" {
		t.Errorf("the node that wrote still serves %q", got)
	}
	if got := name(elsewhere); got != "Weather" {
		t.Errorf("the other node reads the database for every request: it knew %q at once", got)
	}
	for name(elsewhere) != "Climate" {
		if time.Since(changed) > time.Second {
			t.Fatal("the other node serves what is older than a second")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestAClientIsFoundAtOnceAfterItWasLookedUpInVain(t *testing.T) {
	t.Parallel()
	c := catalog.New(storetest.New(t))
	if _, err := c.Registration(t.Context(), "client_app"); !errors.Is(err, dialtone.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	apply(t, c, document, now)
	if _, err := c.Registration(t.Context(), "client_app"); err != nil {
		t.Error(err)
	}
}

func TestBuiltInScopesAreThereAndKeepTheirPlaceForOtherWords(t *testing.T) {
	t.Parallel()
	c := catalog.New(storetest.New(t))
	if err := c.PutScope(t.Context(), dialtone.Scope{Name: "phone", Subscriber: map[string]string{"en": "Know your number"}}); err != nil {
		t.Fatal(err)
	}
	scopes, err := c.Scopes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"openid", "phone", "offline_access"} {
		if _, ok := scopes[name]; !ok {
			t.Errorf("scope %s is missing", name)
		}
	}
	if got := scopes["phone"].Sentence("sv"); got != "Know your number" {
		t.Errorf("the platform's own words are not used: %q", got)
	}
}

// slowStore lets a test hold one read while something is written.
type slowStore struct {
	*store.DB
	reading, release chan struct{}
}

func (s *slowStore) Registration(ctx context.Context, id string) (dialtone.Registration, error) {
	registration, err := s.DB.Registration(ctx, id)
	if s.reading != nil {
		reading := s.reading
		s.reading = nil
		close(reading)
		<-s.release
	}
	return registration, err
}

func TestAReadThatBeganBeforeAWriteIsNotServedAfterIt(t *testing.T) {
	t.Parallel()
	db := &slowStore{DB: storetest.New(t)}
	c := catalog.New(db)
	client := apply(t, c, document, now)[0].ClientID
	reading, release := make(chan struct{}), make(chan struct{})
	db.reading, db.release = reading, release
	old := make(chan string, 1)
	go func() {
		registration, err := c.Registration(context.Background(), client)
		if err != nil {
			t.Error(err)
		}
		old <- registration.Product.Name
	}()
	<-reading // the old row is read, but not yet in the cache
	apply(t, c, strings.Replace(document, "name: Weather", "name: Climate", 1), now)
	close(release)
	if got := <-old; got != "Weather" {
		t.Errorf("the earlier caller got %q", got)
	}
	registration, err := c.Registration(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if registration.Product.Name != "Climate" {
		t.Error("the old row was served after the write")
	}
}

func TestAtAClosedOperatorNoProductIsEnabled(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	made := apply(t, catalog.New(db), document, now)[0]
	open, err := catalog.New(db).Registration(t.Context(), made.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if !open.EnabledAt("fjord") {
		t.Fatalf("the document enables the product at fjord: %v", open.Listings)
	}
	c := catalog.New(db, "fjord")
	operators, err := c.Operators(t.Context())
	if err != nil || len(operators) == 0 || slices.ContainsFunc(operators, func(o dialtone.Operator) bool { return o.ID == "fjord" }) {
		t.Errorf("operators %v, %v: a closed one brands no page", operators, err)
	}
	if _, err := c.Operator(t.Context(), "fjord"); err != nil {
		t.Errorf("a closed operator: %v, want it to be there", err)
	}
	closed, err := c.Registration(t.Context(), made.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if closed.EnabledAt("fjord") || len(closed.Listings) != len(open.Listings)-1 {
		t.Errorf("listings %v, want those of the open operators in %v", closed.Listings, open.Listings)
	}
}

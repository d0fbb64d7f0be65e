package catalog_test

import (
	"context"
	"errors"
	"slices"
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

func TestAnExpiredSecretIsRefused(t *testing.T) {
	t.Parallel()
	registration := dialtone.Registration{Client: dialtone.Client{Secrets: []dialtone.ClientSecret{
		{ID: "old", Hash: secret.Hash("old"), Expires: now},
		{ID: "new", Hash: secret.Hash("new"), Expires: now.Add(time.Second)},
	}}}
	db := storetest.New(t)
	c := catalog.New(db)
	if c.AuthenticateSecret(registration, "old", now) || !c.AuthenticateSecret(registration, "new", now) {
		t.Error("want the new one of two secrets only")
	}
}

func TestAListingFollowsTheOperatorsApprovalAndStaffDecisionsStay(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	client := put(t, c, db, document, now)[0].ClientID
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
	put(t, c, db, document, now)
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
		put(t, c, db, document, now)
		put(t, c, db, strings.Replace(document, from, to, 1), now)
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

func TestAChangeIsSeenAtOnceHereAndWithinASecondElsewhere(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	here, elsewhere := catalog.New(db), catalog.New(db)
	client := put(t, here, db, document, now)[0].ClientID
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
	put(t, here, db, strings.Replace(document, "name: Weather", "name: Climate", 1), now)
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
	db := storetest.New(t)
	c := catalog.New(db)
	if _, err := c.Registration(t.Context(), "client_app"); !errors.Is(err, dialtone.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	put(t, c, db, document, now)
	if _, err := c.Registration(t.Context(), "client_app"); err != nil {
		t.Error(err)
	}
}

func TestBuiltInScopesAreThereAndKeepTheirPlaceForOtherWords(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
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
	client := put(t, c, db, document, now)[0].ClientID
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
	put(t, c, db, strings.Replace(document, "name: Weather", "name: Climate", 1), now)
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
	made := put(t, catalog.New(db), db, document, now)[0]
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

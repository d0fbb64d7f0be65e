package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testCatalogue(t *testing.T, db *store.DB) {
	t.Run("a registration holds everything about a client", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		first := dialtone.ClientSecret{ID: secret.ID("cs"), Name: "first", Hash: "h1", Created: Now, Expires: Now.Add(time.Hour)}
		second := dialtone.ClientSecret{ID: secret.ID("cs"), Name: "second", Hash: "h2", Created: Now.Add(time.Second)}
		must(t, db.PutClientSecret(ctx, a.Client.ID, second))
		must(t, db.PutClientSecret(ctx, a.Client.ID, first))
		a.Client.Secrets = []dialtone.ClientSecret{first, second}

		got, err := db.Registration(ctx, a.Client.ID)
		must(t, err)
		same(t, "registration", got, dialtone.Registration{
			Client: a.Client, Product: a.Product, Organization: a.Organization,
			Listings: map[string]dialtone.ListingState{a.Operator.ID: dialtone.ListingEnabled},
		})
		client, err := db.Client(ctx, a.Client.ID)
		must(t, err)
		same(t, "client", client, a.Client)
		product, err := db.Product(ctx, a.Product.ID)
		must(t, err)
		same(t, "product", product, a.Product)
	})

	t.Run("who vouched for what comes back", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		vouched := func(what string, applied, approved bool) {
			t.Helper()
			r, err := db.Registration(ctx, a.Client.ID)
			must(t, err)
			same(t, what, [2]bool{r.Client.Applied, r.Approved}, [2]bool{applied, approved})
		}
		vouched("a client and a listing that nobody decided about", false, false)
		a.Client.Applied = true
		must(t, db.PutClient(ctx, a.Client))
		must(t, db.SaveClient(ctx, a.Client, a.Client.Updated, dialtone.Activity{ID: secret.ID("ac"), Action: "client.update", At: Now}))
		vouched("a client of a document, saved by a developer", true, false)
		listing := dialtone.Listing{ProductID: a.Product.ID, OperatorID: a.Operator.ID, State: dialtone.ListingEnabled, Decided: true, Updated: Now}
		must(t, db.PutListing(ctx, listing, "staff"))
		vouched("enabled by staff", true, true)
		got, err := db.Listing(ctx, a.Product.ID, a.Operator.ID)
		must(t, err)
		same(t, "listing", got, listing)
		listing.State = dialtone.ListingDeclined
		must(t, db.PutListing(ctx, listing, "staff"))
		vouched("declined by staff", true, false)
		listing.State, listing.Decided = dialtone.ListingEnabled, false
		must(t, db.OfferListing(ctx, listing, dialtone.Activity{ID: secret.ID("ac"), Action: "listing.offer", At: Now}))
		vouched("offered again, enabled automatically", true, false)
	})

	t.Run("what is not there is not found", func(t *testing.T) {
		ctx := t.Context()
		_, err := db.Registration(ctx, "nobody")
		fails(t, "registration", err, dialtone.ErrNotFound)
		_, err = db.Client(ctx, "nobody")
		fails(t, "client", err, dialtone.ErrNotFound)
		_, err = db.Product(ctx, "nothing")
		fails(t, "product", err, dialtone.ErrNotFound)
		_, err = db.Asset(ctx, "nothing")
		fails(t, "asset", err, dialtone.ErrNotFound)
	})

	t.Run("what belongs to nothing is refused", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		fails(t, "secret", db.PutClientSecret(ctx, "nobody", dialtone.ClientSecret{ID: secret.ID("cs")}), dialtone.ErrNotFound)
		a.Client.ID, a.Client.ProductID = secret.ID("cl"), "nothing"
		fails(t, "client", db.PutClient(ctx, a.Client), dialtone.ErrNotFound)
		a.Product.ID, a.Product.OrganizationID = secret.ID("pr"), "nobody"
		fails(t, "product", db.PutProduct(ctx, a.Product), dialtone.ErrNotFound)
		listing := dialtone.Listing{ProductID: a.Product.ID, OperatorID: a.Operator.ID, State: dialtone.ListingOffered, Updated: Now}
		fails(t, "listing", db.PutListing(ctx, listing, "staff"), dialtone.ErrNotFound)
	})

	t.Run("putting again replaces, and keeps when it was made", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		later := Now.Add(time.Hour)
		operator, product, client := a.Operator, a.Product, a.Client
		operator.Name, operator.Ranges, operator.Sandbox, operator.Created, operator.Updated = "Fjord 2", []string{"+47"}, false, later, later
		product.Name, product.Scopes, product.ConsentVersion, product.Created, product.Updated = "Weather 2", nil, 4, later, later
		client.Description, client.RedirectURIs, client.Created, client.Updated = "changed", nil, later, later
		must(t, db.PutOperator(ctx, operator))
		must(t, db.PutOrganization(ctx, dialtone.Organization{ID: a.Organization.ID, Name: "Renamed", Created: later}))
		must(t, db.PutProduct(ctx, product))
		must(t, db.PutClient(ctx, client))

		operator.Created, product.Created, client.Created = Now, Now, Now
		r, err := db.Registration(ctx, client.ID)
		must(t, err)
		same(t, "client", r.Client, client)
		same(t, "product", r.Product, product)
		same(t, "organization", r.Organization, dialtone.Organization{ID: a.Organization.ID, Name: "Renamed", Created: Now})
		same(t, "operator", findOperator(t, db, operator.ID), operator)
	})

	t.Run("a secret is deleted, and its last use never goes back", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		kept := dialtone.ClientSecret{ID: secret.ID("cs"), Name: "kept", Hash: "h", Created: Now}
		gone := dialtone.ClientSecret{ID: secret.ID("cs"), Name: "gone", Hash: "h", Created: Now}
		must(t, db.PutClientSecret(ctx, a.Client.ID, kept))
		must(t, db.PutClientSecret(ctx, a.Client.ID, gone))
		fails(t, "the same id again", db.PutClientSecret(ctx, a.Client.ID, kept), dialtone.ErrConflict)
		must(t, db.RemoveClientSecret(ctx, a.Client.ID, gone.ID, dialtone.Activity{ID: secret.ID("ac"), Action: "client.secret.revoke", At: Now}))
		must(t, db.TouchClientSecrets(ctx, map[string]time.Time{kept.ID: Now.Add(years)})) // by a clock that was years ahead
		must(t, db.TouchClientSecrets(ctx, map[string]time.Time{kept.ID: Now.Add(time.Minute), gone.ID: Now}))
		must(t, db.TouchClientSecrets(ctx, map[string]time.Time{kept.ID: Now}))

		kept.LastUsed = Now.Add(time.Minute)
		client, err := db.Client(ctx, a.Client.ID)
		must(t, err)
		same(t, "secrets", client.Secrets, []dialtone.ClientSecret{kept})
	})

	t.Run("a listing keeps its history, one line for each state", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		listing := dialtone.Listing{ProductID: a.Product.ID, OperatorID: a.Operator.ID, State: dialtone.ListingEnabled, Updated: Now}
		must(t, db.PutListing(ctx, listing, "staff")) // as NewApp left it
		suspended := listing
		suspended.State, suspended.Reason, suspended.Updated = dialtone.ListingSuspended, "complaints", Now.Add(time.Hour)
		must(t, db.PutListing(ctx, suspended, "kim"))

		history, err := db.ListingHistory(ctx, a.Product.ID, a.Operator.ID)
		must(t, err)
		first := listing
		first.Reason = "welcome"
		same(t, "history", history, []dialtone.ListingChange{{Listing: first, Actor: "staff"}, {Listing: suspended, Actor: "kim"}})
		r, err := db.Registration(ctx, a.Client.ID)
		must(t, err)
		same(t, "enabled", r.EnabledAt(a.Operator.ID), false)
	})

	t.Run("scopes and pictures come back as they were", func(t *testing.T) {
		ctx := t.Context()
		scope := dialtone.Scope{
			Name: "sms.text:" + secret.ID("x"), Category: "Messaging", Developer: "Send texts.", Subscriber: map[string]string{"en": "Send you texts", "ar": "نص"},
		}
		must(t, db.PutScope(ctx, scope))
		scope.Category = "SMS"
		must(t, db.PutScope(ctx, scope))
		scopes, err := db.Scopes(ctx)
		must(t, err)
		same(t, "scopes", scopes, []dialtone.Scope{scope})

		asset := dialtone.Asset{ID: secret.ID("as"), MediaType: "image/png", Body: []byte{0, 1, 0xff}}
		must(t, db.PutAsset(ctx, asset))
		must(t, db.PutAsset(ctx, asset))
		got, err := db.Asset(ctx, asset.ID)
		must(t, err)
		same(t, "asset", got, asset)
	})
}

func findOperator(t *testing.T, db *store.DB, id string) dialtone.Operator {
	t.Helper()
	operators, err := db.Operators(t.Context())
	must(t, err)
	for _, o := range operators {
		if o.ID == id {
			return o
		}
	}
	t.Fatalf("there is no operator %s", id)
	return dialtone.Operator{}
}

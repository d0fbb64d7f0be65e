package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testProducts(t *testing.T, db *store.DB) {
	t.Run("a product is created and saved by who read it last", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		fails(t, "the same id again", db.CreateProduct(ctx, d.Product, d.Activity("product.create")), dialtone.ErrConflict)
		stray := d.NewProduct()
		stray.OrganizationID = "nobody"
		fails(t, "of no organization", db.CreateProduct(ctx, stray, d.Activity("product.create")), dialtone.ErrNotFound)

		saved := d.Product
		saved.Name, saved.Subtitle, saved.Description, saved.IconID, saved.Price = "Weather 2", "Sun", "More weather.", "icon", "1 €"
		saved.TermsURL, saved.PrivacyURL, saved.Support = "https://example.com/2", "https://example.com/3", "https://example.com/4"
		saved.Scopes, saved.ConsentVersion, saved.Updated = []dialtone.ProductScope{{Name: "openid"}}, 2, Now.Add(time.Minute)
		moved := saved
		moved.OrganizationID, moved.Created = "another", Now.Add(time.Hour) // neither can change
		must(t, db.SaveProduct(ctx, moved, Now, d.Activity("product.update")))
		fails(t, "who read it before", db.SaveProduct(ctx, d.Product, Now, d.Activity("product.update")), dialtone.ErrConflict)
		got, err := db.Product(ctx, d.Product.ID)
		must(t, err)
		same(t, "product", got, saved)
		stray.ID = "nothing"
		fails(t, "an unknown product", db.SaveProduct(ctx, stray, Now, d.Activity("product.update")), dialtone.ErrNotFound)
	})

	t.Run("a save leaves a line in the history of a listing that is in that state", func(t *testing.T) {
		ctx, a := t.Context(), NewApp(t, db)
		line := dialtone.ListingChange{Actor: "acc_1", Listing: dialtone.Listing{
			ProductID: a.Product.ID, OperatorID: a.Operator.ID, State: dialtone.ListingEnabled, Reason: "changed", Updated: Now.Add(time.Minute),
		}}
		elsewhere, suspended := line, line
		elsewhere.Listing.OperatorID, suspended.Listing.State = "nobody", dialtone.ListingSuspended
		before, err := db.ListingHistory(ctx, a.Product.ID, a.Operator.ID)
		must(t, err)
		changed := NewDeveloper(t, db).Activity("product.update")
		changed.OrganizationID = a.Product.OrganizationID
		saved := a.Product
		saved.Name, saved.Updated = "Weather 2", Now.Add(time.Minute)
		must(t, db.SaveProduct(ctx, saved, a.Product.Updated, changed, line, elsewhere, suspended))
		changed.ID = secret.ID("act")
		fails(t, "a stale save", db.SaveProduct(ctx, saved, a.Product.Updated, changed, line), dialtone.ErrConflict)
		after, err := db.ListingHistory(ctx, a.Product.ID, a.Operator.ID)
		must(t, err)
		same(t, "history", after, append(before, line))
	})

	t.Run("a document that is applied meanwhile counts as somebody else", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		applied, client := d.Product, d.Client
		applied.Name, applied.Updated = "Applied", Now.Add(time.Minute)
		client.Description, client.Updated = "applied", Now.Add(time.Minute)
		must(t, db.PutProduct(ctx, applied))
		must(t, db.PutClient(ctx, client))
		fails(t, "saving the product", db.SaveProduct(ctx, d.Product, Now, d.Activity("product.update")), dialtone.ErrConflict)
		fails(t, "saving the client", db.SaveClient(ctx, d.Client, Now, d.Activity("client.update")), dialtone.ErrConflict)
		must(t, db.SaveProduct(ctx, d.Product, applied.Updated, d.Activity("product.update")))
		must(t, db.SaveClient(ctx, d.Client, client.Updated, d.Activity("client.update")))
	})

	t.Run("products are listed page by page, and searched by name", func(t *testing.T) {
		ctx, d, other := t.Context(), NewDeveloper(t, db), NewDeveloper(t, db)
		var newest []string
		for i, name := range []string{"Åska", "50% off", "50 ways", "åskväder"} {
			p := d.NewProduct()
			p.Name, p.Created = name, Now.Add(time.Duration(i/2+1)*time.Second) // in pairs of the same age
			must(t, db.CreateProduct(ctx, p, d.Activity("product.create")))
			newest = append(newest, p.ID)
		}
		list := func(after, search string, limit int) []dialtone.Product {
			t.Helper()
			products, err := db.Products(ctx, d.Organization.ID, after, search, limit)
			must(t, err)
			return products
		}
		all := list("", "", 10)
		same(t, "how many", len(all), 5)
		same(t, "the oldest", all[4], d.Product)
		for i := 1; i < len(all); i++ {
			if all[i].Created.After(all[i-1].Created) {
				t.Errorf("%s is newer than the one before", all[i].ID)
			}
		}
		same(t, "page by page", append(list("", "", 2), list(all[1].ID, "", 10)...), all)
		same(t, "after the last", len(list(all[4].ID, "", 10)), 0)
		for _, after := range []string{other.Product.ID, "nothing"} {
			_, err := db.Products(ctx, d.Organization.ID, after, "", 10)
			fails(t, "after what is not the organization's", err, dialtone.ErrNotFound)
		}

		same(t, "found in any case", names(list("", "ÅSK", 10)), []string{"åskväder", "Åska"})
		same(t, "found page by page", append(names(list("", "åsk", 1)), names(list(newest[3], "åsk", 1))...), []string{"åskväder", "Åska"})
		same(t, "a percent sign is one", names(list("", "50%", 10)), []string{"50% off"})
		same(t, "found nothing", len(list("", "snow", 10)), 0)
	})
}

func names(products []dialtone.Product) []string {
	list := make([]string, len(products))
	for i, p := range products {
		list[i] = p.Name
	}
	return list
}

// otherSettings are settings of which each differs from those of every client of the tests, so that a column which a statement
// forgets is missed.
func otherSettings(t *testing.T) (settings dialtone.ClientSettings) {
	for _, s := range settings.Each() {
		switch at := s.At.(type) {
		case *string:
			*at = "another " + s.Name
		case *dialtone.AuthMethod:
			*at = dialtone.AuthMethod("another " + s.Name)
		case *[]string:
			*at = []string{"https://example.com/another/" + s.Name}
		case **int:
			*at = new(17)
		case *bool:
			*at = true
		default:
			t.Fatalf("what is another value of %s, %T?", s.Name, at)
		}
	}
	return settings
}

func testClients(t *testing.T, db *store.DB) {
	t.Run("every way of writing a client keeps every setting", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		keeps := func(how string, want dialtone.Client) {
			t.Helper()
			got, err := db.Client(ctx, want.ID)
			must(t, err)
			same(t, how, got, want)
		}
		made, put, saved := d.NewClient(), d.NewClient(), d.Client
		made.ClientSettings, put.ClientSettings, saved.ClientSettings = otherSettings(t), otherSettings(t), otherSettings(t)
		made.Secrets, put.Secrets, saved.Updated = nil, nil, Now.Add(time.Minute)
		must(t, db.CreateClient(ctx, made, dialtone.ClientSecret{}, d.Activity("client.create")))
		keeps("created", made)
		must(t, db.PutClient(ctx, put))
		keeps("put", put)
		must(t, db.SaveClient(ctx, saved, d.Client.Updated, d.Activity("client.update")))
		keeps("saved", saved)
		put.ClientSettings = d.Client.ClientSettings
		must(t, db.PutClient(ctx, put))
		keeps("put again", put)
		r, err := db.Registration(ctx, saved.ID)
		must(t, err)
		same(t, "registration", r.Client, saved)
	})

	t.Run("clients are created, saved, listed and deleted", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		public := d.NewClient()
		public.Type, public.AuthMethod, public.Secrets, public.Created = dialtone.ClientPublic, dialtone.AuthNone, nil, Now.Add(time.Second)
		must(t, db.CreateClient(ctx, public, dialtone.ClientSecret{}, d.Activity("client.create")))
		fails(t, "the same id again", db.CreateClient(ctx, public, dialtone.ClientSecret{}, d.Activity("client.create")), dialtone.ErrConflict)
		stray := d.NewClient()
		fails(t, "a secret's id again", db.CreateClient(ctx, stray, d.Client.Secrets[0], d.Activity("client.create")), dialtone.ErrConflict)
		_, err := db.Client(ctx, stray.ID)
		fails(t, "its client", err, dialtone.ErrNotFound)
		stray.ProductID = "nothing"
		fails(t, "of no product", db.CreateClient(ctx, stray, dialtone.ClientSecret{}, d.Activity("client.create")), dialtone.ErrNotFound)

		saved := d.Client
		saved.Description, saved.AuthMethod, saved.RedirectURIs = "App", dialtone.AuthPost, []string{"https://example.com/a", "https://example.com/b"}
		saved.PostRevokeRedirectURIs, saved.PostLogoutRedirectURIs = []string{"https://example.com/c"}, []string{"https://example.com/d"}
		saved.IDTokenAlgorithm, saved.Updated = "EdDSA", Now.Add(time.Minute)
		changed := saved
		changed.ProductID, changed.Type, changed.Secrets = "another", dialtone.ClientPublic, nil // none of them can change
		must(t, db.SaveClient(ctx, changed, Now, d.Activity("client.update")))
		fails(t, "who read it before", db.SaveClient(ctx, d.Client, Now, d.Activity("client.update")), dialtone.ErrConflict)
		fails(t, "an unknown client", db.SaveClient(ctx, stray, Now, d.Activity("client.update")), dialtone.ErrNotFound)

		list, err := db.Clients(ctx, d.Product.ID)
		must(t, err)
		same(t, "clients", list, []dialtone.Client{public, saved})
		must(t, db.DeleteClient(ctx, saved.ID, d.Activity("client.delete")))
		fails(t, "a second time", db.DeleteClient(ctx, saved.ID, d.Activity("client.delete")), dialtone.ErrNotFound)
		list, err = db.Clients(ctx, d.Product.ID)
		must(t, err)
		same(t, "clients left", list, []dialtone.Client{public})
	})

	t.Run("secrets are added and go", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		first, second := d.Client.Secrets[0], NewClientSecret()
		second.Name, second.Created, second.Expires = "second", Now.Add(time.Second), Now.Add(time.Hour)
		must(t, db.AddClientSecret(ctx, d.Client.ID, second, d.Activity("client.secret.create")))
		fails(t, "the same id again", db.AddClientSecret(ctx, d.Client.ID, second, d.Activity("client.secret.create")), dialtone.ErrConflict)
		fails(t, "to no client", db.AddClientSecret(ctx, "nobody", NewClientSecret(), d.Activity("client.secret.create")), dialtone.ErrNotFound)
		client, err := db.Client(ctx, d.Client.ID)
		must(t, err)
		same(t, "secrets", client.Secrets, []dialtone.ClientSecret{first, second})

		fails(t, "removing another client's", db.RemoveClientSecret(ctx, "nobody", first.ID, d.Activity("client.secret.revoke")), dialtone.ErrNotFound)
		must(t, db.RemoveClientSecret(ctx, d.Client.ID, first.ID, d.Activity("client.secret.revoke")))
		client, err = db.Client(ctx, d.Client.ID)
		must(t, err)
		same(t, "secrets left", client.Secrets, []dialtone.ClientSecret{second})
	})

	t.Run("a secret is rotated in one step, and never lives longer by it", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		first, second, third := d.Client.Secrets[0], NewClientSecret(), NewClientSecret()
		second.Created, third.Created = Now.Add(time.Second), Now.Add(2*time.Second)
		rotate := func(clientID, oldID string, ends time.Time, s dialtone.ClientSecret) error {
			return db.RotateClientSecret(ctx, clientID, oldID, ends, s, d.Activity("client.secret.rotate"))
		}
		fails(t, "another client's", rotate("nobody", first.ID, Now, second), dialtone.ErrNotFound)
		fails(t, "into one that is there", rotate(d.Client.ID, first.ID, Now, first), dialtone.ErrConflict)
		must(t, rotate(d.Client.ID, first.ID, Now.Add(time.Hour), second))
		must(t, rotate(d.Client.ID, first.ID, Now.Add(2*time.Hour), third))
		first.Expires = Now.Add(time.Hour)
		client, err := db.Client(ctx, d.Client.ID)
		must(t, err)
		same(t, "secrets", client.Secrets, []dialtone.ClientSecret{first, second, third})
	})
}

func testListings(t *testing.T, db *store.DB) {
	ctx, d := t.Context(), NewDeveloper(t, db)
	operator := NewApp(t, db).Operator
	l := dialtone.Listing{ProductID: d.Product.ID, OperatorID: operator.ID, State: dialtone.ListingOffered, Updated: Now}
	offer := func() error { return db.OfferListing(ctx, l, d.Activity("listing.offer")) }
	_, err := db.Listing(ctx, l.ProductID, l.OperatorID)
	fails(t, "before it is offered", err, dialtone.ErrNotFound)
	must(t, offer())
	fails(t, "offered again", offer(), dialtone.ErrConflict)
	declined := l
	declined.State, declined.Reason, declined.Updated = dialtone.ListingDeclined, "no icon", Now.Add(time.Hour)
	must(t, db.PutListing(ctx, declined, "staff"))
	l.Updated = Now.Add(2 * time.Hour)
	must(t, offer())
	suspended := declined
	suspended.State, suspended.Updated = dialtone.ListingSuspended, Now.Add(3*time.Hour)
	must(t, db.PutListing(ctx, suspended, "staff"))
	fails(t, "offered after it was suspended", offer(), dialtone.ErrConflict)

	got, err := db.Listing(ctx, l.ProductID, l.OperatorID)
	must(t, err)
	same(t, "listing", got, suspended)
	first := l
	first.Updated = Now
	history, err := db.ListingHistory(ctx, l.ProductID, l.OperatorID)
	must(t, err)
	same(t, "history", history, []dialtone.ListingChange{
		{Listing: first, Actor: d.Account.ID}, {Listing: declined, Actor: "staff"}, {Listing: l, Actor: d.Account.ID}, {Listing: suspended, Actor: "staff"},
	})
	second := l
	second.OperatorID = NewApp(t, db).Operator.ID
	must(t, db.OfferListing(ctx, second, d.Activity("listing.offer")))
	list, err := db.Listings(ctx, d.Product.ID)
	must(t, err)
	want := []dialtone.Listing{suspended, second}
	if second.OperatorID < suspended.OperatorID {
		want = []dialtone.Listing{second, suspended}
	}
	same(t, "listings", list, want)
	l.OperatorID = secret.ID("op")
	fails(t, "at no operator", offer(), dialtone.ErrNotFound)
}

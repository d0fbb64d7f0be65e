package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// Developer is a person who owns an organization with a product and a client. The product is listed nowhere.
type Developer struct {
	Account      dialtone.Account
	Session      dialtone.AccountSession // the hash of its secret is "secret"
	Organization dialtone.Organization
	Product      dialtone.Product
	Client       dialtone.Client // confidential, with one secret whose hash is "client secret"
}

// NewDeveloper puts a new developer into the database.
func NewDeveloper(t testing.TB, db *store.DB) Developer {
	t.Helper()
	ctx := t.Context()
	var d Developer
	d.Account, d.Session = NewAccount(t, db)
	d.Organization = dialtone.Organization{ID: secret.ID("org"), Name: "Example Apps", Created: Now}
	must(t, db.CreateOrganization(ctx, d.Organization, d.Account.ID, Now, d.Activity("organization.create")))
	d.Product = d.NewProduct()
	must(t, db.CreateProduct(ctx, d.Product, d.Activity("product.create")))
	d.Client = d.NewClient()
	must(t, db.CreateClient(ctx, d.Client, d.Client.Secrets[0], d.Activity("client.create")))
	return d
}

// NewAccount signs a new person in with an e-mail code, into the database.
func NewAccount(t testing.TB, db *store.DB) (dialtone.Account, dialtone.AccountSession) {
	t.Helper()
	return NewAccountOf(t, db, secret.ID("someone")+"@example.com")
}

// NewAccountOf is NewAccount for the person of an address.
func NewAccountOf(t testing.TB, db *store.DB, email string) (dialtone.Account, dialtone.AccountSession) {
	t.Helper()
	account := dialtone.Account{ID: secret.ID("acc"), Email: email, Created: Now}
	c, s := NewEmailCode(), NewAccountSession()
	must(t, createEmailCode(t.Context(), db, c, nil, Now))
	tried, err := db.TryEmailCode(t.Context(), RightEmailTry(c), account, s, Now)
	must(t, err)
	if !tried.Right {
		t.Fatal("the right code was wrong")
	}
	s.AccountID = account.ID
	return tried.Account, s
}

// NewEmailCode returns a code whose hash is "right", not yet in the database.
func NewEmailCode() dialtone.EmailCode {
	return dialtone.EmailCode{
		ID: secret.ID("ec"), BrowserHash: secret.ID("browser"), EmailKey: secret.ID("email"), CodeHash: "right", Created: Now,
		Expires: Now.Add(10 * time.Minute),
	}
}

// RightEmailTry returns the try that signs in with the code.
func RightEmailTry(c dialtone.EmailCode) dialtone.EmailTry {
	return dialtone.EmailTry{ID: c.ID, BrowserHash: c.BrowserHash, EmailKey: c.EmailKey, CodeHash: c.CodeHash, MaxAttempts: 5}
}

// NewAccountSession returns a session of nobody yet, not yet in the database.
func NewAccountSession() dialtone.AccountSession {
	return dialtone.AccountSession{
		ID: secret.ID("as"), SecretHash: "secret", Method: dialtone.SignInEmail, Agent: "Firefox on Linux", Created: Now, Seen: Now,
		Expires: Now.Add(30 * 24 * time.Hour),
	}
}

// NewMember puts a new person into the database who was invited to the organization.
func (d Developer) NewMember(t testing.TB, db *store.DB, role dialtone.Role) dialtone.Account {
	t.Helper()
	account, _ := NewAccount(t, db)
	d.Join(t, db, account, role)
	return account
}

// Join makes the person a member of the organization, by an invitation.
func (d Developer) Join(t testing.TB, db *store.DB, account dialtone.Account, role dialtone.Role) {
	t.Helper()
	i := d.NewInvitation(role)
	i.Email = account.Email
	must(t, db.PutInvitation(t.Context(), i, d.Activity("invitation.create")))
	must(t, db.AcceptInvitation(t.Context(), i.ID, account.ID, Now, d.Activity("invitation.accept")))
}

// NewInvitation returns an invitation of a new address to the organization, not yet in the database.
func (d Developer) NewInvitation(role dialtone.Role) dialtone.Invitation {
	return dialtone.Invitation{
		ID: secret.ID("inv"), OrganizationID: d.Organization.ID, Email: secret.ID("someone") + "@example.com", Role: role,
		SecretHash: "invitation secret", InvitedBy: "Kim", Created: Now, Expires: Now.Add(7 * 24 * time.Hour),
	}
}

// NewProduct returns a product of the organization, not yet in the database.
func (d Developer) NewProduct() dialtone.Product {
	return dialtone.Product{
		ID: secret.ID("pr"), OrganizationID: d.Organization.ID, Name: "Weather", Subtitle: "Rain or shine", Description: "The weather.",
		Price: "free", TermsURL: "https://example.com/terms", PrivacyURL: "https://example.com/privacy", Support: "help@example.com",
		Scopes: []dialtone.ProductScope{{Name: "openid"}, {Name: "phone", Optional: true}}, ConsentVersion: 1, Created: Now, Updated: Now,
	}
}

// NewClient returns a client of the product, with a secret, not yet in the database.
func (d Developer) NewClient() dialtone.Client {
	return dialtone.Client{
		ID: secret.ID("cl"), ProductID: d.Product.ID, Type: dialtone.ClientConfidential, Secrets: []dialtone.ClientSecret{NewClientSecret()}, Created: Now, Updated: Now, ClientSettings: dialtone.ClientSettings{
			Description: "Website", AuthMethod: dialtone.AuthBasic, RedirectURIs: []string{"https://example.com/callback"}, IDTokenAlgorithm: "RS256",
		},
	}
}

// NewClientSecret returns a secret whose hash is "client secret", not yet in the database.
func NewClientSecret() dialtone.ClientSecret {
	return dialtone.ClientSecret{ID: secret.ID("cs"), Name: "first", Hash: "client secret", Created: Now}
}

// Activity returns a new line of the organization's log, by the developer, not yet in the database.
func (d Developer) Activity(action string) dialtone.Activity {
	return dialtone.Activity{
		ID: secret.ID("ac"), OrganizationID: d.Organization.ID, ActorID: d.Account.ID, ActorName: d.Account.Display(), Action: action,
		Target: d.Product.ID, Detail: "name", At: Now,
	}
}

// Package catalog keeps who may ask whom for what: operators, scopes, organizations with their members, products, clients,
// listings.
//
// It owns the rules for changing them (a product's consent version grows with a material change, an operator with
// automatic approval enables what it is offered, a secret is shown once) and the cache through which every protocol request
// reads them. It refuses to hold anything about a subscriber's consents, sessions or grants, which are never cached.
//
//	Registration, Scopes, Operators ── at most 1 s old, dropped at once on the node that writes
//	PutOperator … List, AddSecret   ── validate, write, drop
//	AuthenticateSecret              ── which of the client's live secrets, if any
//	May, Organization … SaveClient  ── what members and API keys do: who may is in permission.go, what they may write in
//	                                   fields.go, and every change leaves a line in the organization's log
package catalog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/icon"
	"github.com/dialtone-id/dialtone/internal/lastuse"
)

// Store is what the catalogue needs of the database. What only one file needs is declared there.
type Store interface {
	Registration(ctx context.Context, clientID string) (dialtone.Registration, error)
	Scopes(ctx context.Context) ([]dialtone.Scope, error)
	Operators(ctx context.Context) ([]dialtone.Operator, error)
	Product(ctx context.Context, id string) (dialtone.Product, error)
	Client(ctx context.Context, id string) (dialtone.Client, error)
	Listing(ctx context.Context, productID, operatorID string) (dialtone.Listing, error)

	PutOperator(ctx context.Context, operator dialtone.Operator) error
	PutScope(ctx context.Context, scope dialtone.Scope) error
	PutOrganization(ctx context.Context, organization dialtone.Organization) error
	PutProduct(ctx context.Context, product dialtone.Product) error
	PutClient(ctx context.Context, client dialtone.Client) error
	PutClientSecret(ctx context.Context, clientID string, secret dialtone.ClientSecret) error
	TouchClientSecrets(ctx context.Context, lastUsed map[string]time.Time) error
	PutListing(ctx context.Context, listing dialtone.Listing, actor string) error

	membershipStore
	organizationStore
	memberStore
	invitationStore
	productStore
	assetStore
	listingStore
	testerStore
	clientStore
	clientSecretStore
	apiKeyStore
	companyStore
	activityStore
}

// Catalog reads and changes the catalogue. Safe for concurrent use.
type Catalog struct {
	store         Store
	registrations *fresh[string, dialtone.Registration]
	scopes        *fresh[struct{}, map[string]dialtone.Scope]
	operators     *fresh[struct{}, []dialtone.Operator]
	closed        []string      // operators
	lastUsed      lastuse.Times // of client secrets
	keysLastUsed  lastuse.Times
	drawer        *icon.Drawer
}

// registrationsKept bounds the cache: some 2 kB each.
const registrationsKept = 10_000

// New returns the catalogue in the store. At an operator that is closed no product is enabled, whatever its listings say:
// what was granted there is of no use from now on.
func New(store Store, closed ...string) *Catalog {
	return &Catalog{
		store:         store,
		closed:        closed,
		drawer:        icon.NewDrawer(),
		registrations: newFresh(registrationsKept, readRegistration(store, closed)),
		scopes:        newFresh(1, readScopes(store)),
		operators:     newFresh(1, func(ctx context.Context, _ struct{}) ([]dialtone.Operator, error) { return store.Operators(ctx) }),
	}
}

func readRegistration(store Store, closed []string) func(context.Context, string) (dialtone.Registration, error) {
	return func(ctx context.Context, clientID string) (dialtone.Registration, error) {
		registration, err := store.Registration(ctx, clientID)
		for _, operatorID := range closed {
			delete(registration.Listings, operatorID)
		}
		return registration, err
	}
}

func readScopes(store Store) func(context.Context, struct{}) (map[string]dialtone.Scope, error) {
	return func(ctx context.Context, _ struct{}) (map[string]dialtone.Scope, error) {
		stored, err := store.Scopes(ctx)
		if err != nil {
			return nil, err
		}
		all := make(map[string]dialtone.Scope, len(stored)+3)
		for _, scope := range slices.Concat(dialtone.BuiltInScopes(), stored) {
			all[scope.Name] = scope
		}
		return all, nil
	}
}

// Registration returns everything about a client that a protocol request needs; ErrNotFound if there is no such client.
// The caller must not change what the slices and maps hold.
func (c *Catalog) Registration(ctx context.Context, clientID string) (dialtone.Registration, error) {
	return c.registrations.Get(ctx, clientID)
}

// Scopes returns the scope catalogue by name, built-in ones included. The caller must not change it.
func (c *Catalog) Scopes(ctx context.Context) (map[string]dialtone.Scope, error) {
	return c.scopes.Get(ctx, struct{}{})
}

// Operators returns the operators whose numbers are served, with their number ranges: all but the closed ones. The caller must
// not change them.
func (c *Catalog) Operators(ctx context.Context) ([]dialtone.Operator, error) {
	operators, err := c.operators.Get(ctx, struct{}{})
	if err != nil || len(c.closed) == 0 {
		return operators, err
	}
	return slices.DeleteFunc(slices.Clone(operators), func(o dialtone.Operator) bool { return slices.Contains(c.closed, o.ID) }), nil
}

// Operator returns one operator, even a closed one: a document must not take its place. ErrNotFound if there is none with that id.
func (c *Catalog) Operator(ctx context.Context, id string) (dialtone.Operator, error) {
	operators, err := c.operators.Get(ctx, struct{}{})
	if err != nil {
		return dialtone.Operator{}, err
	}
	i := slices.IndexFunc(operators, func(o dialtone.Operator) bool { return o.ID == id })
	if i < 0 {
		return dialtone.Operator{}, fmt.Errorf("operator %s: %w", id, dialtone.ErrNotFound)
	}
	return operators[i], nil
}

// Drop makes the next look at operators and listings on this node read them anew: package operator changed one.
func (c *Catalog) Drop() {
	c.operators.Drop()
	c.registrations.Drop()
}

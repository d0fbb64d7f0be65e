// Package apply reads the YAML document of `dialtone apply` and brings the catalogue and the test subscriptions to what it says.
//
// It owns the document's form and the order in which its parts are written. The rules for each part are those of catalog.
//
//	ParseDocument ── text to entries, strictly
//	Apply         ── every entry checked, then written; applying again changes nothing
package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// Store is what apply needs of the database beside the catalogue.
type Store interface {
	Client(ctx context.Context, id string) (dialtone.Client, error)
	Subscription(ctx context.Context, id string) (dialtone.Subscription, error)
	SubscriptionByNumber(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error)
	PutSubscription(ctx context.Context, subscription dialtone.Subscription, now time.Time) error
}

// Applier brings an installation to what documents say. Safe for concurrent use.
type Applier struct {
	catalog *catalog.Catalog
	store   Store
}

// New returns the applier of an installation.
func New(c *catalog.Catalog, store Store) Applier { return Applier{catalog: c, store: store} }

// Credentials are the secret that Apply made for a client. They exist here once: the database keeps a hash.
type Credentials struct {
	ClientID     string
	ClientSecret secret.Text
	ProductID    string
	Description  string
}

// applyActor signs the listing history for what a document changes.
const applyActor = "apply"

// Apply creates or updates everything in the document. Applying it again changes nothing and makes no new secret.
//
// The document is checked as a whole before the first write. New secrets are handed to keep before their hashes are
// stored, so that no secret can be lost: if keep fails, or the database does, applying again makes new ones. Keep is not
// called when no secret was made.
func (a Applier) Apply(ctx context.Context, d Document, keep func([]Credentials) error, now time.Time) error {
	p, err := a.plan(ctx, d)
	if err != nil {
		return err
	}
	if err := a.put(ctx, p, now); err != nil {
		return err
	}
	return a.putSecrets(ctx, p, keep, now)
}

// plan is a document in the nouns of package dialtone, every one of them checked.
type plan struct {
	operators     []dialtone.Operator
	scopes        []dialtone.Scope
	organizations []dialtone.Organization
	owners        map[string][]string // e-mail addresses by organization id
	products      []dialtone.Product
	listings      []dialtone.Listing
	clients       []dialtone.Client
	secretHashes  map[string]string // by client id, for the clients that bring their own
	subscriptions []dialtone.Subscription
}

func (a Applier) plan(ctx context.Context, d Document) (plan, error) {
	p := plan{secretHashes: make(map[string]string), owners: make(map[string][]string)}
	var faults []error
	check := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	for _, e := range d.Operators {
		operator := e.operator()
		check(operator.Validate())
		check(inOneLine("operator", operator.ID, operator.Name))
		check(a.refuseSandbox(ctx, operator.ID))
		p.operators = append(p.operators, operator)
	}
	for _, e := range d.Scopes {
		scope := e.scope()
		check(scope.Validate())
		p.scopes = append(p.scopes, scope)
	}
	for _, e := range d.Organizations {
		organization := dialtone.Organization{ID: e.ID, Name: e.Name}
		check(organization.Validate())
		check(inOneLine("organization", organization.ID, organization.Name))
		p.organizations = append(p.organizations, organization)
		for _, text := range e.Owners {
			email, err := writing.Email(text)
			check(err)
			p.owners[organization.ID] = append(p.owners[organization.ID], email)
		}
	}
	for _, e := range d.Products {
		product := e.product()
		check(product.Validate())
		check(inOneLine("product", product.ID, product.Name))
		p.products = append(p.products, product)
		for _, l := range e.Listing {
			listing := l.listing(product.ID)
			check(listing.Validate())
			p.listings = append(p.listings, listing)
		}
	}
	for _, e := range d.Clients {
		client := e.client()
		hash, err := e.secretHash()
		check(errors.Join(client.Validate(), err))
		p.clients = append(p.clients, client)
		p.secretHashes[client.ID] = hash
	}
	for _, e := range d.Subscriptions {
		subscription, err := e.subscription()
		check(err)
		check(a.refuseSandbox(ctx, subscription.OperatorID))
		p.subscriptions = append(p.subscriptions, subscription)
	}
	return p, errors.Join(faults...)
}

// refuseSandbox keeps documents away from the sandbox operator: its test numbers and fixed PINs are built in, and it can
// never sign in a real number.
func (a Applier) refuseSandbox(ctx context.Context, operatorID string) error {
	operator, err := a.catalog.Operator(ctx, operatorID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return nil
	case err != nil:
		return err
	case operator.Sandbox:
		return fmt.Errorf("operator %s: %w: the sandbox operator and its test numbers are built in; leave them out", operatorID, dialtone.ErrInvalid)
	}
	return nil
}

func (a Applier) put(ctx context.Context, p plan, now time.Time) error {
	for _, operator := range p.operators {
		if err := a.catalog.PutOperator(ctx, operator, now); err != nil {
			return err
		}
	}
	for _, scope := range p.scopes {
		if err := a.catalog.PutScope(ctx, scope); err != nil {
			return err
		}
	}
	for _, organization := range p.organizations {
		if err := a.catalog.PutOrganization(ctx, organization, now); err != nil {
			return err
		}
		if err := a.addOwners(ctx, organization.ID, p.owners[organization.ID], now); err != nil {
			return err
		}
	}
	for _, product := range p.products {
		if err := a.catalog.PutProduct(ctx, product, now); err != nil {
			return err
		}
	}
	for _, listing := range p.listings {
		if err := a.catalog.List(ctx, listing, applyActor, now); err != nil {
			return err
		}
	}
	for _, client := range p.clients {
		if err := a.catalog.PutClient(ctx, client, now); err != nil {
			return err
		}
	}
	for _, subscription := range p.subscriptions {
		if err := a.putSubscription(ctx, subscription, now); err != nil {
			return err
		}
	}
	return nil
}

// addOwners lets people into an organization that no member could invite them to: it came from a document.
func (a Applier) addOwners(ctx context.Context, organizationID string, addresses []string, now time.Time) error {
	for _, email := range addresses {
		if err := a.catalog.AddOwner(ctx, organizationID, email, applyActor, now); err != nil {
			return err
		}
	}
	return nil
}

func (a Applier) putSubscription(ctx context.Context, subscription dialtone.Subscription, now time.Time) error {
	if _, err := a.catalog.Operator(ctx, subscription.OperatorID); err != nil {
		return fmt.Errorf("put subscription %v: %w", subscription.PhoneNumber, err)
	}
	existing, err := a.existingSubscription(ctx, subscription)
	switch {
	case errors.Is(err, dialtone.ErrNotFound) && subscription.ID == "" && subscription.Status == dialtone.SubscriptionEnded:
		return nil // no line has the number, so there is none to end
	case errors.Is(err, dialtone.ErrNotFound):
		subscription.Created = now
		if subscription.ID == "" {
			subscription.ID = secret.ID("sub")
		}
	case err != nil:
		return fmt.Errorf("put subscription %v: %w", subscription.PhoneNumber, err)
	case existing.OperatorID != subscription.OperatorID:
		return fmt.Errorf("subscription %s: %w: it is a line of operator %s; end that one first", existing.ID, dialtone.ErrConflict, existing.OperatorID)
	case existing.Status == dialtone.SubscriptionEnded && subscription.Status == dialtone.SubscriptionEnded:
		return nil
	case existing.Status == dialtone.SubscriptionEnded:
		return fmt.Errorf("subscription %s: %w: the line has ended for good; a new line needs a new id", existing.ID, dialtone.ErrConflict)
	default:
		subscription.ID, subscription.Created = existing.ID, existing.Created
		if subscription == existing {
			return nil
		}
	}
	if err := a.store.PutSubscription(ctx, subscription, now); err != nil {
		return fmt.Errorf("put subscription %s: %w", subscription.ID, err)
	}
	return nil
}

func (a Applier) existingSubscription(ctx context.Context, subscription dialtone.Subscription) (dialtone.Subscription, error) {
	if subscription.ID != "" {
		return a.store.Subscription(ctx, subscription.ID)
	}
	return a.store.SubscriptionByNumber(ctx, subscription.PhoneNumber)
}

// putSecrets stores the hashes that clients bring and makes a secret for each confidential client that has none.
func (a Applier) putSecrets(ctx context.Context, p plan, keep func([]Credentials) error, now time.Time) error {
	added := make(map[string]dialtone.ClientSecret) // by client id
	var made []Credentials
	for _, client := range p.clients {
		stored, err := a.store.Client(ctx, client.ID)
		if err != nil {
			return fmt.Errorf("read secrets of client %s: %w", client.ID, err)
		}
		hash := p.secretHashes[client.ID]
		switch {
		case client.Public(), hash != "" && hasSecret(stored, hash), hash == "" && len(stored.Secrets) > 0:
			continue
		case hash == "":
			text := secret.Token(token.PrefixClientSecret)
			hash = secret.Hash(text.Reveal())
			made = append(made, Credentials{ClientID: client.ID, ClientSecret: text, ProductID: client.ProductID, Description: client.Description})
		}
		added[client.ID] = dialtone.ClientSecret{ID: secret.ID("secret"), Name: applyActor, Hash: hash, Created: now}
	}
	if len(made) > 0 {
		if err := keep(made); err != nil {
			return fmt.Errorf("keep the credentials of %d new clients: %w", len(made), err)
		}
	}
	for _, client := range p.clients {
		if s, ok := added[client.ID]; ok {
			if err := a.catalog.AddSecret(ctx, client.ID, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasSecret(client dialtone.Client, hash string) bool {
	for _, s := range client.Secrets {
		if s.Hash == hash {
			return true
		}
	}
	return false
}

// inOneLine refuses a name in which something is not seen: it would be shown otherwise than it is written.
func inOneLine(noun, id, name string) error {
	if writing.Hides(name) {
		return fmt.Errorf("%s %q: %w: its name has line breaks or invisible characters", noun, id, dialtone.ErrInvalid)
	}
	return nil
}

// Package apply reads the YAML document of `dialtone apply` and brings the catalogue and the test subscriptions to what it says.
//
// It owns the document's form, the difference between a document and what is there, and the order in which it is written. The
// rules for each noun are those of dialtone and catalog.
//
//	Parse ── text to entries, each with its line (package written)
//	Plan  ── what would change, or all that is wrong; nothing is written
//	Run   ── the plan, item by item; applying again changes nothing
//
// Each noun has a file with one table of its fields (field.go), from which reading, comparing and printing follow.
package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// Store is what apply needs of the database beside the catalogue.
type Store interface {
	Organization(ctx context.Context, id string) (dialtone.Organization, error)
	Members(ctx context.Context, organizationID string) ([]dialtone.Member, error)
	Product(ctx context.Context, id string) (dialtone.Product, error)
	Listing(ctx context.Context, productID, operatorID string) (dialtone.Listing, error)
	Client(ctx context.Context, id string) (dialtone.Client, error)
	Subscription(ctx context.Context, id string) (dialtone.Subscription, error)
	SubscriptionByNumber(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error)
	Testers(ctx context.Context, productID string) ([]dialtone.Tester, error)
	PutSubscription(ctx context.Context, subscription dialtone.Subscription, now time.Time) error
	Administrators(ctx context.Context) ([]dialtone.Account, error)
	operator.Store
}

// Applier brings an installation to what documents say. Safe for concurrent use.
type Applier struct {
	catalog *catalog.Catalog
	office  *operator.Office
	store   Store
	// Routes are the names of the SMS routes that an operator can use; nil: not known.
	Routes []string
}

// New returns the applier of an installation.
func New(c *catalog.Catalog, store Store) Applier {
	return Applier{catalog: c, office: operator.New(store, c), store: store}
}

// nouns are the sections of a document, in the order in which they are written: nobody names what comes later.
var nouns = []section{administratorNoun(), operatorNoun(), scopeNoun(), organizationNoun(), productNoun(), clientNoun(), subscriptionNoun(), testerNoun()}

func sectionNames() []string {
	names := make([]string, len(nouns))
	for i, n := range nouns {
		names[i] = n.name()
	}
	return names
}

// actor signs what a document changes.
const actor = "apply"

// Credentials are the secret that was made for a client. They exist here once: the database keeps a hash.
type Credentials struct {
	ClientID     string
	ClientSecret secret.Text
	ProductID    string
	Description  string
}

// Apply plans and runs a document. Errors: as Plan and Run.
func (a Applier) Apply(ctx context.Context, d Document, keep func([]Credentials) error, now time.Time) (Plan, error) {
	p, err := a.Plan(ctx, d, now)
	if err != nil {
		return Plan{}, err
	}
	return p, p.Run(ctx, keep, func(Item) error { return nil }, now)
}

// Run writes what the plan changes, each item as a whole or not at all, and tells of each, unchanged ones included, when it is
// done. The first error ends it: what was told is written, what was not is not. Running the same document again goes on there.
//
// New secrets are handed to keep before their hashes are stored, so that no secret can be lost: if keep fails, or the database
// does, applying again makes new ones. Keep is not called when no secret is made. Error: ErrConflict if somebody changed a thing
// since it was planned.
func (p Plan) Run(ctx context.Context, keep func([]Credentials) error, done func(Item) error, now time.Time) error {
	for _, item := range p.Items {
		if item.write != nil {
			if err := item.write(ctx, now); err != nil {
				return err
			}
		}
		if err := done(item); err != nil {
			return err
		}
	}
	return p.applier.putSecrets(ctx, p.clients, keep, now)
}

// needsSecret reports whether one is made for the client: it is confidential, has none, and brings none.
func (c client) needsSecret() bool { return !c.Public() && c.hash == "" && len(c.Secrets) == 0 }

// putSecrets stores the hashes that clients bring and makes a secret for each confidential client that has none.
func (a Applier) putSecrets(ctx context.Context, clients []client, keep func([]Credentials) error, now time.Time) error {
	var made []Credentials
	var hashed []client
	for _, c := range clients {
		switch {
		case c.needsSecret():
			text := secret.Token(token.PrefixClientSecret)
			c.hash = secret.Hash(text.Reveal())
			made = append(made, Credentials{ClientID: c.ID, ClientSecret: text, ProductID: c.ProductID, Description: c.Description})
		case c.hash == "":
			continue
		}
		hashed = append(hashed, c)
	}
	if len(made) > 0 {
		if keep == nil {
			return errors.New("there is no place for the secrets of new clients")
		}
		if err := keep(made); err != nil {
			return fmt.Errorf("keep the credentials of %d new clients: %w", len(made), err)
		}
	}
	for _, c := range hashed {
		if err := a.catalog.AddSecret(ctx, c.ID, dialtone.ClientSecret{ID: secret.ID("secret"), Name: actor, Hash: c.hash, Created: now}); err != nil {
			return err
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

// Fields are the keys of an entry of each section, with those of a mapping inside by their path: what the example and the manual
// have to speak of.
func Fields() map[string][]string {
	all := make(map[string][]string, len(nouns))
	for _, n := range nouns {
		all[n.name()] = n.keys()
	}
	return all
}

// seenAsWritten refuses a name in which something is not seen: it would be shown otherwise than it is written.
func seenAsWritten(name string) error {
	if writing.Hides(name) {
		return fmt.Errorf("%w: the name has line breaks or invisible characters", dialtone.ErrInvalid)
	}
	return nil
}

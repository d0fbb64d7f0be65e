package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The statements about clients follow the one list of settings, dialtone.ClientSettings.
var (
	settingColumns = settingNames()
	clientColumns  = `c.id, c.product_id, c.type, c.applied, c.created_at, c.updated_at, c.` + strings.Join(settingColumns, `, c.`)
	insertClient   = `INSERT INTO client (id, product_id, type, applied, created_at, updated_at, ` + strings.Join(settingColumns, `, `) + `)
		VALUES ($1, $2, $3, $4, $5, $6` + eachSetting(`, $%[2]d`, 7) + `)`
	putClient = insertClient + ` ON CONFLICT (id) DO UPDATE SET type = excluded.type, applied = excluded.applied, updated_at = excluded.updated_at` +
		eachSetting(`, %[1]s = excluded.%[1]s`, 0)
	saveClient = `UPDATE client SET updated_at = $3` + eachSetting(`, %[1]s = $%[2]d`, 4) + ` WHERE id = $1 AND updated_at = $2`
)

func settingNames() []string {
	var names []string
	for _, s := range new(dialtone.ClientSettings).Each() {
		names = append(names, s.Name)
	}
	return names
}

// eachSetting is the text once for each setting, with its name and, counted from first, its number.
func eachSetting(format string, first int) string {
	var text strings.Builder
	for i, name := range settingColumns {
		fmt.Fprintf(&text, format, name, first+i)
	}
	return text.String()
}

func clientFields(c *dialtone.Client) []any {
	fields := []any{&c.ID, &c.ProductID, &c.Type, &c.Applied, instant{&c.Created}, instant{&c.Updated}}
	for _, s := range c.Each() {
		if list, ok := s.At.(*[]string); ok {
			s.At = documented[[]string]{list}
		}
		fields = append(fields, s.At)
	}
	return fields
}

// settingValues are the settings as their columns hold them.
func settingValues(settings dialtone.ClientSettings) []any {
	var values []any
	for _, s := range settings.Each() {
		values = append(values, settingValue(s))
	}
	return values
}

func settingValue(s dialtone.ClientSetting) any {
	switch at := s.At.(type) {
	case *[]string:
		return document(*at)
	case *dialtone.AuthMethod:
		return string(*at)
	case **int:
		if *at == nil {
			return nil
		}
		return **at
	case *string:
		return *at
	case *bool:
		return *at
	}
	panic("store: no column holds the setting " + s.Name)
}

func clientValues(c dialtone.Client) []any {
	return append([]any{c.ID, c.ProductID, string(c.Type), c.Applied, micros(c.Created), micros(c.Updated)}, settingValues(c.ClientSettings)...)
}

// Client returns a client with its secrets, the oldest first.
func (db *DB) Client(ctx context.Context, id string) (dialtone.Client, error) {
	var c dialtone.Client
	err := db.read().one(ctx, clientFields(&c), `SELECT `+clientColumns+` FROM client AS c WHERE c.id = $1`, id)
	if err != nil {
		return dialtone.Client{}, err
	}
	c.Secrets, err = db.secrets(ctx, id)
	return c, err
}

// Registration returns everything about a client that a protocol request needs. What is changed while it is read may show in
// one part and not yet in another; the catalogue reads it again within a second.
func (db *DB) Registration(ctx context.Context, clientID string) (dialtone.Registration, error) {
	r := dialtone.Registration{Listings: make(map[string]dialtone.ListingState)}
	o := &r.Organization
	into := slices.Concat(clientFields(&r.Client), productFields(&r.Product), organizationFields(o))
	err := db.on(lookups).read().one(ctx, into, `
		SELECT `+clientColumns+`, `+productColumns+`, `+organizationColumns+`
		FROM client AS c JOIN product AS p ON p.id = c.product_id JOIN organization AS o ON o.id = p.organization_id
		WHERE c.id = $1`, clientID)
	if err != nil {
		return dialtone.Registration{}, err
	}
	if r.Client.Secrets, err = db.secrets(ctx, clientID); err != nil {
		return dialtone.Registration{}, err
	}
	var operatorID string
	var state dialtone.ListingState
	var decided bool
	err = db.on(lookups).read().each(ctx, []any{&operatorID, &state, &decided}, func() {
		r.Listings[operatorID] = state
		r.Approved = r.Approved || decided && state == dialtone.ListingEnabled
	}, `SELECT operator_id, state, decided FROM listing WHERE product_id = $1`, r.Product.ID)
	if err != nil {
		return dialtone.Registration{}, err
	}
	r.Testers, err = db.testersOf(ctx, r.Product.ID)
	return r, err
}

// PutClient inserts or replaces a client, without its secrets. Product and Created are kept from the first time. Error:
// ErrNotFound if there is no such product.
func (db *DB) PutClient(ctx context.Context, c dialtone.Client) error {
	_, err := db.exec(ctx, putClient, clientValues(c)...)
	return err
}

// clientsShown is how many clients of a product are listed: more than anybody has.
const clientsShown = 200

// Clients returns the clients of a product with their secrets, the newest client first, 200 at most.
func (db *DB) Clients(ctx context.Context, productID string) ([]dialtone.Client, error) {
	var list []dialtone.Client
	var c dialtone.Client
	err := db.read().each(ctx, clientFields(&c), func() { list = append(list, c) }, `
		SELECT `+clientColumns+` FROM client AS c WHERE c.product_id = $1 ORDER BY c.created_at DESC, c.id DESC LIMIT $2`,
		productID, clientsShown)
	if err != nil {
		return nil, err
	}
	secrets, err := db.secretsOfProduct(ctx, productID)
	for i := range list {
		list[i].Secrets = secrets[list[i].ID]
	}
	return list, err
}

// CreateClient inserts a client, with its first secret if that has an id. Errors: ErrNotFound if there is no such product,
// ErrConflict if an id is taken.
func (db *DB) CreateClient(ctx context.Context, c dialtone.Client, s dialtone.ClientSecret, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, insertClient, clientValues(c)...)
		if err != nil || s.ID == "" {
			return err
		}
		return insertClientSecret(ctx, t, c.ID, s)
	})
}

// SaveClient replaces a client that was last updated at seen; product, type, secrets and Created stay. Errors: ErrConflict if
// somebody else saved it since then, ErrNotFound.
func (db *DB) SaveClient(ctx context.Context, c dialtone.Client, seen time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		args := append([]any{c.ID, micros(seen), micros(c.Updated)}, settingValues(c.ClientSettings)...)
		saved, err := t.exec(ctx, saveClient, args...)
		if err != nil || saved == 1 {
			return err
		}
		return conflictUnlessGone(ctx, t, `SELECT id FROM client WHERE id = $1`, c.ID)
	})
}

// DeleteClient forgets a client and its secrets. Error: ErrNotFound.
func (db *DB) DeleteClient(ctx context.Context, id string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM client_secret WHERE client_id = $1`, id); err != nil {
			return err
		}
		deleted, err := t.exec(ctx, `DELETE FROM client WHERE id = $1`, id)
		return foundOne("client "+id, deleted, err)
	})
}

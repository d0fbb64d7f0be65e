package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type clientStore interface {
	Clients(ctx context.Context, productID string) ([]dialtone.Client, error)
	CreateClient(ctx context.Context, c dialtone.Client, s dialtone.ClientSecret, a dialtone.Activity) error
	SaveClient(ctx context.Context, c dialtone.Client, seen time.Time, a dialtone.Activity) error
	DeleteClient(ctx context.Context, id string, a dialtone.Activity) error
}

// mostClients of one product: a list shows them all.
const mostClients = 100

// ClientEdit is what a form says of a client. Empty lines of a list are left out; a problem with a line is at
// redirect_uris.N, with N counted from 0 and empty lines included.
type ClientEdit struct {
	// AuthMethod "" is client_secret_basic, or none for a public client; IDTokenAlgorithm "" is RS256.
	dialtone.ClientSettings
	Type dialtone.ClientType // cannot change later; "" in a change: as it is
	// The first secret of a confidential client; not looked at in a change.
	SecretName    string    // up to 60 characters; "": "first"
	SecretExpires time.Time // zero: never
}

// Clients returns the clients of a product with their secrets' names, the newest first. Errors: as Product.
func (c *Catalog) Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error) {
	if _, _, err := c.product(ctx, actor, productID, ReadClients); err != nil {
		return nil, err
	}
	list, err := c.store.Clients(ctx, productID)
	if err != nil {
		return nil, fmt.Errorf("clients of product %s: %w", productID, err)
	}
	return list, nil
}

// Client returns a client, its product and the actor's role. Errors: ErrNotFound if there is none or it is another
// organization's; *dialtone.ForbiddenError.
func (c *Catalog) Client(ctx context.Context, actor dialtone.Actor, clientID string) (dialtone.Client, dialtone.Product, dialtone.Role, error) {
	return c.client(ctx, actor, clientID, ReadClients)
}

func (c *Catalog) client(
	ctx context.Context, actor dialtone.Actor, clientID string, action Action,
) (dialtone.Client, dialtone.Product, dialtone.Role, error) {
	client, err := c.store.Client(ctx, clientID)
	if err != nil {
		return dialtone.Client{}, dialtone.Product{}, "", fmt.Errorf("client %s: %w", clientID, err)
	}
	p, role, err := c.product(ctx, actor, client.ProductID, action)
	if errors.Is(err, dialtone.ErrNotFound) {
		err = fmt.Errorf("client %s: %w", clientID, dialtone.ErrNotFound) // not even of which product it is
	}
	if err != nil {
		return dialtone.Client{}, dialtone.Product{}, "", err
	}
	return client, p, role, nil
}

// CreateClient makes a client and, unless it is public, its first secret, which exists here once: the database keeps a hash.
// Errors: dialtone.FieldErrors; as Product.
func (c *Catalog) CreateClient(
	ctx context.Context, actor dialtone.Actor, productID string, edit ClientEdit, now time.Time,
) (dialtone.Client, secret.Text, error) {
	p, _, err := c.product(ctx, actor, productID, WriteClients)
	if err != nil {
		return dialtone.Client{}, "", err
	}
	now = tick(time.Time{}, now)
	client, name, err := edit.create(dialtone.Client{ID: secret.ID("client"), ProductID: productID, Created: now, Updated: now}, now)
	if err != nil {
		return dialtone.Client{}, "", err
	}
	others, err := c.store.Clients(ctx, productID)
	switch {
	case err != nil:
		return dialtone.Client{}, "", fmt.Errorf("create client: %w", err)
	case len(others) >= mostClients:
		problem := fmt.Sprintf("A product has at most %d clients. Delete one that is no longer used.", mostClients)
		return dialtone.Client{}, "", dialtone.FieldErrors{{Problem: problem}} // no field is wrong
	}
	var first dialtone.ClientSecret
	var text secret.Text
	if !client.Public() {
		first, text = newSecret(name, edit.SecretExpires, now)
		client.Secrets = []dialtone.ClientSecret{first}
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: p.OrganizationID, Action: "client.create", Target: client.ID, Detail: client.Description,
	}, now)
	if err := c.store.CreateClient(ctx, client, first, a); err != nil {
		return dialtone.Client{}, "", fmt.Errorf("create client: %w", err)
	}
	c.registrations.Drop()
	return client, text, nil
}

// SaveClient changes a client. Seen is the Updated that the form was made from. Errors: dialtone.FieldErrors;
// *dialtone.ConflictError with the client as it is now; as Client.
func (c *Catalog) SaveClient(
	ctx context.Context, actor dialtone.Actor, clientID string, edit ClientEdit, seen, now time.Time,
) (dialtone.Client, error) {
	return c.ChangeClient(ctx, actor, clientID, func(e *ClientEdit) { *e = edit }, seen, now)
}

// ChangeClient is SaveClient for who names only what changes: change gets what the form shows now.
func (c *Catalog) ChangeClient(
	ctx context.Context, actor dialtone.Actor, clientID string, change func(*ClientEdit), seen, now time.Time,
) (dialtone.Client, error) {
	before, p, _, err := c.client(ctx, actor, clientID, WriteClients)
	if err != nil {
		return dialtone.Client{}, err
	}
	edit := clientEditOf(before)
	change(&edit)
	after, err := edit.change(before)
	switch {
	case err != nil:
		return dialtone.Client{}, err
	case !before.Updated.Equal(seen.Truncate(time.Microsecond)):
		return dialtone.Client{}, fmt.Errorf("save client %s: %w", clientID, &dialtone.ConflictError{Current: before})
	}
	detail := clientChanges(before, after)
	if detail == "" {
		return before, nil
	}
	after.Updated = tick(before.Updated, now)
	a := signed(actor, dialtone.Activity{
		OrganizationID: p.OrganizationID, Action: "client.update", Target: clientID, Detail: detail,
	}, after.Updated)
	err = c.store.SaveClient(ctx, after, before.Updated, a)
	switch {
	case errors.Is(err, dialtone.ErrConflict):
		current, readErr := c.store.Client(ctx, clientID)
		if readErr != nil {
			return dialtone.Client{}, fmt.Errorf("save client %s: %w", clientID, readErr)
		}
		return dialtone.Client{}, fmt.Errorf("save client %s: %w", clientID, &dialtone.ConflictError{Current: current})
	case err != nil:
		return dialtone.Client{}, fmt.Errorf("save client %s: %w", clientID, err)
	}
	c.registrations.Drop()
	return after, nil
}

// DeleteClient takes a client away with its secrets. What it was granted is of no use from now on. Errors: as Client.
func (c *Catalog) DeleteClient(ctx context.Context, actor dialtone.Actor, clientID string, now time.Time) error {
	client, p, _, err := c.client(ctx, actor, clientID, WriteClients)
	if err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: p.OrganizationID, Action: "client.delete", Target: clientID, Detail: client.Description,
	}, now)
	if err := c.store.DeleteClient(ctx, clientID, a); err != nil {
		return fmt.Errorf("delete client %s: %w", clientID, err)
	}
	c.registrations.Drop()
	return nil
}

func clientChanges(before, after dialtone.Client) string {
	var what changes
	was := before.Each()
	for i, setting := range after.Each() {
		what.note(setting.Words, !setting.Same(was[i]))
	}
	return what.String()
}

// clientEditOf returns what a form shows of a client.
func clientEditOf(client dialtone.Client) ClientEdit {
	return ClientEdit{ClientSettings: client.ClientSettings, Type: client.Type}
}

// CheckClient holds a client that did not come from a form against the rules of the form, except that it needs no redirect URI:
// a machine that only speaks for itself has none. Error: dialtone.FieldErrors.
func CheckClient(client dialtone.Client) error {
	var f fields
	clientEditOf(client).fill(&f, client)
	if len(client.RedirectURIs) == 0 {
		f.wrong = slices.DeleteFunc(f.wrong, func(e dialtone.FieldError) bool { return e.Field == "redirect_uris.0" })
	}
	return f.err()
}

// create returns the client that the edit asks for and the name of its first secret.
func (e ClientEdit) create(client dialtone.Client, now time.Time) (dialtone.Client, string, error) {
	var f fields
	client.Type = e.Type
	if e.Type != dialtone.ClientConfidential && e.Type != dialtone.ClientPublic {
		f.refuse("type", "Choose confidential for a server that can keep a secret, or public for an app or a page.")
	}
	client = e.fill(&f, client)
	name := ""
	if !client.Public() {
		name = f.line(line{field: "secret_name", longest: longestSecretName}, cmp.Or(e.SecretName, "first"))
		f.expiry("secret_expires", e.SecretExpires, now)
	}
	return client, name, f.err()
}

// change returns the client with what the edit says.
func (e ClientEdit) change(client dialtone.Client) (dialtone.Client, error) {
	var f fields
	if e.Type != "" && e.Type != client.Type {
		f.refuse("type", "The type cannot change: apps that rely on it would fail. Create another client.")
	}
	client = e.fill(&f, client)
	return client, f.err()
}

func (e ClientEdit) fill(f *fields, client dialtone.Client) dialtone.Client {
	usual := dialtone.AuthBasic
	if client.Public() {
		usual = dialtone.AuthNone
	}
	client.ClientSettings = e.ClientSettings
	client.AuthMethod = cmp.Or(e.AuthMethod, usual)
	client.IDTokenAlgorithm = cmp.Or(e.IDTokenAlgorithm, dialtone.IDTokenAlgorithms[0])
	client.Description = f.line(line{field: "description", words: "what this client is, as \"web server\"", longest: 120, required: true}, e.Description)
	switch {
	case client.Public() && client.AuthMethod != dialtone.AuthNone:
		f.refuse("auth_method", "A public client has no secret. Choose none.")
	case !client.Public() && client.AuthMethod != dialtone.AuthBasic && client.AuthMethod != dialtone.AuthPost:
		f.refuse("auth_method", "Choose client_secret_basic or client_secret_post.")
	}
	if !slices.Contains(dialtone.IDTokenAlgorithms, client.IDTokenAlgorithm) {
		f.refuse("id_token_algorithm", "Choose RS256, ES256 or EdDSA.")
	}
	client.RedirectURIs = f.redirectURIs("redirect_uris", e.RedirectURIs)
	if len(client.RedirectURIs) == 0 {
		f.refuse("redirect_uris.0", "Write the address that subscribers come back to after signing in.")
	}
	client.PostRevokeRedirectURIs = f.redirectURIs("post_revoke_redirect_uris", e.PostRevokeRedirectURIs)
	client.PostLogoutRedirectURIs = f.redirectURIs("post_logout_redirect_uris", e.PostLogoutRedirectURIs)
	if grace := e.RefreshGraceSeconds; grace != nil && (*grace < 0 || *grace > dialtone.MostRefreshGraceSeconds) {
		f.refuse("refresh_grace_seconds", fmt.Sprintf("Write whole seconds from 0 to %d.", dialtone.MostRefreshGraceSeconds))
	}
	return client.WithUsualSettings()
}

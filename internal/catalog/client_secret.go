package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

type clientSecretStore interface {
	AddClientSecret(ctx context.Context, clientID string, s dialtone.ClientSecret, a dialtone.Activity) error
	RotateClientSecret(ctx context.Context, clientID, oldID string, ends time.Time, s dialtone.ClientSecret, a dialtone.Activity) error
	RemoveClientSecret(ctx context.Context, clientID, secretID string, a dialtone.Activity) error
}

const (
	longestSecretName = 60 // characters
	mostLiveSecrets   = 10 // of one client: every one of them is compared at each request
	mostSecrets       = 50 // the expired ones, too
	// LongestOverlap is how long a rotated secret may still be accepted.
	LongestOverlap = 30 * 24 * time.Hour
)

// IssueSecret gives a client one secret more. The text exists here once: the database keeps a hash. Errors:
// dialtone.FieldErrors on name and expires; as Client.
func (c *Catalog) IssueSecret(
	ctx context.Context, actor dialtone.Actor, clientID, name string, expires, now time.Time,
) (dialtone.ClientSecret, secret.Text, error) {
	client, p, _, err := c.client(ctx, actor, clientID, WriteClients)
	if err != nil {
		return dialtone.ClientSecret{}, "", err
	}
	var f fields
	name = f.line(line{field: "name", words: "a name for the secret, as \"server 2\"", longest: longestSecretName, required: true}, name)
	expires = f.expiry("expires", expires, now)
	f.roomForSecret(client, now)
	if err := f.err(); err != nil {
		return dialtone.ClientSecret{}, "", err
	}
	now = tick(time.Time{}, now)
	s, text := newSecret(name, expires, now)
	a := signed(actor, dialtone.Activity{OrganizationID: p.OrganizationID, Action: "client.secret.create", Target: clientID, Detail: name}, now)
	if err := c.store.AddClientSecret(ctx, clientID, s, a); err != nil {
		return dialtone.ClientSecret{}, "", fmt.Errorf("issue secret of client %s: %w", clientID, err)
	}
	c.registrations.Drop()
	return s, text, nil
}

// RotateSecret gives a client a new secret in the place of one that stays good for the overlap, so that servers can change over
// one by one. The new one is called after the old one and lives as long as that did. Errors: dialtone.FieldErrors on overlap and
// name; ErrNotFound if the client has no such secret; as Client.
func (c *Catalog) RotateSecret(
	ctx context.Context, actor dialtone.Actor, clientID, secretID string, overlap time.Duration, now time.Time,
) (dialtone.ClientSecret, secret.Text, error) {
	client, p, _, err := c.client(ctx, actor, clientID, WriteClients)
	if err != nil {
		return dialtone.ClientSecret{}, "", err
	}
	old, err := secretOf(client, secretID)
	if err != nil {
		return dialtone.ClientSecret{}, "", err
	}
	var f fields
	if overlap < 0 || overlap > LongestOverlap {
		f.refuse("overlap", "Let the old secret live on for at most 30 days.")
	}
	f.roomForSecret(client, now)
	if err := f.err(); err != nil {
		return dialtone.ClientSecret{}, "", err
	}
	now = tick(time.Time{}, now)
	s, text := newSecret(successorName(client, old.Name, now), time.Time{}, now)
	if !old.Expires.IsZero() {
		s.Expires = now.Add(min(old.Expires.Sub(old.Created), longestLife))
	}
	ends := now.Add(overlap)
	a := signed(actor, dialtone.Activity{
		OrganizationID: p.OrganizationID, Action: "client.secret.rotate", Target: clientID,
		Detail: fmt.Sprintf("%s; the old one ends %s UTC at the latest", old.Name, ends.Format(time.DateTime)),
	}, now)
	if err := c.store.RotateClientSecret(ctx, clientID, secretID, ends, s, a); err != nil {
		return dialtone.ClientSecret{}, "", fmt.Errorf("rotate secret of client %s: %w", clientID, err)
	}
	c.registrations.Drop()
	return s, text, nil
}

// RevokeSecret takes a secret away: it is refused from now on. Errors: ErrNotFound if the client has no such secret; as Client.
func (c *Catalog) RevokeSecret(ctx context.Context, actor dialtone.Actor, clientID, secretID string, now time.Time) error {
	client, p, _, err := c.client(ctx, actor, clientID, WriteClients)
	if err != nil {
		return err
	}
	s, err := secretOf(client, secretID)
	if err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{OrganizationID: p.OrganizationID, Action: "client.secret.revoke", Target: clientID, Detail: s.Name}, now)
	if err := c.store.RemoveClientSecret(ctx, clientID, secretID, a); err != nil {
		return fmt.Errorf("revoke secret %s of client %s: %w", secretID, clientID, err)
	}
	c.registrations.Drop()
	return nil
}

// rotated stands in a successor's name between what the first secret was called and the day.
const rotated = ", rotated "

// successorName is what the secret is called that takes the place of one: "server", then "server, rotated 1 Mar 2026", then
// "server, rotated 1 Apr 2026". No other secret of the client is called so.
func successorName(client dialtone.Client, old string, now time.Time) string {
	day := firstName(old) + rotated + now.UTC().Format("2 Jan 2006")
	name := day
	for n := 2; slices.ContainsFunc(client.Secrets, func(s dialtone.ClientSecret) bool { return s.Name == name }); n++ {
		name = fmt.Sprintf("%s (%d)", day, n)
	}
	return name
}

// firstName is what a secret was called before it was ever rotated, short enough to leave room for the day and a number.
func firstName(name string) string {
	const room = longestSecretName - len(rotated+"31 Dec 2006 (99)")
	first, _, _ := strings.Cut(name, rotated)
	letters := []rune(cmp.Or(first, "secret"))
	return strings.TrimSpace(string(letters[:min(len(letters), room)]))
}

// Replaced reports whether a rotation has put another of the client's secrets in the place of this one. Nothing is kept of
// that but the successor's name, and that it was made within an overlap of this one's end.
func Replaced(client dialtone.Client, s dialtone.ClientSecret) bool {
	successor := firstName(s.Name) + rotated
	return !s.Expires.IsZero() && slices.ContainsFunc(client.Secrets, func(other dialtone.ClientSecret) bool {
		return strings.HasPrefix(other.Name, successor) && other.Created.After(s.Created) && !s.Expires.After(other.Created.Add(LongestOverlap))
	})
}

func newSecret(name string, expires, now time.Time) (dialtone.ClientSecret, secret.Text) {
	text := secret.Token(token.PrefixClientSecret)
	return dialtone.ClientSecret{
		ID: secret.ID("secret"), Name: name, Hash: secret.Hash(text.Reveal()), Created: now, Expires: expires.Truncate(time.Microsecond),
	}, text
}

func secretOf(client dialtone.Client, secretID string) (dialtone.ClientSecret, error) {
	i := slices.IndexFunc(client.Secrets, func(s dialtone.ClientSecret) bool { return s.ID == secretID })
	if i < 0 {
		return dialtone.ClientSecret{}, fmt.Errorf("secret %s of client %s: %w", secretID, client.ID, dialtone.ErrNotFound)
	}
	return client.Secrets[i], nil
}

// roomForSecret says why a client cannot have one secret more.
func (f *fields) roomForSecret(client dialtone.Client, now time.Time) {
	live := 0
	for _, s := range client.Secrets {
		if s.Live(now) {
			live++
		}
	}
	switch {
	case client.Public():
		f.refuse("name", "A public client has no secret. Create a confidential client for a server.")
	case live >= mostLiveSecrets:
		f.refuse("name", fmt.Sprintf("At most %d secrets live at once. Revoke one that is no longer used.", mostLiveSecrets))
	case len(client.Secrets) >= mostSecrets:
		f.refuse("name", fmt.Sprintf("At most %d secrets are kept. Revoke those that have expired.", mostSecrets))
	}
}

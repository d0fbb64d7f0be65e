package apply

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/written"
)

// client is one with the hash of a secret that its entry brings and that it does not have yet; empty: none.
type client struct {
	dialtone.Client
	hash string
}

func clientNoun() section {
	return noun[client]{
		word: "client", section: "clients", identity: []string{"id"},
		fresh: client{Client: dialtone.Client{
			Type:           dialtone.ClientConfidential,
			ClientSettings: dialtone.ClientSettings{AuthMethod: dialtone.AuthBasic, IDTokenAlgorithm: dialtone.IDTokenAlgorithms[0]},
		}},
		fields: []field[client]{
			keep("product", text, func(c *client) *string { return &c.ProductID }).needed(),
			keep("description", text, func(c *client) *string { return &c.Description }).needed(),
			keep("type", word[dialtone.ClientType](), func(c *client) *dialtone.ClientType { return &c.Type }),
			keep("auth_method", word[dialtone.AuthMethod](), func(c *client) *dialtone.AuthMethod { return &c.AuthMethod }),
			keep("id_token_algorithm", text, func(c *client) *string { return &c.IDTokenAlgorithm }),
			keep("redirect_uris", texts, func(c *client) *[]string { return &c.RedirectURIs }),
			keep("post_revoke_redirect_uris", texts, func(c *client) *[]string { return &c.PostRevokeRedirectURIs }),
			keep("post_logout_redirect_uris", texts, func(c *client) *[]string { return &c.PostLogoutRedirectURIs }),
			keep("refresh_grace_seconds", numberOrUsual, func(c *client) **int { return &c.RefreshGraceSeconds }),
			keep("claims_in_id_token", truth, func(c *client) *bool { return &c.ClaimsInIDToken }),
			keep("secret_sha256", hash, func(c *client) *string { return &c.hash }),
		},
		find:   findClient,
		finish: finishClient,
		valid: func(c client) error {
			if err := c.Validate(); err != nil {
				return err
			}
			return catalog.CheckClient(c.Client)
		},
		title: func(c client) (string, string) { return c.ID, c.ID },
		risks: clientRisks,
		beyond: func(was, _ *client) []Change {
			if was.Applied {
				return nil
			}
			return []Change{{Field: "trust", New: "a document names it now: browsers may be sent to its redirect URIs at once"}}
		},
		save: func(ctx context.Context, a Applier, was, is client, now time.Time) error {
			was.hash, is.hash = "", ""
			return a.catalog.PutClient(ctx, is.Client, now)
		},
		inner: func(_ context.Context, p *planner, _ entry, c client) error {
			p.clients = append(p.clients, c)
			if item := &p.items[len(p.items)-1]; c.needsSecret() {
				item.Changes = append(item.Changes, Change{Field: "secret", New: "a new one, to the credentials file"})
				if item.State == Unchanged {
					item.State = Changed
				}
			}
			return nil
		},
	}
}

// hash is a SHA-256 in the form of secret.Hash: hexadecimal digits as sha256sum prints them, or base64url.
var hash = form[string]{
	read: func(v *written.Value) (string, error) {
		digits, err := v.Hidden()
		if err != nil {
			return "", err
		}
		for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.RawURLEncoding.DecodeString} {
			if sum, err := decode(digits); err == nil && len(sum) == 32 {
				return base64.RawURLEncoding.EncodeToString(sum), nil
			}
		}
		return "", v.Fault("secret_sha256: this is not a SHA-256: 64 hexadecimal digits as sha256sum prints them")
	},
	same: equal[string],
	show: func(h string) string {
		if h == "" {
			return ""
		}
		return "one secret more"
	},
}

// findClient finds a client by its id. Without one, an id is derived from product and description, so that applying the document
// again finds the same client.
func findClient(ctx context.Context, p *planner, e entry, fresh client) (client, bool, error) {
	id, err := e.id("id")
	if err != nil {
		return client{}, false, err
	}
	if _, given := e.field("id"); !given {
		productID, err := e.name("product")
		if err != nil {
			return client{}, false, err
		}
		description, err := e.name("description")
		if err != nil {
			return client{}, false, err
		}
		if productID == "" || description == "" {
			return client{}, false, e.at.Fault("this client has no id: give it one, or both product and description, from which one is made")
		}
		id = derivedClientID(productID, description)
	}
	found, err := p.applier.store.Client(ctx, id)
	if errors.Is(err, dialtone.ErrNotFound) {
		fresh.ID = id
		return fresh, false, nil
	}
	return client{Client: found}, err == nil, err
}

// derivedClientID gives the same id to the same client in every run. Ids are no secrets.
func derivedClientID(product, description string) string {
	const length = 26 // as long as the ids of package secret
	sum, err := base64.RawURLEncoding.DecodeString(secret.Hash(product + "\x00" + description))
	if err != nil {
		panic(fmt.Sprintf("apply: secret.Hash is base64url: %v", err))
	}
	return "client_" + hex.EncodeToString(sum)[:length]
}

func finishClient(ctx context.Context, p *planner, e entry, was, is *client, found bool) error {
	if f, given := e.field("product"); given && found && was.ProductID != is.ProductID {
		// Its tokens and subjects belong to the old one.
		p.add(f.Fault("product: the client belongs to %s and cannot move", was.ProductID))
		is.ProductID = was.ProductID
	}
	if f, given := e.field("secret_sha256"); given && f.Empty() {
		p.add(f.Fault("secret_sha256: a document adds secrets and takes none away: revoke one in the portal, and leave this out"))
	}
	if f, given := e.field("secret_sha256"); given && is.Public() && !f.Empty() {
		p.add(f.Fault("secret_sha256: a public client has no secret: leave it out"))
	}
	if hasSecret(was.Client, is.hash) {
		is.hash = ""
	}
	if f, given := e.field("auth_method"); (!given || f.Empty()) && is.Public() != (is.AuthMethod == dialtone.AuthNone) {
		is.AuthMethod = dialtone.AuthBasic // the usual one of the type
		if is.Public() {
			is.AuthMethod = dialtone.AuthNone
		}
	}
	return p.refer(ctx, e, "product", "product", is.ProductID, func(ctx context.Context, id string) error {
		_, err := p.applier.store.Product(ctx, id)
		return err
	})
}

func clientRisks(was, is *client) map[string]string {
	risks := make(map[string]string)
	for key, lists := range map[string][2][]string{
		"redirect_uris":             {was.RedirectURIs, is.RedirectURIs},
		"post_revoke_redirect_uris": {was.PostRevokeRedirectURIs, is.PostRevokeRedirectURIs},
		"post_logout_redirect_uris": {was.PostLogoutRedirectURIs, is.PostLogoutRedirectURIs},
	} {
		if gone := left(lists[0], lists[1]); len(gone) > 0 {
			risks[key] = "breaks live sign-ins: an app that sends " + strings.Join(gone, ", ") + " is refused"
		}
	}
	changes := map[string]bool{
		"type": was.Type != is.Type, "auth_method": was.AuthMethod != is.AuthMethod, "id_token_algorithm": was.IDTokenAlgorithm != is.IDTokenAlgorithm,
	}
	maps.DeleteFunc(changes, func(_ string, changed bool) bool { return !changed })
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		risks[key] = "breaks live sign-ins: an app that goes on as before is refused or refuses"
	}
	return risks
}

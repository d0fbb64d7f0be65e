package guide

import (
	"context"
	"html"
	"html/template"
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// values fill the braces of the guide in for one reader.
type values struct {
	issuer, portal string
	client         dialtone.Client // the zero value: the reader has none, or is not signed in
	product        string          // the name of its product
}

// pairs are the braces with what stands for them, as strings.NewReplacer takes them.
func (v values) pairs() []string {
	number := directory.SandboxNumbers()[0]
	clientID, redirect, postRevoke := "YOUR_CLIENT_ID", "https://example.com/callback", "https://example.com/revoke"
	if v.client.ID != "" {
		clientID = v.client.ID
	}
	if len(v.client.RedirectURIs) > 0 {
		redirect = v.client.RedirectURIs[0]
	}
	if len(v.client.PostRevokeRedirectURIs) > 0 {
		postRevoke = v.client.PostRevokeRedirectURIs[0]
	}
	return []string{
		"{issuer}", v.issuer, "{portal}", v.portal, "{client_id}", clientID, "{redirect_uri}", redirect,
		"{post_revoke_redirect_uri}", postRevoke, "{phone}", number.E164(), "{pin}", directory.SandboxPIN(number),
	}
}

// fill puts the values into the rendered text.
func (v values) fill(text string) template.HTML {
	pairs := v.pairs()
	for i := 1; i < len(pairs); i += 2 {
		pairs[i] = html.EscapeString(pairs[i])
	}
	return template.HTML(strings.NewReplacer(pairs...).Replace(text)) //nolint:gosec // ours, with escaped values
}

// values returns what the reader sees: the newest client of the newest product that enables scopes, so that the examples work; else
// of the newest that has a client.
func (m *Room) values(r *http.Request, v desk.Visit) (values, error) {
	found := values{issuer: m.Issuer, portal: m.Portal}
	if v.Account.ID == "" {
		return found, nil
	}
	var err error
	found.client, found.product, err = m.readersClient(r.Context(), v.Actor)
	return found, err
}

// looked bounds how many products are looked at for a client.
const looked = 5

func (m *Room) readersClient(ctx context.Context, actor dialtone.Actor) (client dialtone.Client, product string, err error) {
	organizations, err := m.Catalog.Organizations(ctx, actor)
	if err != nil {
		return dialtone.Client{}, "", err
	}
	for _, o := range organizations {
		products, err := m.Catalog.Products(ctx, actor, o.Organization.ID, catalog.ProductQuery{Limit: looked})
		if err != nil {
			return dialtone.Client{}, "", err
		}
		for _, p := range products {
			clients, err := m.Catalog.Clients(ctx, actor, p.ID)
			if err != nil {
				return dialtone.Client{}, "", err
			}
			if len(clients) == 0 {
				continue
			}
			if len(p.Scopes) > 0 {
				return clients[0], p.Name, nil
			}
			if client.ID == "" {
				client, product = clients[0], p.Name
			}
		}
	}
	return client, product, nil
}

package catalog

import (
	"context"
	"fmt"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// ReadinessItem is one thing that an operator wants to see before it shows a product to its subscribers.
type ReadinessItem struct {
	Name    string
	Done    bool
	Problem string // a sentence that says what to do; empty when done
	Tab     string // where: general, scopes or clients
}

// Readiness returns everything that a product needs, done or not, in the order of the tabs. Errors: as Product.
func (c *Catalog) Readiness(ctx context.Context, actor dialtone.Actor, productID string) ([]ReadinessItem, error) {
	p, _, err := c.product(ctx, actor, productID, ReadProducts)
	if err != nil {
		return nil, err
	}
	return c.readiness(ctx, p)
}

func (c *Catalog) readiness(ctx context.Context, p dialtone.Product) ([]ReadinessItem, error) {
	clients, err := c.store.Clients(ctx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("readiness of product %s: %w", p.ID, err)
	}
	signsIn := func(client dialtone.Client) bool {
		return len(client.RedirectURIs) > 0 && (client.Public() || len(client.Secrets) > 0)
	}
	items := []ReadinessItem{
		{Name: "Name", Done: p.Name != "", Problem: "Write the name that subscribers will know.", Tab: "general"},
		{Name: "Subtitle", Done: p.Subtitle != "", Problem: "Say in one line what the product is for.", Tab: "general"},
		{Name: "Description", Done: p.Description != "", Problem: "Describe what a subscriber gets.", Tab: "general"},
		{Name: "Icon", Done: p.IconID != "", Problem: "Choose a picture by which subscribers recognise the product.", Tab: "general"},
		{Name: "Price", Done: p.Price != "", Problem: "Say what it costs, or write Free.", Tab: "general"},
		{Name: "Terms", Done: p.TermsURL != "", Problem: "Give the address of your terms of use.", Tab: "general"},
		{Name: "Privacy policy", Done: p.PrivacyURL != "", Problem: "Give the address of your privacy policy.", Tab: "general"},
		{Name: "Support", Done: p.Support != "", Problem: "Say where users get help: an https address or an e-mail address.", Tab: "general"},
		{Name: "Scopes", Done: len(p.Scopes) > 0, Problem: "Enable at least one scope.", Tab: "scopes"},
		{
			Name: "Client", Done: slices.ContainsFunc(clients, signsIn), Tab: "clients",
			Problem: "Create a client with a login redirect URI, and a secret unless it is public.",
		},
	}
	for i := range items {
		if items[i].Done {
			items[i].Problem = ""
		}
	}
	return items, nil
}

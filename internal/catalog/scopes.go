package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// SetScopes chooses which scopes the product enables and which of them a subscriber may leave out. Seen and errors are as for
// SaveProduct; dialtone.FieldErrors are on scopes.N.
func (c *Catalog) SetScopes(
	ctx context.Context, actor dialtone.Actor, productID string, scopes []dialtone.ProductScope, seen, now time.Time,
) (dialtone.Product, error) {
	before, _, err := c.product(ctx, actor, productID, WriteProducts)
	if err != nil {
		return dialtone.Product{}, err
	}
	if scopes, err = c.checkScopes(ctx, scopes); err != nil {
		return dialtone.Product{}, err
	}
	after := before
	after.Scopes = scopes
	return c.saveProduct(ctx, actor, productChange{before: before, after: after, seen: seen, action: "product.scopes"}, now)
}

func (c *Catalog) checkScopes(ctx context.Context, scopes []dialtone.ProductScope) ([]dialtone.ProductScope, error) {
	known, err := c.Scopes(ctx)
	if err != nil {
		return nil, fmt.Errorf("set scopes: %w", err)
	}
	var f fields
	var list []dialtone.ProductScope
	seen := make(map[string]bool, len(scopes))
	for i, s := range scopes {
		s.Name = strings.TrimSpace(s.Name)
		at := fmt.Sprintf("scopes.%d", i)
		if _, there := known[s.Name]; !there {
			f.refuse(at, "There is no such scope. Choose one of the table.")
		} else if seen[s.Name] {
			f.refuse(at, "This scope is chosen twice. Take one of the two away.")
		}
		seen[s.Name] = true
		list = append(list, s)
	}
	return list, f.err()
}

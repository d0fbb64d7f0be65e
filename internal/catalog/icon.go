package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type assetStore interface {
	PutAsset(ctx context.Context, a dialtone.Asset) error
}

// dailyIcons of one organization: pictures that no product has any more stay in the database.
const dailyIcons = 100

// SetIcon gives the product a picture, drawn anew, or takes it away if body is empty. Errors: dialtone.FieldErrors on icon;
// *dialtone.BudgetError; as Product.
func (c *Catalog) SetIcon(ctx context.Context, actor dialtone.Actor, productID string, body []byte, now time.Time) (dialtone.Product, error) {
	before, _, err := c.product(ctx, actor, productID, WriteProducts)
	if err != nil {
		return dialtone.Product{}, err
	}
	iconID, err := c.keepIcon(ctx, before.OrganizationID, body, now)
	if err != nil {
		return dialtone.Product{}, err
	}
	return c.changeIcon(ctx, actor, before, iconID, now)
}

// keepIcon stores a picture and returns its id; empty for no picture.
func (c *Catalog) keepIcon(ctx context.Context, organizationID string, body []byte, now time.Time) (string, error) {
	if len(body) == 0 {
		return "", nil
	}
	drawn, err := c.drawer.Draw(ctx, body)
	if err != nil {
		return "", fmt.Errorf("set icon: %w", err)
	}
	sum := sha256.Sum256(drawn.Body)
	icon := dialtone.Asset{ID: hex.EncodeToString(sum[:]), MediaType: drawn.MediaType, Body: drawn.Body}
	if err := c.store.Spend(ctx, []dialtone.Budget{dialtone.BudgetIcons.Daily(organizationID, dailyIcons)}, now); err != nil {
		return "", fmt.Errorf("set icon: %w", err)
	}
	if err := c.store.PutAsset(ctx, icon); err != nil {
		return "", fmt.Errorf("set icon: %w", err)
	}
	return icon.ID, nil
}

// changeIcon writes the icon's id. A picture contradicts no other edit, so it is written over whatever was saved meanwhile.
func (c *Catalog) changeIcon(
	ctx context.Context, actor dialtone.Actor, before dialtone.Product, iconID string, now time.Time,
) (dialtone.Product, error) {
	for {
		after := before
		after.IconID = iconID
		saved, err := c.saveProduct(ctx, actor, productChange{before: before, after: after, seen: before.Updated, action: "product.icon"}, now)
		var conflict *dialtone.ConflictError
		if !errors.As(err, &conflict) || ctx.Err() != nil {
			return saved, err
		}
		current, ok := conflict.Current.(dialtone.Product)
		if !ok {
			return saved, err
		}
		before = current
	}
}

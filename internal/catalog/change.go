package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// PutOperator creates or updates an operator. One without a logo keeps the logo that it has: documents carry no pictures.
func (c *Catalog) PutOperator(ctx context.Context, operator dialtone.Operator, now time.Time) error {
	if err := operator.Validate(); err != nil {
		return err
	}
	operator.Ranges = slices.Compact(slices.Sorted(slices.Values(operator.Ranges))) // as the store returns them
	existing, err := c.Operator(ctx, operator.ID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		operator.Created = now
	case err != nil:
		return err
	default:
		operator.Created, operator.Updated = existing.Created, existing.Updated
		operator.Brand.LogoID = cmp.Or(operator.Brand.LogoID, existing.Brand.LogoID)
		if same(operator, existing) {
			return nil
		}
	}
	operator.Updated = now
	if err := c.store.PutOperator(ctx, operator); err != nil {
		return fmt.Errorf("put operator %s: %w", operator.ID, err)
	}
	c.operators.Drop()
	return nil
}

// PutScope creates or updates an entry of the scope catalogue.
func (c *Catalog) PutScope(ctx context.Context, scope dialtone.Scope) error {
	if err := scope.Validate(); err != nil {
		return err
	}
	if err := c.store.PutScope(ctx, scope); err != nil {
		return fmt.Errorf("put scope %s: %w", scope.Name, err)
	}
	c.scopes.Drop()
	return nil
}

// PutOrganization creates or renames an organization.
func (c *Catalog) PutOrganization(ctx context.Context, organization dialtone.Organization, now time.Time) error {
	if err := organization.Validate(); err != nil {
		return err
	}
	organization.Created = now
	if err := c.store.PutOrganization(ctx, organization); err != nil {
		return fmt.Errorf("put organization %s: %w", organization.ID, err)
	}
	c.registrations.Drop()
	return nil
}

// PutProduct creates or updates a product. The consent version is the catalogue's to count: what the caller gives is
// ignored. A product without an icon keeps the icon that it has: documents carry no pictures.
func (c *Catalog) PutProduct(ctx context.Context, product dialtone.Product, now time.Time) error {
	if err := c.checkProduct(ctx, product); err != nil {
		return err
	}
	existing, err := c.store.Product(ctx, product.ID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		product.Created, product.ConsentVersion = now, 1
	case err != nil:
		return fmt.Errorf("put product %s: %w", product.ID, err)
	case existing.OrganizationID != product.OrganizationID:
		return fmt.Errorf("product %s: %w: it belongs to organization %s and cannot move to %s",
			product.ID, dialtone.ErrConflict, existing.OrganizationID, product.OrganizationID)
	default:
		product.Created, product.ConsentVersion = existing.Created, existing.ConsentVersion
		product.Updated = existing.Updated
		product.IconID = cmp.Or(product.IconID, existing.IconID)
		if same(product, existing) {
			return nil
		}
		if again, _ := ConsentImpact(existing, product); again {
			product.ConsentVersion++
		}
	}
	product.Updated = now
	if err := c.store.PutProduct(ctx, product); err != nil {
		return fmt.Errorf("put product %s: %w", product.ID, err)
	}
	c.registrations.Drop()
	return nil
}

func (c *Catalog) checkProduct(ctx context.Context, product dialtone.Product) error {
	if err := product.Validate(); err != nil {
		return err
	}
	known, err := c.Scopes(ctx)
	if err != nil {
		return err
	}
	for _, scope := range product.Scopes {
		if _, ok := known[scope.Name]; !ok {
			return fmt.Errorf("product %s: %w: scope %s is not in the scope catalogue", product.ID, dialtone.ErrInvalid, scope.Name)
		}
	}
	return nil
}

// PutClient creates or updates a client that a document names, without its secrets. A client cannot change its product: its
// tokens and subjects belong to the old one.
func (c *Catalog) PutClient(ctx context.Context, client dialtone.Client, now time.Time) error {
	if err := client.Validate(); err != nil {
		return err
	}
	client = client.WithUsualSettings()
	client.Applied = true
	existing, err := c.store.Client(ctx, client.ID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		client.Created = now
	case err != nil:
		return fmt.Errorf("put client %s: %w", client.ID, err)
	case existing.ProductID != client.ProductID:
		return fmt.Errorf("client %s: %w: it belongs to product %s and cannot move to %s",
			client.ID, dialtone.ErrConflict, existing.ProductID, client.ProductID)
	default:
		client.Created, client.Updated, client.Secrets = existing.Created, existing.Updated, existing.Secrets
		if same(client, existing) {
			return nil
		}
	}
	client.Updated = now
	if err := c.store.PutClient(ctx, client); err != nil {
		return fmt.Errorf("put client %s: %w", client.ID, err)
	}
	c.registrations.Drop()
	return nil
}

// List puts the product's listing at the operator into the state, with a reason for its history. A product that is
// offered to an operator with automatic approval is enabled at once; offering what is listed already changes nothing, so
// that it cannot undo what staff decided. Any other state is a decision, except at the sandbox.
func (c *Catalog) List(ctx context.Context, listing dialtone.Listing, actor string, now time.Time) error {
	if err := listing.Validate(); err != nil {
		return err
	}
	operator, err := c.Operator(ctx, listing.OperatorID)
	if err != nil {
		return fmt.Errorf("list product %s: %w", listing.ProductID, err)
	}
	existing, err := c.store.Listing(ctx, listing.ProductID, listing.OperatorID)
	listed := err == nil
	listing.Decided = listing.State != dialtone.ListingOffered && !operator.Sandbox
	switch {
	case err != nil && !errors.Is(err, dialtone.ErrNotFound):
		return fmt.Errorf("list product %s at %s: %w", listing.ProductID, listing.OperatorID, err)
	case listed && listing.State == dialtone.ListingOffered:
		return nil
	case listed && listing.State == existing.State && listing.Reason == existing.Reason && listing.Decided == existing.Decided:
		return nil
	case listing.State == dialtone.ListingOffered && operator.Approval == dialtone.ApprovalAutomatic:
		listing.State = dialtone.ListingEnabled
	}
	listing.Updated = now
	if err := c.store.PutListing(ctx, listing, actor); err != nil {
		return fmt.Errorf("list product %s at %s: %w", listing.ProductID, listing.OperatorID, err)
	}
	c.registrations.Drop()
	return nil
}

// same reports whether writing the noun would change nothing but the time of its last change.
func same[T any](noun, stored T) bool { return reflect.DeepEqual(noun, stored) }

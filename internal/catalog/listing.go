package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type listingStore interface {
	Listings(ctx context.Context, productID string) ([]dialtone.Listing, error)
	ListingHistory(ctx context.Context, productID, operatorID string) ([]dialtone.ListingChange, error)
	OfferListing(ctx context.Context, l dialtone.Listing, a dialtone.Activity) error
}

// OperatorListing is an operator as the developers of a product see it.
type OperatorListing struct {
	Operator dialtone.Operator
	Listing  dialtone.Listing         // State "": never offered
	History  []dialtone.ListingChange // the oldest first
	Testers  []dialtone.Tester        // who try the product there now, the last to end first
}

// Listings returns how the product stands at the operators that it was ever offered to. Errors: as Product.
func (c *Catalog) Listings(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Listing, error) {
	if _, _, err := c.product(ctx, actor, productID, ReadProducts); err != nil {
		return nil, err
	}
	list, err := c.store.Listings(ctx, productID)
	if err != nil {
		return nil, fmt.Errorf("listings of product %s: %w", productID, err)
	}
	return list, nil
}

// IncompleteError says that a product lacks what an operator wants to see. It wraps ErrInvalid.
type IncompleteError struct{ Items []ReadinessItem } // those that are not done

func (e *IncompleteError) Error() string {
	return fmt.Sprintf("offer product: %v: %d things are missing", dialtone.ErrInvalid, len(e.Items))
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *IncompleteError) Unwrap() error { return dialtone.ErrInvalid }

// SuspendedError says that an operator has taken the product away from its subscribers, and that only it can give it back. It
// wraps ErrConflict.
type SuspendedError struct{ Listing dialtone.Listing }

func (e *SuspendedError) Error() string {
	return fmt.Sprintf("offer product %s: %v: suspended by %s", e.Listing.ProductID, dialtone.ErrConflict, e.Listing.OperatorID)
}

// Unwrap makes errors.Is(err, ErrConflict) true.
func (e *SuspendedError) Unwrap() error { return dialtone.ErrConflict }

// OperatorListings returns every operator that a product can be offered to, in the order of Operators, and what became of the
// product there.
func (c *Catalog) OperatorListings(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) ([]OperatorListing, error) {
	if _, _, err := c.product(ctx, actor, productID, ReadProducts); err != nil {
		return nil, err
	}
	operators, err := c.Operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("listings of product %s: %w", productID, err)
	}
	listings, err := c.store.Listings(ctx, productID)
	if err != nil {
		return nil, fmt.Errorf("listings of product %s: %w", productID, err)
	}
	testers, err := c.store.Testers(ctx, productID)
	if err != nil {
		return nil, fmt.Errorf("testers of product %s: %w", productID, err)
	}
	list := make([]OperatorListing, len(operators))
	for i, operator := range operators {
		list[i].Operator = operator
		for _, t := range testers {
			if t.OperatorID == operator.ID && now.Before(t.Until) {
				list[i].Testers = append(list[i].Testers, t)
			}
		}
		at := slices.IndexFunc(listings, func(l dialtone.Listing) bool { return l.OperatorID == operator.ID })
		if at < 0 {
			continue
		}
		list[i].Listing = listings[at]
		if list[i].History, err = c.store.ListingHistory(ctx, productID, operator.ID); err != nil {
			return nil, fmt.Errorf("listing history of product %s: %w", productID, err)
		}
	}
	return list, nil
}

// Offer offers a product to an operator. One with automatic approval enables it at once; the sandbox takes it as it is, every
// other operator when it is complete. What was declined may be offered again; what is offered or enabled stays so. Errors:
// *IncompleteError; *SuspendedError; ErrNotFound if there is no such operator; as Product.
func (c *Catalog) Offer(ctx context.Context, actor dialtone.Actor, productID, operatorID string, now time.Time) (dialtone.Listing, error) {
	p, _, err := c.product(ctx, actor, productID, WriteProducts)
	if err != nil {
		return dialtone.Listing{}, err
	}
	operator, err := c.servedOperator(ctx, operatorID)
	if err != nil {
		return dialtone.Listing{}, fmt.Errorf("offer product %s: %w", productID, err)
	}
	existing, err := c.listed(ctx, productID, operatorID)
	if err != nil || existing.State == dialtone.ListingOffered || existing.State == dialtone.ListingEnabled {
		return existing, err
	}
	if err := c.complete(ctx, p, operator); err != nil {
		return dialtone.Listing{}, err
	}
	listing := dialtone.Listing{ProductID: productID, OperatorID: operatorID, State: dialtone.ListingOffered, Updated: tick(existing.Updated, now)}
	if operator.Approval == dialtone.ApprovalAutomatic {
		listing.State = dialtone.ListingEnabled
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: p.OrganizationID, Action: "listing.offer", Target: productID,
		Detail: fmt.Sprintf("to %s: %s", operator.Name, listing.State),
	}, listing.Updated)
	err = c.store.OfferListing(ctx, listing, a)
	if errors.Is(err, dialtone.ErrConflict) {
		return c.listed(ctx, productID, operatorID) // a colleague was faster, or staff
	}
	if err != nil {
		return dialtone.Listing{}, fmt.Errorf("offer product %s to %s: %w", productID, operatorID, err)
	}
	c.registrations.Drop()
	return listing, nil
}

// linesForStaff are what the histories of a product's listings say of a change that staff who approved the product would want to
// see: it is enabled under another name or asks for more. Where nobody approves, nobody looks.
func (c *Catalog) linesForStaff(ctx context.Context, actor dialtone.Actor, before, after dialtone.Product) ([]dialtone.ListingChange, error) {
	var what changes
	what.note("name", before.Name != after.Name)
	what.note("scopes", slices.ContainsFunc(after.Scopes, func(s dialtone.ProductScope) bool {
		earlier, had := before.Scope(s.Name)
		return !had || earlier.Optional && !s.Optional
	}))
	if len(what) == 0 {
		return nil, nil
	}
	operators, err := c.Operators(ctx)
	if err != nil {
		return nil, err
	}
	var lines []dialtone.ListingChange
	for _, operator := range operators {
		if operator.Approval != dialtone.ApprovalManual {
			continue
		}
		lines = append(lines, dialtone.ListingChange{Actor: actor.ID(), Listing: dialtone.Listing{
			ProductID: after.ID, OperatorID: operator.ID, State: dialtone.ListingEnabled,
			Reason: "changed by its developers: " + strings.Join(what, ", "), Updated: after.Updated,
		}})
	}
	return lines, nil
}

// listed returns a product's listing at an operator; its state is empty if there is none. Error: *SuspendedError.
func (c *Catalog) listed(ctx context.Context, productID, operatorID string) (dialtone.Listing, error) {
	listing, err := c.store.Listing(ctx, productID, operatorID)
	switch {
	case err != nil && !errors.Is(err, dialtone.ErrNotFound):
		return dialtone.Listing{}, fmt.Errorf("offer product %s to %s: %w", productID, operatorID, err)
	case err == nil && listing.State == dialtone.ListingSuspended:
		return dialtone.Listing{}, &SuspendedError{Listing: listing}
	case err != nil:
		return dialtone.Listing{}, nil
	}
	return listing, nil
}

// servedOperator returns an operator that is not closed.
func (c *Catalog) servedOperator(ctx context.Context, id string) (dialtone.Operator, error) {
	if slices.Contains(c.closed, id) {
		return dialtone.Operator{}, fmt.Errorf("operator %s: %w", id, dialtone.ErrNotFound)
	}
	return c.Operator(ctx, id)
}

// complete says what the product lacks before it can be offered to the operator.
func (c *Catalog) complete(ctx context.Context, p dialtone.Product, operator dialtone.Operator) error {
	if operator.Sandbox {
		return nil // nobody but developers signs in there
	}
	items, err := c.readiness(ctx, p)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(items, func(item ReadinessItem) bool { return item.Done })
	if len(missing) > 0 {
		return &IncompleteError{Items: missing}
	}
	return nil
}

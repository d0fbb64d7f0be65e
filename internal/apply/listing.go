package apply

import (
	"context"
	"errors"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
)

type listing = dialtone.Listing

// planListings plans the listings that stand in a product's entry.
func planListings(ctx context.Context, p *planner, e entry, in product) error {
	f, given := e.field("listing")
	if !given {
		return nil
	}
	if f.Empty() {
		p.add(f.Fault("listing: no listing is ever deleted: name each operator with \"state: suspended\", or leave this out"))
		return nil
	}
	inner := p.faults.entries(f.Value, listingNoun(in.ID))
	return listingNoun(in.ID).plan(ctx, p, inner)
}

func listingNoun(productID string) section {
	return noun[listing]{
		word: "listing", section: "listing", identity: []string{"operator"},
		fresh: listing{ProductID: productID, State: dialtone.ListingOffered},
		fields: []field[listing]{
			keep("state", word[dialtone.ListingState](), func(l *listing) *dialtone.ListingState { return &l.State }),
			keep("reason", text, func(l *listing) *string { return &l.Reason }),
		},
		find:   findListing,
		finish: finishListing,
		valid:  listing.Validate,
		title:  func(l listing) (string, string) { return l.OperatorID, "of " + l.ProductID + " at " + l.OperatorID },
		risks: func(was, is *listing) map[string]string {
			if was.State != dialtone.ListingEnabled || is.State == was.State {
				return nil
			}
			return map[string]string{"state": "breaks live sign-ins: subscribers of " + is.OperatorID + " can no longer use the product"}
		},
		beyond: func(was, is *listing) []Change {
			if was.Decided == is.Decided || was.State != is.State {
				return nil
			}
			return []Change{{Field: "decision", New: "confirmed: it was automatic"}}
		},
		save: func(ctx context.Context, a Applier, _, is listing, now time.Time) error {
			return a.catalog.List(ctx, is, actor, now)
		},
	}
}

func findListing(ctx context.Context, p *planner, e entry, fresh listing) (listing, bool, error) {
	operatorID, err := e.needed("listing", "operator")
	if err != nil {
		return listing{}, false, err
	}
	fresh.OperatorID = operatorID
	found, err := p.applier.store.Listing(ctx, fresh.ProductID, operatorID)
	if errors.Is(err, dialtone.ErrNotFound) {
		return fresh, false, nil
	}
	return found, err == nil, err
}

// finishListing says what becomes of an offer: an operator that approves automatically enables it, and what is listed already
// stays as it is, so that a document cannot undo what staff decided.
func finishListing(ctx context.Context, p *planner, e entry, was, is *listing, found bool) error {
	missing := false
	err := p.refer(ctx, e, "operator", "operator", is.OperatorID, func(ctx context.Context, id string) error {
		_, err := p.applier.catalog.Operator(ctx, id)
		missing = errors.Is(err, dialtone.ErrNotFound)
		return err
	})
	switch {
	case err != nil || missing:
		return err
	case found && is.State == dialtone.ListingOffered:
		is.State = was.State
	case found && is.OperatorID != directory.SandboxOperatorID:
		if _, given := e.field("state"); given {
			is.Decided = true
		}
	case !found && is.State == dialtone.ListingOffered:
		o, planned := p.operators[is.OperatorID]
		if !planned {
			if o, err = p.applier.catalog.Operator(ctx, is.OperatorID); err != nil {
				return err
			}
		}
		if o.Approval == dialtone.ApprovalAutomatic {
			is.State = dialtone.ListingEnabled
		}
	}
	return nil
}

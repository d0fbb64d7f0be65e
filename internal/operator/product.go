package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

type productStore interface {
	OfferedProducts(ctx context.Context, q dialtone.OfferedQuery) ([]dialtone.Offered, error)
	ListingCounts(ctx context.Context, operatorID string) (map[dialtone.ListingState]int, error)
	Listing(ctx context.Context, productID, operatorID string) (dialtone.Listing, error)
	ListingHistory(ctx context.Context, productID, operatorID string) ([]dialtone.ListingChange, error)
	Reviewed(ctx context.Context, productID, operatorID string) (dialtone.Product, error)
	Product(ctx context.Context, id string) (dialtone.Product, error)
	Organization(ctx context.Context, id string) (dialtone.Organization, error)
	Testers(ctx context.Context, productID string) ([]dialtone.Tester, error)
	DecideListing(ctx context.Context, l dialtone.Listing, seen time.Time, reviewed dialtone.Product, a dialtone.Activity, e dialtone.AuditEntry) error
}

// MostOffered is how many products one page holds at most.
const MostOffered = 100

// Products returns products that were offered to the operator, those first of which something changed last. Errors: as May.
func (o *Office) Products(ctx context.Context, actor dialtone.Actor, q dialtone.OfferedQuery) ([]dialtone.Offered, error) {
	if _, err := o.May(ctx, actor, q.OperatorID, ReadProducts); err != nil {
		return nil, err
	}
	q.Limit = min(q.Limit, MostOffered+1)
	list, err := o.store.OfferedProducts(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("products at operator %s: %w", q.OperatorID, err)
	}
	return list, nil
}

// ProductCounts returns how many products are in each state. Errors: as May.
func (o *Office) ProductCounts(ctx context.Context, actor dialtone.Actor, operatorID string) (map[dialtone.ListingState]int, error) {
	if _, err := o.May(ctx, actor, operatorID, ReadProducts); err != nil {
		return nil, err
	}
	counts, err := o.store.ListingCounts(ctx, operatorID)
	if err != nil {
		return nil, fmt.Errorf("products at operator %s: %w", operatorID, err)
	}
	return counts, nil
}

// Review is a product as the operator's staff look at it.
type Review struct {
	dialtone.Offered
	Operator dialtone.Operator
	History  []dialtone.ListingChange // the oldest first
	Testers  []dialtone.Tester        // at this operator
	// Before is the product as staff saw it when they decided last; nil if they never did.
	Before *dialtone.Product
}

// Review returns a product with all that staff decide on. Errors: ErrNotFound if it was never offered to the operator; as May.
func (o *Office) Review(ctx context.Context, actor dialtone.Actor, operatorID, productID string, now time.Time) (Review, error) {
	desk, err := o.May(ctx, actor, operatorID, ReadProducts)
	if err != nil {
		return Review{}, err
	}
	r := Review{Operator: desk.Operator}
	if r.Listing, err = o.store.Listing(ctx, productID, operatorID); err == nil {
		r.Product, err = o.store.Product(ctx, productID)
	}
	if err == nil {
		r.Organization, err = o.store.Organization(ctx, r.Product.OrganizationID)
	}
	if err == nil {
		r.History, err = o.store.ListingHistory(ctx, productID, operatorID)
	}
	if err == nil {
		err = o.addReviewed(ctx, &r)
	}
	if err == nil {
		err = o.addTesters(ctx, &r, now)
	}
	if err != nil {
		return Review{}, fmt.Errorf("review product %s: %w", productID, err)
	}
	return r, nil
}

func (o *Office) addReviewed(ctx context.Context, r *Review) error {
	before, err := o.store.Reviewed(ctx, r.Product.ID, r.Listing.OperatorID)
	if errors.Is(err, dialtone.ErrNotFound) {
		return nil
	}
	r.Before = &before
	return err
}

func (o *Office) addTesters(ctx context.Context, r *Review, now time.Time) error {
	testers, err := o.store.Testers(ctx, r.Product.ID)
	for _, t := range testers {
		if t.OperatorID == r.Listing.OperatorID && now.Before(t.Until) {
			r.Testers = append(r.Testers, t)
		}
	}
	return err
}

// Decision is what staff make of a product.
type Decision struct {
	OperatorID, ProductID string
	State                 dialtone.ListingState // enabled, declined or suspended
	Reason                string                // the developers read it; needed unless enabled
	Seen                  time.Time             // when the listing that the person saw was last changed
	SeenProduct           time.Time             // and the product
}

const longestReason = 500 // characters

// StaleError says that the product changed while the person who decides was looking at it. It wraps ErrConflict.
type StaleError struct{ ProductID string }

func (e *StaleError) Error() string {
	return fmt.Sprintf("decide on product %s: %v: it changed meanwhile", e.ProductID, dialtone.ErrConflict)
}

// Unwrap makes errors.Is(err, ErrConflict) true.
func (e *StaleError) Unwrap() error { return dialtone.ErrConflict }

// next are the states that staff may bring a listing into.
var next = map[dialtone.ListingState][]dialtone.ListingState{
	dialtone.ListingOffered:   {dialtone.ListingEnabled, dialtone.ListingDeclined},
	dialtone.ListingEnabled:   {dialtone.ListingSuspended},
	dialtone.ListingDeclined:  {dialtone.ListingEnabled},
	dialtone.ListingSuspended: {dialtone.ListingEnabled, dialtone.ListingDeclined},
}

// Next returns the states into which staff may bring a listing that is in the state.
func Next(state dialtone.ListingState) []dialtone.ListingState { return next[state] }

// Decide enables, declines or suspends a product for the operator's subscribers. Suspended, its tokens stop for them: here at once, on
// other nodes within a second. Errors: dialtone.FieldErrors on state and reason; *StaleError; ErrNotFound; as May.
func (o *Office) Decide(ctx context.Context, actor dialtone.Actor, d Decision, now time.Time) (Review, error) {
	desk, err := o.May(ctx, actor, d.OperatorID, DecideProducts)
	if err != nil {
		return Review{}, err
	}
	r, err := o.Review(ctx, actor, d.OperatorID, d.ProductID, now)
	if err != nil {
		return Review{}, err
	}
	if !r.Listing.Updated.Equal(d.Seen) || !r.Product.Updated.Equal(d.SeenProduct) {
		return r, &StaleError{d.ProductID}
	}
	if err := d.check(r.Listing.State); err != nil {
		return r, err
	}
	l := dialtone.Listing{
		ProductID: d.ProductID, OperatorID: d.OperatorID, State: d.State, Reason: strings.TrimSpace(d.Reason), Decided: true,
		Updated: later(r.Listing.Updated, now),
	}
	a := dialtone.Activity{
		ID: secret.ID("activity"), OrganizationID: r.Product.OrganizationID, ActorID: desk.Operator.ID, ActorName: desk.Operator.Name,
		Action: "listing.decide", Target: d.ProductID, Detail: string(d.State), At: l.Updated,
	}
	e := desk.Line(actor, "listing."+verbs[d.State], d.ProductID, dialtone.AuditWords{
		Target: r.Product.Name, Detail: fmt.Sprintf("%s, was %s", d.State, r.Listing.State), Reason: l.Reason,
	}, now)
	err = o.store.DecideListing(ctx, l, r.Listing.Updated, r.Product, a, e)
	if errors.Is(err, dialtone.ErrConflict) {
		return r, &StaleError{d.ProductID}
	}
	if err != nil {
		return r, fmt.Errorf("decide on product %s: %w", d.ProductID, err)
	}
	o.catalog.Drop()
	r.Listing, r.Before = l, &r.Product
	return r, nil
}

var verbs = map[dialtone.ListingState]string{
	dialtone.ListingEnabled: "enable", dialtone.ListingDeclined: "decline", dialtone.ListingSuspended: "suspend",
}

// check says what is wrong with the decision on a listing that is in the state.
func (d Decision) check(state dialtone.ListingState) error {
	allowed := false
	for _, s := range next[state] {
		allowed = allowed || s == d.State
	}
	reason := strings.TrimSpace(d.Reason)
	var wrong dialtone.FieldErrors
	if !allowed {
		wrong = append(wrong, dialtone.FieldError{Field: "state", Problem: fmt.Sprintf("A product that is %s cannot become %s.", state, d.State)})
	}
	switch {
	case reason == "" && d.State != dialtone.ListingEnabled:
		wrong = append(wrong, dialtone.FieldError{Field: "reason", Problem: "Say why: the developers read it, and it stays in the history."})
	case utf8.RuneCountInString(reason) > longestReason:
		wrong = append(wrong, dialtone.FieldError{Field: "reason", Problem: fmt.Sprintf("Write at most %d characters.", longestReason)})
	case writing.Hides(strings.ReplaceAll(reason, "\n", " ")):
		wrong = append(wrong, dialtone.FieldError{Field: "reason", Problem: "Take away invisible characters: others could not see what it says."})
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// later returns the time of a change, exact to what the database keeps, and after the last one: by it two who decide at once are told apart.
func later(last, now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if now.After(last) {
		return now
	}
	return last.Add(time.Microsecond)
}

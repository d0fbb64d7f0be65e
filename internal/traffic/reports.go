package traffic

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Store is what reading needs of the database.
type Store interface {
	Product(ctx context.Context, id string) (dialtone.Product, error)
	Client(ctx context.Context, id string) (dialtone.Client, error)
	// Tallies returns the counts of the hours that begin in [from, to).
	Tallies(ctx context.Context, productID string, from, to time.Time) ([]dialtone.Tally, error)
	// DayTallies returns the counts of the days (UTC) that begin in [from, to), over all clients.
	DayTallies(ctx context.Context, productID string, from, to time.Time) ([]dialtone.Tally, error)
	// FailedRequests returns the newest first: those before the one that happened at before with the id beforeID, or from the
	// newest if before is zero. An empty clientID stands for all clients of the product.
	FailedRequests(ctx context.Context, productID, clientID string, before time.Time, beforeID string, limit int) ([]dialtone.FailedRequest, error)
	FailedRequest(ctx context.Context, id string) (dialtone.FailedRequest, error)
}

// Catalog says who may read what.
type Catalog interface {
	// May returns ErrNotFound if the actor may not know of the organization, ErrForbidden if it may not do the action.
	May(ctx context.Context, actor dialtone.Actor, organizationID string, action catalog.Action) error
	Operators(ctx context.Context) ([]dialtone.Operator, error)
}

// Reports shows to the developers of a product what its clients did. It is safe for concurrent use.
type Reports struct {
	Store   Store
	Catalog Catalog
	Keys    *secret.Keys
}

// product returns a product whose traffic the actor may read.
func (r *Reports) product(ctx context.Context, actor dialtone.Actor, productID string) (dialtone.Product, error) {
	product, err := r.Store.Product(ctx, productID)
	if err != nil {
		return dialtone.Product{}, fmt.Errorf("product %s: %w", productID, err)
	}
	if err := r.Catalog.May(ctx, actor, product.OrganizationID, catalog.ReadTraffic); err != nil {
		return dialtone.Product{}, fmt.Errorf("traffic of product %s: %w", productID, err)
	}
	return product, nil
}

// Failure is a refused request and what to change.
type Failure struct {
	dialtone.FailedRequest
	Hint string // one or two sentences, for the app's developer
}

// FailureQuery says which refused requests are wanted.
type FailureQuery struct {
	ClientID string    // empty: of all clients of the product
	Since    time.Time // nothing older; zero: all that is kept
	// Before and BeforeID are those of the last one that was seen; zero: from the newest.
	Before   time.Time
	BeforeID string
	Limit    int // 1 to 200; otherwise 50
}

// FailedRequests returns a product's refused requests, the newest first. Errors: ErrNotFound; ErrForbidden.
func (r *Reports) FailedRequests(ctx context.Context, actor dialtone.Actor, productID string, q FailureQuery) ([]Failure, error) {
	const usual, most = 50, 200
	if _, err := r.product(ctx, actor, productID); err != nil {
		return nil, fmt.Errorf("failed requests: %w", err)
	}
	if q.Limit < 1 || q.Limit > most {
		q.Limit = usual
	}
	list, err := r.Store.FailedRequests(ctx, productID, q.ClientID, q.Before, q.BeforeID, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("failed requests of product %s: %w", productID, err)
	}
	if old := slices.IndexFunc(list, func(f dialtone.FailedRequest) bool { return f.At.Before(q.Since) }); old >= 0 {
		list = list[:old]
	}
	failures := make([]Failure, len(list))
	for i, f := range list {
		failures[i] = Failure{FailedRequest: f, Hint: hint(f)}
	}
	return failures, nil
}

// FailedRequest finds a refused request by its error id, whichever product's it is. Errors: ErrNotFound if there is none, it is
// older than what is kept, or the actor may not know of it; ErrForbidden.
func (r *Reports) FailedRequest(ctx context.Context, actor dialtone.Actor, id string) (Failure, error) {
	f, err := r.Store.FailedRequest(ctx, id)
	if err == nil {
		_, err = r.product(ctx, actor, f.ProductID)
	}
	if err != nil {
		return Failure{}, fmt.Errorf("failed request: %w", err)
	}
	return Failure{FailedRequest: f, Hint: hint(f)}, nil
}

// EverAdded reports whether a subscriber can have added the product: the counts say so, or do not reach back to when it was made.
// They are some seconds behind. Errors: ErrNotFound; ErrForbidden.
func (r *Reports) EverAdded(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) (bool, error) {
	product, err := r.product(ctx, actor, productID)
	if err != nil {
		return false, fmt.Errorf("ever added: %w", err)
	}
	kept := LastDays(maxDays, now)
	if product.Created.Before(kept.From) {
		return true, nil
	}
	tallies, err := r.Store.DayTallies(ctx, productID, kept.From, kept.To)
	if err != nil {
		return false, fmt.Errorf("product %s ever added: %w", productID, err)
	}
	return slices.ContainsFunc(tallies, func(t dialtone.Tally) bool { return t.Kind == dialtone.TallyConsentGranted && t.Count > 0 }), nil
}

// Recent is what a product's clients did in the last seven days.
type Recent struct {
	SignIns int64     // completed
	LastDay time.Time // the last day (UTC) with one; zero: none
}

// Recent says what a product's clients did in the last seven days. Errors: ErrNotFound; ErrForbidden.
func (r *Reports) Recent(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) (Recent, error) {
	if _, err := r.product(ctx, actor, productID); err != nil {
		return Recent{}, fmt.Errorf("recent: %w", err)
	}
	week := LastDays(7, now)
	tallies, err := r.Store.DayTallies(ctx, productID, week.From, week.To)
	if err != nil {
		return Recent{}, fmt.Errorf("recent of product %s: %w", productID, err)
	}
	var recent Recent
	for _, t := range tallies { // the oldest first
		if t.Kind == dialtone.TallySignInCompleted && t.Count > 0 {
			recent.SignIns += t.Count
			recent.LastDay = t.Hour
		}
	}
	return recent, nil
}

// Week is what a client did in the last seven days: what breaks if it is deleted.
type Week struct {
	SignIns         int64 // completed
	TokensIssued    int64
	TokensRefreshed int64
	LastSeen        time.Time // the hour of the last of these; zero: none
}

// Busy reports whether the client did anything.
func (w Week) Busy() bool { return !w.LastSeen.IsZero() }

// LastWeek says what a client did in the last seven days. Errors: ErrNotFound; ErrForbidden.
func (r *Reports) LastWeek(ctx context.Context, actor dialtone.Actor, clientID string, now time.Time) (Week, error) {
	client, err := r.Store.Client(ctx, clientID)
	if err != nil {
		return Week{}, fmt.Errorf("last week of client %s: %w", clientID, err)
	}
	if _, err := r.product(ctx, actor, client.ProductID); err != nil {
		return Week{}, fmt.Errorf("last week of client %s: %w", clientID, err)
	}
	tallies, err := r.Store.Tallies(ctx, client.ProductID, now.Add(-7*day).Truncate(time.Hour), now.Add(time.Hour))
	if err != nil {
		return Week{}, fmt.Errorf("last week of client %s: %w", clientID, err)
	}
	var week Week
	for _, t := range tallies {
		var count *int64
		switch t.Kind {
		case dialtone.TallySignInCompleted:
			count = &week.SignIns
		case dialtone.TallyTokenIssued:
			count = &week.TokensIssued
		case dialtone.TallyTokenRefreshed:
			count = &week.TokensRefreshed
		}
		if count == nil || t.ClientID != clientID {
			continue
		}
		*count += t.Count
		if t.Hour.After(week.LastSeen) {
			week.LastSeen = t.Hour
		}
	}
	return week, nil
}

package traffic

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Series is what happened, bucket by bucket.
type Series struct {
	Kind   dialtone.TallyKind
	Counts []int64 // one for each bucket of the range, zero where nothing happened
	Total  int64
}

// Summary is what a product's clients did in a range of time.
type Summary struct {
	Product     dialtone.Product
	Range       Range
	Buckets     []time.Time // the start of each, UTC
	SignIns     []Series    // by outcome: started, completed, denied, failed, not available, refused; always all of them
	Consents    Consents
	Tokens      []Series // issued, refreshed
	TokenErrors []Series // one for each error code that occurred, the most frequent first
	SMS         []SMSCost
}

// Consents are the consents of a range.
type Consents struct {
	Granted, Updated, Revoked Series
	// Net is how many more subscribers have the product at the end of each bucket than at the start of the range; it may be
	// negative.
	Net []int64
}

// signIns are the outcomes in the order in which they are shown.
var signIns = []dialtone.TallyKind{
	dialtone.TallySignInStarted, dialtone.TallySignInCompleted, dialtone.TallySignInDenied, dialtone.TallySignInFailed,
	dialtone.TallySignInNotAvailable, dialtone.TallySignInRefused,
}

// Summary adds up a product's counts. Errors: ErrNotFound if there is no such product or the actor may not know of it;
// ErrForbidden.
func (r *Reports) Summary(ctx context.Context, actor dialtone.Actor, productID string, in Range, now time.Time) (Summary, error) {
	product, err := r.product(ctx, actor, productID)
	if err != nil {
		return Summary{}, fmt.Errorf("summary: %w", err)
	}
	read := r.Store.DayTallies
	if in.By == ByHour {
		read = r.Store.Tallies
	}
	tallies, err := read(ctx, productID, in.From, in.To)
	if err != nil {
		return Summary{}, fmt.Errorf("summary of product %s: %w", productID, err)
	}
	costs, err := r.smsCosts(ctx, productID, in, now)
	if err != nil {
		return Summary{}, fmt.Errorf("SMS costs of product %s: %w", productID, err)
	}
	sums := addUp(in, tallies)
	s := Summary{
		Product: product, Range: in, Buckets: in.Buckets(),
		SignIns:     sums.each(signIns...),
		Tokens:      sums.each(dialtone.TallyTokenIssued, dialtone.TallyTokenRefreshed),
		TokenErrors: sums.tokenErrors(),
		Consents: Consents{
			Granted: sums.series(dialtone.TallyConsentGranted), Updated: sums.series(dialtone.TallyConsentUpdated),
			Revoked: sums.series(dialtone.TallyConsentRevoked),
		},
		SMS: costs,
	}
	s.Consents.Net = net(s.Consents.Granted, s.Consents.Revoked)
	return s, nil
}

// sums are the counts of a range by kind.
type sums struct {
	buckets int
	byKind  map[dialtone.TallyKind]Series
}

func addUp(in Range, tallies []dialtone.Tally) sums {
	s := sums{buckets: len(in.Buckets()), byKind: make(map[dialtone.TallyKind]Series)}
	for _, t := range tallies {
		series := s.series(t.Kind)
		series.Counts[in.bucket(t.Hour)] += t.Count
		series.Total += t.Count
		s.byKind[t.Kind] = series
	}
	return s
}

// series returns the counts of a kind, all zero where nothing happened.
func (s sums) series(kind dialtone.TallyKind) Series {
	if series, ok := s.byKind[kind]; ok {
		return series
	}
	return Series{Kind: kind, Counts: make([]int64, s.buckets)}
}

func (s sums) each(kinds ...dialtone.TallyKind) []Series {
	list := make([]Series, len(kinds))
	for i, kind := range kinds {
		list[i] = s.series(kind)
	}
	return list
}

// tokenErrors returns what failed at the token endpoint, the most frequent code first.
func (s sums) tokenErrors() []Series {
	var list []Series
	for kind, series := range s.byKind {
		if strings.HasPrefix(string(kind), string(dialtone.TallyTokenError)) {
			list = append(list, series)
		}
	}
	slices.SortFunc(list, func(a, b Series) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}

// net returns how many more there are than at the start, after each bucket.
func net(granted, revoked Series) []int64 {
	sums, sum := make([]int64, len(granted.Counts)), int64(0)
	for i := range sums {
		sum += granted.Counts[i] - revoked.Counts[i]
		sums[i] = sum
	}
	return sums
}

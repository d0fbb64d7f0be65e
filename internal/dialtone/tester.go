package dialtone

import (
	"fmt"
	"time"
)

const (
	// MostTesters is how many lines may be named for one product at one operator at a time.
	MostTesters = 20
	// TesterAtMost is the longest time for which a line may be named.
	TesterAtMost = 90 * 24 * time.Hour
)

// Tester is a line that a product may reach though its operator has not enabled the product: its team tries the product for real
// before anybody else gets an SMS of it. The operator or an administrator names it, for a time; its owner agrees on the consent page
// like everybody.
type Tester struct {
	ProductID      string
	OperatorID     string // the line's
	SubscriptionID string
	Until          time.Time
	Named          time.Time
	NamedBy        string
}

// Validate says what is wrong with naming the tester at now, as an error that wraps ErrInvalid.
func (t Tester) Validate(now time.Time) error {
	switch {
	case !now.Before(t.Until):
		return fmt.Errorf("tester of product %s: %w: until %s is over", t.ProductID, ErrInvalid, t.Until.UTC().Format(time.DateOnly))
	case !named(t.Until, now):
		return fmt.Errorf("tester of product %s: %w: a number is named for 90 days at most", t.ProductID, ErrInvalid)
	}
	return nil
}

// named reports whether a tester that was named until then is one now. No clock that is right has named anybody for longer.
func named(until, now time.Time) bool { return now.Before(until) && until.Sub(now) <= TesterAtMost }

// Reaches reports whether the product may reach the line of an operator: the operator has enabled it, or the line was named to try it
// and the operator has not taken the product away.
func (r Registration) Reaches(operatorID, subscriptionID string, now time.Time) bool {
	switch r.Listings[operatorID] {
	case ListingEnabled:
		return true
	case ListingSuspended:
		return false
	}
	return named(r.Testers[subscriptionID], now)
}

// ReachesSomebody reports whether there is a line that the product may reach. A tester of an operator that suspended the product
// counts: whose line it is, is not known here, and the row leaves with the suspension.
func (r Registration) ReachesSomebody(now time.Time) bool {
	for operatorID := range r.Listings {
		if r.EnabledAt(operatorID) {
			return true
		}
	}
	return r.Tried(now)
}

// Tried reports whether somebody is named to try the product now.
func (r Registration) Tried(now time.Time) bool {
	for _, until := range r.Testers {
		if named(until, now) {
			return true
		}
	}
	return false
}

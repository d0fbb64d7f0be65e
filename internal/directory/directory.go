// Package directory knows numbers: how people write them, which line and operator they belong to, and which are made up.
//
// It owns the way from what somebody typed to a Subscription. It refuses to guess: numbers are portable, so a prefix says
// whose colours to show and never who is served; only the directory does.
//
//	"070-174 06 05" ─ Read ─▶ +46701740605 ─ Lookup ─▶ Subscription ─▶ Operator
package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Store is the subscriber directory.
type Store interface {
	// SubscriptionsByNumber returns the lines that have one of the numbers now, in any order.
	SubscriptionsByNumber(ctx context.Context, numbers []dialtone.PhoneNumber) ([]dialtone.Subscription, error)
}

// Directory looks lines up. It is safe for concurrent use.
type Directory struct{ store Store }

// New returns the directory over a store.
func New(store Store) Directory { return Directory{store: store} }

// Lookup returns the line that has the number now, or, if there is none, the line that has it in another writing: today's, or
// the one that the operator's list kept when a plan changed. Active lines come before blocked ones. ErrNotFound if no operator
// here serves the number. It is one query of the same form whatever is found: its time tells nothing.
func (d Directory) Lookup(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error) {
	wanted := writings(number)
	lines, err := d.store.SubscriptionsByNumber(ctx, wanted)
	if err != nil {
		return dialtone.Subscription{}, fmt.Errorf("look up %s: %w", number, err)
	}
	rank := func(line dialtone.Subscription) int {
		place := slices.Index(wanted, line.PhoneNumber)
		if !line.Active() {
			place += len(wanted)
		}
		return place
	}
	if len(lines) == 0 {
		return dialtone.Subscription{}, fmt.Errorf("look up %s: %w", number, dialtone.ErrNotFound)
	}
	return slices.MinFunc(lines, func(a, b dialtone.Subscription) int { return rank(a) - rank(b) }), nil
}

// OperatorByRange returns the operator with the longest range that the number is in, or false. It says whose brand to show
// before sign-in, and nothing about who serves the number.
func OperatorByRange(operators []dialtone.Operator, number dialtone.PhoneNumber) (dialtone.Operator, bool) {
	var owner dialtone.Operator
	longest := 0
	for _, o := range operators {
		for _, prefix := range o.Ranges {
			if len(prefix) > longest && strings.HasPrefix(number.E164(), prefix) {
				owner, longest = o, len(prefix)
			}
		}
	}
	return owner, longest > 0
}

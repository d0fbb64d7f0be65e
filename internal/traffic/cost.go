package traffic

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// SMSCost is about what a product's SMS cost an operator that lets its developers see it. It covers whole days that are over.
type SMSCost struct {
	OperatorID   string
	OperatorName string
	Segments     int64  // those of each day are rounded to a multiple of SMSStep
	Cost         int64  // of these, in millionths of the unit of Currency
	Currency     string // ISO 4217
}

// SMSStep is what an operator's SMS of a day are rounded to: more than strangers can have sent to one number in a day, which is 20.
const SMSStep = 50

// smsCosts returns what a product's SMS cost each operator that shares its price, the dearest first, on the days that are in the range
// from their beginning to their end and over.
//
// An SMS leaves only for a number that is somebody's, so an exact count would answer whoever types in a number of somebody else, and
// some of their own, and looks the next day: one more, or not. Parts of days and single hours are not told for the same reason.
func (r *Reports) smsCosts(ctx context.Context, productID string, in Range, now time.Time) ([]SMSCost, error) {
	operators, err := r.Catalog.Operators(ctx)
	if err != nil {
		return nil, err
	}
	first, end := in.From.Add(day-1).Truncate(day), in.To.Truncate(day)
	if today := now.UTC().Truncate(day); end.After(today) {
		end = today
	}
	if !first.Before(end) {
		return nil, nil
	}
	days, err := r.Store.DayTallies(ctx, productID, first, end)
	if err != nil {
		return nil, err
	}
	var costs []SMSCost
	for _, operator := range operators {
		if !operator.SMS.SharePrice {
			continue
		}
		cost := SMSCost{OperatorID: operator.ID, OperatorName: operator.Name, Currency: operator.SMS.Currency}
		for _, t := range days {
			if t.Kind == dialtone.TallySMSSegments && t.OperatorID == operator.ID {
				cost.Segments += r.rounded(t)
			}
		}
		if cost.Segments > 0 {
			cost.Cost = cost.Segments * operator.SMS.Price
			costs = append(costs, cost)
		}
	}
	slices.SortFunc(costs, func(a, b SMSCost) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(a.OperatorID, b.OperatorID))
	})
	return costs, nil
}

// rounded is a day's count rounded up or down to a multiple of SMSStep, up the more often the nearer that is: over many days the sum is
// right. Which way a day's goes is drawn once, by a key: asking again, or for other ranges, tells nothing new, and nobody can fill a day
// up to the edge with SMS of their own.
func (r *Reports) rounded(t dialtone.Tally) int64 {
	drawn := binary.BigEndian.Uint64(r.Keys.Fixed(secret.LabelRounding, t.ProductID, t.OperatorID, t.Hour.UTC().Format(time.DateOnly)))
	return (t.Count + int64(drawn%SMSStep)) / SMSStep * SMSStep
}

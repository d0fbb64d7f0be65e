package dialtone_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestATesterIsReachedForATimeUnlessTheOperatorSuspendsTheProduct(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		state dialtone.ListingState
		until time.Time
		line  string
		want  bool
	}{
		"never offered":                   {"", now.Add(time.Hour), "line", true},
		"offered":                         {dialtone.ListingOffered, now.Add(time.Hour), "line", true},
		"another line":                    {dialtone.ListingOffered, now.Add(time.Hour), "other", false},
		"over":                            {dialtone.ListingOffered, now, "line", false},
		"the longest time":                {dialtone.ListingOffered, now.Add(dialtone.TesterAtMost), "line", true},
		"named by a clock that was ahead": {dialtone.ListingOffered, now.Add(dialtone.TesterAtMost + 1), "line", false},
		"suspended":                       {dialtone.ListingSuspended, now.Add(time.Hour), "line", false},
		"enabled, another line":           {dialtone.ListingEnabled, now, "other", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := dialtone.Registration{
				Listings: map[string]dialtone.ListingState{"op": test.state},
				Testers:  map[string]time.Time{"line": test.until},
			}
			if got := r.Reaches("op", test.line, now); got != test.want {
				t.Errorf("reaches: %v", got)
			}
		})
	}
}

func TestATesterIsNamedForAtMostNinetyDays(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for until, valid := range map[time.Time]bool{
		now: false, now.Add(1): true, now.Add(dialtone.TesterAtMost): true, now.Add(dialtone.TesterAtMost + 1): false,
	} {
		if err := (dialtone.Tester{Until: until}).Validate(now); valid != (err == nil) || !valid && !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("until %s: %v", until, err)
		}
	}
}

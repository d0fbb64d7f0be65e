package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testTesters(t *testing.T, db *store.DB) {
	ctx, d := t.Context(), NewDeveloper(t, db)
	app := NewApp(t, db)
	named := func(line dialtone.Subscription, until time.Time) dialtone.Tester {
		return dialtone.Tester{
			ProductID: d.Product.ID, OperatorID: app.Operator.ID, SubscriptionID: line.ID, Until: until, Named: Now, NamedBy: "staff",
		}
	}
	put := func(n dialtone.Tester) error { return db.PutTester(ctx, n, d.Activity("tester.name"), Now) }
	refuses := func(t *testing.T, what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	month := Now.Add(30 * 24 * time.Hour)

	t.Run("a tester is in the registration until it is ended", func(t *testing.T) {
		line := NewLine(t, db, app)
		must(t, put(named(line, month)))
		later := named(line, month.Add(time.Hour))
		must(t, put(later))
		list, err := db.Testers(ctx, d.Product.ID)
		must(t, err)
		same(t, "testers", list, []dialtone.Tester{later})
		r, err := db.Registration(ctx, d.Client.ID)
		must(t, err)
		same(t, "in the registration", r.Testers, map[string]time.Time{line.ID: later.Until})
		must(t, db.EndTester(ctx, d.Product.ID, line.ID, d.Activity("tester.end")))
		refuses(t, "ended twice", db.EndTester(ctx, d.Product.ID, line.ID, d.Activity("tester.end")), dialtone.ErrNotFound)
	})

	t.Run("who cannot be named", func(t *testing.T) {
		blocked := NewLine(t, db, app)
		blocked.Status = dialtone.SubscriptionBlocked
		must(t, db.PutSubscription(ctx, blocked, Now))
		refuses(t, "a blocked line", put(named(blocked, month)), dialtone.ErrConflict)
		refuses(t, "a line of another operator", put(named(NewLine(t, db, NewApp(t, db)), month)), dialtone.ErrConflict)
		nothing := named(NewLine(t, db, app), month)
		nothing.ProductID = "product_nowhere"
		refuses(t, "no product", put(nothing), dialtone.ErrNotFound)
	})

	t.Run("an end of the line or a no of the operator ends it", func(t *testing.T) {
		line, other := NewLine(t, db, app), NewLine(t, db, app)
		must(t, put(named(line, month)))
		must(t, db.EndSubscription(ctx, line.ID, Now))
		list, err := db.Testers(ctx, d.Product.ID)
		must(t, err)
		if len(list) != 1 || list[0].Until.After(Now) {
			t.Errorf("after the line's end: %+v", list)
		}
		listing := dialtone.Listing{ProductID: d.Product.ID, OperatorID: app.Operator.ID, State: dialtone.ListingDeclined, Updated: Now}
		must(t, put(named(other, month)))
		must(t, db.PutListing(ctx, listing, "staff"))
		list, err = db.Testers(ctx, d.Product.ID)
		must(t, err)
		same(t, "after the no", len(list), 0)
		must(t, put(named(other, month))) // declined, and yet worth another try
		listing.State = dialtone.ListingSuspended
		must(t, db.PutListing(ctx, listing, "staff"))
		refuses(t, "suspended", put(named(other, month)), dialtone.ErrConflict)
		listing.State = dialtone.ListingOffered
		must(t, db.PutListing(ctx, listing, "staff"))
	})

	t.Run("so many and no more, of those whose time is not over", func(t *testing.T) {
		must(t, put(named(NewLine(t, db, app), Now)))
		for range dialtone.MostTesters {
			must(t, put(named(NewLine(t, db, app), month)))
		}
		refuses(t, "one more", put(named(NewLine(t, db, app), month)), dialtone.ErrExhausted)
		_, _, err := db.DeleteExpired(ctx, month.Add(time.Second), 1000, eventsKept)
		must(t, err)
		list, err := db.Testers(ctx, d.Product.ID)
		must(t, err)
		same(t, "when their time is over", len(list), 0)
	})

	t.Run("a refresh token lives while its line is named", func(t *testing.T) {
		p := NewPerson(t, db, app)
		g := p.OfflineGrant()
		must(t, db.RedeemCode(ctx, g, Now))
		listing := dialtone.Listing{ProductID: g.ProductID, OperatorID: g.OperatorID, State: dialtone.ListingSuspended, Updated: Now}
		must(t, db.PutListing(ctx, listing, "staff"))
		rotate := func(now time.Time) error {
			_, err := db.RotateRefresh(ctx, dialtone.Rotation{
				GrantID: g.ID, ClientID: g.ClientID, Hash: g.RefreshHash, NewHash: "next", Expires: now.Add(time.Hour),
			}, time.Minute, now)
			return err
		}
		refuses(t, "no tester", rotate(Now), dialtone.ErrForbidden)
		listing.State = dialtone.ListingOffered
		must(t, db.PutListing(ctx, listing, "staff"))
		n := dialtone.Tester{ProductID: g.ProductID, OperatorID: g.OperatorID, SubscriptionID: p.Subscription.ID, Until: Now.Add(time.Minute)}
		must(t, put(n))
		refuses(t, "its time is over", rotate(Now.Add(time.Minute)), dialtone.ErrForbidden)
		must(t, rotate(Now))
	})
}

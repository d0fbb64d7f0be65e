package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testActivities(t *testing.T, db *store.DB) {
	t.Run("what is done is told, page by page", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db) // who made three things already
		a := d.Activity("product.update")
		a.At = Now.Add(time.Minute)
		must(t, db.PutActivity(ctx, a))
		fails(t, "the same id again", db.PutActivity(ctx, a), dialtone.ErrConflict)
		all, err := db.Activities(ctx, d.Organization.ID, time.Time{}, "", 10)
		must(t, err)
		same(t, "how many", len(all), 4)
		same(t, "the newest", all[0], a)
		var pages []dialtone.Activity
		var last dialtone.Activity
		for range all {
			page, err := db.Activities(ctx, d.Organization.ID, last.At, last.ID, 1)
			must(t, err)
			pages, last = append(pages, page...), page[0]
		}
		same(t, "page by page", pages, all)
		end, err := db.Activities(ctx, d.Organization.ID, last.At, last.ID, 1)
		must(t, err)
		same(t, "after the last", len(end), 0)
	})

	t.Run("what was not done is not told, and nothing is done untold", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		before, err := db.Activities(ctx, d.Organization.ID, time.Time{}, "", 10)
		must(t, err)
		fails(t, "a stale save", db.SaveProduct(ctx, d.Product, Now.Add(time.Hour), d.Activity("product.update")), dialtone.ErrConflict)
		changed := d.Product
		changed.Name = "Untold"
		fails(t, "a save without a line", db.SaveProduct(ctx, changed, Now, dialtone.Activity{}), dialtone.ErrInvalid)
		fails(t, "a save with a line that stands already", db.SaveProduct(ctx, changed, Now, before[0]), dialtone.ErrConflict)
		after, err := db.Activities(ctx, d.Organization.ID, time.Time{}, "", 10)
		must(t, err)
		same(t, "the log", after, before)
		got, err := db.Product(ctx, d.Product.ID)
		must(t, err)
		same(t, "product", got, d.Product)
	})

	t.Run("an account has a log of its own", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		own := d.Activity("passkey.create")
		own.OrganizationID = ""
		must(t, db.PutActivity(ctx, own))
		list, err := db.AccountActivities(ctx, d.Account.ID, 10)
		must(t, err)
		same(t, "of the account", list, []dialtone.Activity{own})
	})
}

func testFailedRequests(t *testing.T, db *store.DB) {
	ctx, productID := t.Context(), secret.ID("pr")
	failed := func(i int) dialtone.FailedRequest {
		return dialtone.FailedRequest{
			ID: fmt.Sprintf("%s-%04d", productID, i), ProductID: productID, ClientID: fmt.Sprint("client ", i%2), Endpoint: "token",
			Code: "invalid_grant", Description: "The code was used.", Detail: "used at 12:00", At: Now.Add(time.Duration(i/3) * time.Second),
		}
	}
	t.Run("they are found by error id, and listed page by page", func(t *testing.T) {
		list := []dialtone.FailedRequest{failed(0), failed(1), failed(2), failed(3)}
		must(t, db.PutFailedRequests(ctx, list))
		again := failed(0)
		again.Detail = "another"
		must(t, db.PutFailedRequests(ctx, []dialtone.FailedRequest{again}))
		got, err := db.FailedRequest(ctx, list[0].ID)
		must(t, err)
		same(t, "by id", got, list[0])
		_, err = db.FailedRequest(ctx, "nothing")
		fails(t, "an unknown id", err, dialtone.ErrNotFound)

		all, err := db.FailedRequests(ctx, productID, "", time.Time{}, "", 10)
		must(t, err)
		same(t, "all", all, []dialtone.FailedRequest{list[3], list[2], list[1], list[0]})
		rest, err := db.FailedRequests(ctx, productID, "", list[2].At, list[2].ID, 10)
		must(t, err)
		same(t, "after the third", rest, []dialtone.FailedRequest{list[1], list[0]})
		of, err := db.FailedRequests(ctx, productID, "client 1", time.Time{}, "", 1)
		must(t, err)
		same(t, "of a client", of, []dialtone.FailedRequest{list[3]})
	})

	t.Run("a product keeps its newest thousand", func(t *testing.T) {
		other := failed(0)
		other.ID, other.ProductID = secret.ID("error"), secret.ID("pr")
		must(t, db.PutFailedRequests(ctx, []dialtone.FailedRequest{other}))
		var list []dialtone.FailedRequest
		for i := 4; i < 1010; i++ {
			list = append(list, failed(i))
		}
		must(t, db.PutFailedRequests(ctx, list))
		kept, err := db.FailedRequests(ctx, productID, "", time.Time{}, "", 2000)
		must(t, err)
		same(t, "how many", len(kept), 1000)
		same(t, "the newest", kept[0].ID, failed(1009).ID)
		same(t, "the oldest", kept[999].ID, failed(10).ID)
		_, err = db.FailedRequest(ctx, other.ID)
		must(t, err)
	})
}

func testTallies(t *testing.T, db *store.DB) {
	ctx, hour := t.Context(), Now.Truncate(time.Hour)
	tally := dialtone.Tally{
		ProductID: secret.ID("pr"), ClientID: "client", OperatorID: "op", Hour: hour, Kind: dialtone.TallyTokenIssued, Count: 2,
	}
	other, later, denied := tally, tally, tally
	other.OperatorID, later.Hour, denied.Kind = "", hour.Add(time.Hour), dialtone.TallySignInDenied
	must(t, db.AddTallies(ctx, []dialtone.Tally{tally, later, other, denied, tally}))
	must(t, db.AddTallies(ctx, []dialtone.Tally{tally}))
	tally.Count = 6
	got, err := db.Tallies(ctx, tally.ProductID, hour, hour.Add(time.Hour))
	must(t, err)
	same(t, "in the hour", got, []dialtone.Tally{other, denied, tally})
	got, err = db.Tallies(ctx, tally.ProductID, hour, hour.Add(2*time.Hour))
	must(t, err)
	same(t, "in both hours", got, []dialtone.Tally{other, denied, tally, later})
	got, err = db.Tallies(ctx, "another", hour, hour.Add(time.Hour))
	must(t, err)
	same(t, "of another product", len(got), 0)

	// By the day, over all clients. Now is at noon.
	const day = 24 * time.Hour
	twin, tomorrow := tally, tally
	twin.ClientID, twin.Count, tomorrow.Hour, tomorrow.Count = "twin", 10, hour.Add(day), 1
	must(t, db.AddTallies(ctx, []dialtone.Tally{twin, tomorrow}))
	today := func(of dialtone.Tally, count int64) dialtone.Tally {
		of.ClientID, of.Hour, of.Count = "", of.Hour.Truncate(day), count
		return of
	}
	got, err = db.DayTallies(ctx, tally.ProductID, hour.Truncate(day), hour.Truncate(day).Add(day))
	must(t, err)
	same(t, "of the day", got, []dialtone.Tally{today(other, 2), today(denied, 2), today(tally, 18)})
	got, err = db.DayTallies(ctx, tally.ProductID, hour.Truncate(day).Add(day), hour.Add(2*day))
	must(t, err)
	same(t, "of the day after", got, []dialtone.Tally{today(tomorrow, 1)})
}

func testIdempotency(t *testing.T, db *store.DB) {
	ctx, apiKey := t.Context(), secret.ID("key")
	reserve := func(hash string) (dialtone.IdempotentAnswer, bool) {
		t.Helper()
		answer, fresh, err := db.ReserveIdempotency(ctx, apiKey, "k", hash, Now)
		must(t, err)
		return answer, fresh
	}
	reserved := dialtone.IdempotentAnswer{RequestHash: "h", Created: Now}
	answer, fresh := reserve("h")
	same(t, "the first", []any{answer, fresh}, []any{reserved, true})
	answer, fresh = reserve("h")
	same(t, "meanwhile", []any{answer, fresh}, []any{reserved, false})
	must(t, db.DropIdempotency(ctx, apiKey, "k"))
	_, fresh = reserve("h")
	same(t, "fresh after it was dropped", fresh, true)

	must(t, db.FinishIdempotency(ctx, apiKey, "k", dialtone.IdempotentAnswer{Status: 201, SealedBody: "sealed"}))
	must(t, db.DropIdempotency(ctx, apiKey, "k"))
	done := dialtone.IdempotentAnswer{RequestHash: "h", Status: 201, SealedBody: "sealed", Done: true, Created: Now}
	answer, fresh = reserve("another request")
	same(t, "afterwards", []any{answer, fresh}, []any{done, false})
	fails(t, "finishing it again", db.FinishIdempotency(ctx, apiKey, "k", done), dialtone.ErrNotFound)
	fails(t, "finishing nothing", db.FinishIdempotency(ctx, apiKey, "nothing", done), dialtone.ErrNotFound)
	_, fresh, err := db.ReserveIdempotency(ctx, "another key", "k", "h", Now)
	must(t, err)
	same(t, "fresh for another API key", fresh, true)

	_, _, err = db.ReserveIdempotency(ctx, apiKey, "ahead", "h", Now.Add(years))
	must(t, err)
	must(t, db.FinishIdempotency(ctx, apiKey, "ahead", done))
	answer, fresh, err = db.ReserveIdempotency(ctx, apiKey, "ahead", "h", Now)
	must(t, err)
	same(t, "after a clock that was years ahead", []any{answer, fresh}, []any{reserved, true})
}

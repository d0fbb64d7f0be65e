package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testPortalCleaning(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const day = 24 * time.Hour
	d := NewDeveloper(t, db) // with a session for 30 days
	code, invitation, productID := NewEmailCode(), d.NewInvitation(dialtone.RoleViewer), secret.ID("pr")
	must(t, createEmailCode(ctx, db, code, nil, Now)) // for 10 minutes
	must(t, db.PutInvitation(ctx, invitation, d.Activity("invitation.create")))
	failed := dialtone.FailedRequest{ID: secret.ID("error"), ProductID: productID, At: Now}
	must(t, db.PutFailedRequests(ctx, []dialtone.FailedRequest{failed}))
	must(t, db.AddTallies(ctx, []dialtone.Tally{{ProductID: productID, Hour: Now, Kind: dialtone.TallyTokenIssued, Count: 1}}))
	key := dialtone.APIKey{ID: secret.ID("key"), OrganizationID: d.Organization.ID, Hash: secret.ID("hash"), Created: Now, Expires: Now.Add(day)}
	must(t, db.PutAPIKey(ctx, key, d.Activity("api_key.create")))
	_, _, err := db.ReserveIdempotency(ctx, key.ID, "k", "h", Now)
	must(t, err)

	for _, thing := range []struct {
		name string
		kept time.Duration
		find func() error
	}{
		{"e-mail code", time.Hour + 10*time.Minute, func() error {
			_, err := db.TryEmailCode(ctx, RightEmailTry(code), d.Account, NewAccountSession(), Now.Add(day))
			if errors.Is(err, dialtone.ErrExpired) {
				return nil // it is there to say so
			}
			return err
		}},
		{"idempotency key", day, func() error {
			_, fresh, err := db.ReserveIdempotency(ctx, key.ID, "k", "h", Now.Add(1000*day))
			if fresh {
				err = dialtone.ErrNotFound
			}
			return err
		}},
		{"failed request", 7 * day, func() error { _, err := db.FailedRequest(ctx, failed.ID); return err }},
		{"session", 32 * day, func() error { _, _, err := db.AccountSession(ctx, d.Session.ID); return err }},
		{"invitation", 97 * day, func() error { _, err := db.Invitation(ctx, invitation.ID); return err }},
		{"tally of a day", 400*day - Now.Sub(Now.Truncate(day)), func() error {
			tallies, err := db.DayTallies(ctx, productID, Now.Truncate(day), Now)
			if err == nil && len(tallies) == 0 {
				err = dialtone.ErrNotFound
			}
			return err
		}},
		{"tally", 400 * day, func() error {
			tallies, err := db.Tallies(ctx, productID, Now, Now.Add(time.Hour))
			if err == nil && len(tallies) == 0 {
				err = dialtone.ErrNotFound
			}
			return err
		}},
	} {
		clean(t, db, Now.Add(thing.kept))
		if err := thing.find(); err != nil {
			t.Errorf("%s: gone too early: %v", thing.name, err)
		}
		clean(t, db, Now.Add(thing.kept+time.Second))
		fails(t, thing.name+" in the end", thing.find(), dialtone.ErrNotFound)
	}
	_, err = db.Account(ctx, d.Account.ID)
	must(t, err)
	_, err = db.APIKeyByHash(ctx, key.Hash)
	must(t, err)
	log, err := db.Activities(ctx, d.Organization.ID, time.Time{}, "", 10)
	must(t, err)
	same(t, "lines in the log", len(log), 5)
}

// testCleaningAhead: a clock that was years ahead wrote rows that would stay until then.
func testCleaningAhead(t *testing.T, db *store.DB) {
	ctx, productID := t.Context(), secret.ID("pr")
	const day = 24 * time.Hour
	made := dialtone.KeyRow{ID: secret.ID("key"), Use: "seal", Created: Now.Add(-day), Retired: Now.Add(-31 * day)} // cleaned away in the end
	must(t, db.InsertDataKey(ctx, made))
	for _, at := range []time.Time{Now.Add(years), Now.Add(time.Hour), Now} {
		must(t, db.PutFailedRequests(ctx, []dialtone.FailedRequest{{ID: secret.ID("error"), ProductID: productID, At: at}}))
		must(t, db.AddTallies(ctx, []dialtone.Tally{{ProductID: productID, Hour: at, Kind: dialtone.TallyTokenIssued, Count: 1}}))
	}
	left := func() []int {
		failed, err := db.FailedRequests(ctx, productID, "", time.Time{}, "", 10)
		must(t, err)
		hours, err := db.Tallies(ctx, productID, Now.Add(-day), Now.Add(2*years))
		must(t, err)
		days, err := db.DayTallies(ctx, productID, Now.Add(-day), Now.Add(years-2*day))
		must(t, err)
		far, err := db.DayTallies(ctx, productID, Now.Add(years-2*day), Now.Add(2*years))
		must(t, err)
		return []int{len(failed), len(hours), min(len(days), 1), len(far)}
	}
	clean(t, db, Now.Add(-2*day)) // a clock that is behind everything there is deletes nothing by it
	same(t, "left by a clock that is behind", left(), []int{3, 3, 1, 1})
	clean(t, db, Now)
	same(t, "left", left(), []int{2, 2, 1, 0})
}

// clean deletes what lost its meaning, few rows at a time, so that it takes several turns.
func clean(t *testing.T, db *store.DB, at time.Time) {
	t.Helper()
	for {
		_, more, err := db.DeleteExpired(t.Context(), at, 2, eventsKept)
		must(t, err)
		if !more {
			return
		}
	}
}

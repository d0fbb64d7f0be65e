package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testKeys(t *testing.T, db *store.DB) {
	ctx := t.Context()
	data := []dialtone.KeyRow{
		{ID: "seal-1", Use: "seal", Wrapped: "w1", Created: Now, Active: Now},
		{ID: "subject-1", Use: "subject", Wrapped: "w2", Created: Now.Add(time.Second), Active: Now.Add(time.Hour), Retired: Now.Add(2 * time.Hour)},
	}
	signing := dialtone.KeyRow{ID: "rs256-1", Use: "sign", Algorithm: "RS256", Wrapped: "w", Public: "{}", Created: Now, Active: Now}
	must(t, db.InsertDataKey(ctx, data[1]))
	must(t, db.InsertDataKey(ctx, data[0]))
	must(t, db.InsertSigningKey(ctx, signing))
	fails(t, "a data key's id again", db.InsertDataKey(ctx, data[0]), dialtone.ErrConflict)
	fails(t, "a signing key's id again", db.InsertSigningKey(ctx, signing), dialtone.ErrConflict)
	got, err := db.DataKeys(ctx)
	must(t, err)
	same(t, "data keys", got, data)

	must(t, db.RetireKey(ctx, signing.ID, Now.Add(time.Hour)))
	signing.Retired = Now.Add(time.Hour)
	got, err = db.SigningKeys(ctx)
	must(t, err)
	same(t, "signing keys", got, []dialtone.KeyRow{signing})

	for _, id := range []string{"seal-1", signing.ID} {
		must(t, db.RescheduleKey(ctx, id, Now, Now.Add(time.Minute), Now.Add(time.Hour)))
		fails(t, "another time at which it was made", db.RescheduleKey(ctx, id, Now, Now, Now), dialtone.ErrNotFound)
	}
	signing.Created, signing.Active = Now.Add(time.Minute), Now.Add(time.Hour)
	got, err = db.SigningKeys(ctx)
	must(t, err)
	same(t, "the signing key with other times", got, []dialtone.KeyRow{signing})

	must(t, db.DeleteKey(ctx, "seal-1"))
	fails(t, "deleting it again", db.DeleteKey(ctx, "seal-1"), dialtone.ErrNotFound)
	fails(t, "retiring it", db.RetireKey(ctx, "seal-1", Now), dialtone.ErrNotFound)
	got, err = db.DataKeys(ctx)
	must(t, err)
	same(t, "data keys left", got, data[1:])
}

func testMessages(t *testing.T, db *store.DB) {
	operatorID := secret.ID("op")
	message := func() dialtone.SMSMessage {
		return dialtone.SMSMessage{
			ID: secret.ID("sms"), OperatorID: operatorID, Route: "http", ProviderID: secret.ID("provider"), Template: "pin", Language: "sv",
			State: dialtone.SMSAccepted, Segments: 1, Created: Now, Updated: Now,
		}
	}

	t.Run("a state only goes forward", func(t *testing.T) {
		ctx, m := t.Context(), message()
		must(t, db.PutMessage(ctx, m))
		later := Now.Add(time.Second)
		must(t, db.MessageReport(ctx, dialtone.SMSReport{Route: "http", MessageID: m.ID, State: dialtone.SMSDelivered, Code: "000", At: later}))
		must(t, db.MessageReport(ctx, dialtone.SMSReport{Route: "http", ProviderID: m.ProviderID, State: dialtone.SMSSent, At: later.Add(time.Second)}))
		must(t, db.PutMessage(ctx, m))
		m.State, m.Code, m.Updated = dialtone.SMSDelivered, "000", later
		got, err := db.Message(ctx, m.ID)
		must(t, err)
		same(t, "message", got, m)
	})

	t.Run("a report finds its message by either id, within its route", func(t *testing.T) {
		ctx, m := t.Context(), message()
		must(t, db.PutMessage(ctx, m))
		report := dialtone.SMSReport{Route: "http", ProviderID: m.ProviderID, State: dialtone.SMSUndelivered, Code: "7", At: Now}
		must(t, db.MessageReport(ctx, report))
		got, err := db.Message(ctx, m.ID)
		must(t, err)
		same(t, "state", got.State, dialtone.SMSUndelivered)
		report.Route = "other"
		fails(t, "on another route", db.MessageReport(ctx, report), dialtone.ErrNotFound)
		fails(t, "about nothing", db.MessageReport(ctx, dialtone.SMSReport{Route: "http", State: dialtone.SMSSent}), dialtone.ErrNotFound)
	})

	t.Run("messages are counted by operator, without the dropped ones", func(t *testing.T) {
		ctx := t.Context()
		since := Now.Add(time.Hour)
		for i, state := range []dialtone.SMSState{dialtone.SMSAccepted, dialtone.SMSRejected, dialtone.SMSDropped} {
			m := message()
			m.State, m.Created = state, since.Add(time.Duration(i))
			must(t, db.PutMessage(ctx, m))
		}
		count, err := db.CountMessages(ctx, operatorID, since)
		must(t, err)
		same(t, "of the operator", count, 2)
		count, err = db.CountMessages(ctx, "", since)
		must(t, err)
		same(t, "of all", count, 2)
		count, err = db.CountMessages(ctx, "other", since)
		must(t, err)
		same(t, "of another", count, 0)
	})
}

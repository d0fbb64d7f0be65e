package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// eventsKept is how long the tests keep events.
const eventsKept = 30 * 24 * time.Hour

func testCleaning(t *testing.T, db *store.DB) {
	ctx := t.Context()
	const day = 24 * time.Hour
	p := NewPerson(t, db, NewApp(t, db)) // with a challenge, for 5 minutes, and a session, for 30 days
	challenge, online, offline, token := NewChallenge(p.Subscription.ID), p.Grant(), p.OfflineGrant(), secret.ID("at")
	must(t, createChallenge(ctx, db, challenge, nil, Now))
	must(t, db.RedeemCode(ctx, online, Now))
	must(t, db.RedeemCode(ctx, offline, Now))
	must(t, db.SpendToken(ctx, token, Now.Add(time.Hour)))
	message := dialtone.SMSMessage{ID: secret.ID("sms"), State: dialtone.SMSSent, Created: Now}
	must(t, db.PutMessage(ctx, message))
	key := dialtone.KeyRow{ID: secret.ID("key"), Use: "seal", Created: Now, Retired: Now.Add(60 * day)}
	must(t, db.InsertDataKey(ctx, key))

	misused := p.Grant()
	must(t, db.RedeemCode(ctx, misused, Now))
	event := dialtone.Event{ID: secret.ID("ev"), Kind: dialtone.EventCodeReplayed, ProductID: p.App.Product.ID, Payload: "{}", At: Now}
	must(t, db.RevokeGrant(ctx, misused.ID, dialtone.RevokedCodeReplay, &event, Now))

	// gone says for each thing whether it is gone.
	gone := func() map[string]bool {
		t.Helper()
		missing := func(err error) bool {
			if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
				t.Fatal(err)
			}
			return err != nil
		}
		_, challengeErr := db.Challenge(ctx, challenge.ID)
		_, sessionErr := db.SessionState(ctx, p.Session.ID, p.App.Product.ID)
		_, onlineErr := db.GrantState(ctx, online.ID, "")
		_, offlineErr := db.GrantState(ctx, offline.ID, "")
		_, messageErr := db.Message(ctx, message.ID)
		spent, err := db.TokenSpent(ctx, token)
		must(t, err)
		keys, err := db.DataKeys(ctx)
		must(t, err)
		events, err := db.Events(ctx, p.App.Product.ID, Now, 10)
		must(t, err)
		kept := false
		for _, k := range keys {
			kept = kept || k.ID == key.ID
		}
		return map[string]bool{
			"challenge": missing(challengeErr), "session": missing(sessionErr), "online": missing(onlineErr),
			"offline": missing(offlineErr), "message": missing(messageErr), "token": !spent, "key": !kept, "event": len(events) == 0,
		}
	}
	for _, step := range []struct {
		after time.Duration
		gone  []string
	}{
		{0, nil},
		{time.Hour, nil},
		{2 * time.Hour, []string{"challenge", "token"}},
		{8 * day, []string{"challenge", "token", "online"}},
		{30 * day, []string{"challenge", "token", "online"}},
		{31 * day, []string{"challenge", "token", "online", "event"}},
		{33 * day, []string{"challenge", "token", "online", "event", "session"}},
		{91 * day, []string{"challenge", "token", "online", "event", "session", "message", "key"}},
		{188 * day, []string{"challenge", "token", "online", "event", "session", "message", "key", "offline"}},
	} {
		clean(t, db, Now.Add(step.after))
		want := map[string]bool{
			"challenge": false, "session": false, "online": false, "offline": false, "message": false, "token": false, "key": false, "event": false,
		}
		for _, name := range step.gone {
			want[name] = true
		}
		same(t, "gone after "+step.after.String(), gone(), want)
	}
	_, err := db.Consent(ctx, p.Subscription.ID, p.App.Product.ID)
	must(t, err)

	deleted, more, err := db.DeleteExpired(ctx, Now.Add(200*day), 100, eventsKept)
	must(t, err)
	same(t, "nothing is left", []any{deleted, more}, []any{0, false})
}

// A kept page is there until it expires, and its row until the next cleaning.
func testKeptPage(t *testing.T, db *store.DB) {
	ctx, id := t.Context(), secret.ID("kept")
	must(t, db.KeepPage(ctx, id, "sealed", Now.Add(time.Minute)))
	sealed, err := db.KeptPage(ctx, id, Now)
	must(t, err)
	if sealed != "sealed" {
		t.Errorf("got %q", sealed)
	}
	_, err = db.KeptPage(ctx, id, Now.Add(time.Minute))
	fails(t, "one that has expired", err, dialtone.ErrNotFound)
	_, err = db.KeptPage(ctx, secret.ID("kept"), Now)
	fails(t, "one that is not there", err, dialtone.ErrNotFound)
}

package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// before0013 takes away what the step makes. The two engines drop triggers in words of their own.
var before0013 = map[string][]string{
	"postgres": {
		`DROP FUNCTION dialtone_subscription_ended CASCADE`, `DROP FUNCTION dialtone_consent_ended CASCADE`,
		`DROP FUNCTION dialtone_session_ended CASCADE`,
	},
	"sqlite": {
		`DROP TRIGGER subscription_ended`, `DROP TRIGGER subscription_unblocked`, `DROP TRIGGER consent_ended`, `DROP TRIGGER session_ended`,
		`DROP TRIGGER session_deleted`,
	},
}

// What ended before the release that looks it up in one place must be dead after it, too.
func TestWhatEndedBeforeIsDeadAfterTheMigration(t *testing.T) {
	t.Parallel()
	for engine, drop := range before0013 {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx, address := t.Context(), storetest.Address(t, engine)
			db := storetest.Open(t, address)
			past := raw(t, address)
			for _, statement := range append(drop, `DROP TABLE ended`, `DELETE FROM schema_migration WHERE number = 13`) {
				execute(t, past, statement)
			}
			app := storetest.NewApp(t, db)
			grants := make(map[string]dialtone.Grant)
			for name, end := range map[string]func(p storetest.Person) error{
				"alive":   func(storetest.Person) error { return nil },
				"session": func(p storetest.Person) error { return db.EndSession(ctx, p.Session.ID, storetest.Now) },
				"line":    func(p storetest.Person) error { return db.EndSubscription(ctx, p.Subscription.ID, storetest.Now) },
				"blocked": func(p storetest.Person) error {
					p.Subscription.Status = dialtone.SubscriptionBlocked
					return db.PutSubscription(ctx, p.Subscription, storetest.Now)
				},
				"consent": func(p storetest.Person) error {
					_, err := past.Exec(`UPDATE consent SET revoked_at = 1 WHERE id = '` + p.Consent.ID + `'`)
					return err
				},
			} {
				p := storetest.NewPerson(t, db, app)
				grants[name] = p.Grant()
				if err := errors.Join(db.RedeemCode(ctx, grants[name], storetest.Now), end(p)); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			for name, g := range grants {
				_, err := db.TokenState(ctx, g.ID, "", false, storetest.Now.Add(time.Second))
				if alive := err == nil; alive != (name == "alive") || !alive && !errors.Is(err, dialtone.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// The release before runs on the new tables for some minutes, and knows nothing of this one: the database keeps it.
func TestWhoeverEndsSomethingTheDatabaseNotesIt(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string) {
		ctx, db := t.Context(), storetest.Open(t, address)
		p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
		g := p.Grant()
		if err := db.RedeemCode(ctx, g, storetest.Now); err != nil {
			t.Fatal(err)
		}
		execute(t, raw(t, address), `UPDATE consent SET revoked_at = 1, refused = ''`)
		if _, err := db.TokenState(ctx, g.ID, "", false, storetest.Now); !errors.Is(err, dialtone.ErrNotFound) {
			t.Errorf("the token: %v", err)
		}
	})
}

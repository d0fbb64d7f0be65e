package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// racers is how many try the same thing at once.
const racers = 24

// race lets them all go at the same moment and returns how many succeeded. Every failure must be one of those expected.
func race(t *testing.T, try func(i int) error, expected ...error) int {
	t.Helper()
	var won atomic.Int64
	var running sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		running.Go(func() {
			<-start
			err := try(i)
			if err == nil {
				won.Add(1)
				return
			}
			for _, want := range expected {
				if errors.Is(err, want) {
					return
				}
			}
			t.Errorf("a racer failed: %v", err)
		})
	}
	close(start)
	running.Wait()
	return int(won.Load())
}

func testRaces(t *testing.T, db *store.DB) {
	a := NewApp(t, db)

	t.Run("a code is redeemed once, and then its grant is dead", func(t *testing.T) {
		ctx, g := t.Context(), NewPerson(t, db, a).Grant()
		same(t, "winners", race(t, func(int) error { return db.RedeemCode(ctx, g, Now) }, dialtone.ErrConflict), 1)
		state, err := db.GrantState(ctx, g.ID, "")
		must(t, err)
		same(t, "reason", state.Grant.RevokedReason, dialtone.RevokedCodeReplay)
	})

	t.Run("the right PIN makes one session", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge(NewLine(t, db, a).ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		same(t, "winners", race(t, func(int) error {
			tried, err := db.TryChallenge(ctx, RightTry(c), Now)
			if err == nil && !tried.Right {
				t.Error("the right PIN was wrong")
			}
			return err
		}, dialtone.ErrConflict), 1)
	})

	t.Run("wrong PINs are counted one by one", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge(NewLine(t, db, a).ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		same(t, "tries", race(t, func(int) error {
			wrong := RightTry(c)
			wrong.CodeHash = "wrong"
			_, err := db.TryChallenge(ctx, wrong, Now)
			return err
		}, dialtone.ErrExhausted), 5)
	})

	t.Run("wrong PINs of many challenges are all counted", func(t *testing.T) {
		ctx, line, key := t.Context(), NewLine(t, db, a), secret.ID("b")
		var challenges [racers]dialtone.Challenge
		for i := range challenges {
			challenges[i] = NewChallenge(line.ID)
			must(t, createChallenge(ctx, db, challenges[i], nil, Now))
		}
		same(t, "tries", race(t, func(i int) error {
			wrong := RightTry(challenges[i])
			wrong.CodeHash, wrong.GuessKey = "wrong", key
			_, err := db.TryChallenge(ctx, wrong, Now)
			return err
		}, dialtone.ErrExhausted), racers)
		counted := []dialtone.Budget{{Key: key, Limits: []dialtone.Limit{{Count: racers + 1, Window: time.Hour}}}}
		must(t, db.Spend(ctx, counted, Now))
		retryAfter(t, "one more than was counted", db.Spend(ctx, counted, Now), time.Hour)
	})

	t.Run("a PIN is sent again once at a time", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge(NewLine(t, db, a).ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		same(t, "sends", race(t, func(int) error {
			_, err := db.ResendChallenge(ctx, c.ID, c.BrowserHash, dialtone.Resend{NextSend: c.NextSend.Add(time.Minute)}, 4, nil, c.NextSend)
			return err
		}, dialtone.ErrConflict), 1)
	})

	t.Run("a budget is never overspent", func(t *testing.T) {
		ctx := t.Context()
		budgets := []dialtone.Budget{{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 7, Window: time.Hour}, {Count: 9, Window: 24 * time.Hour}}}}
		same(t, "spent", race(t, func(int) error { return db.Spend(ctx, budgets, Now) }, dialtone.ErrExhausted), 7)
	})

	t.Run("a refresh token has one successor", func(t *testing.T) {
		ctx, g := t.Context(), NewPerson(t, db, a).OfflineGrant()
		must(t, db.RedeemCode(ctx, g, Now))
		var rotated atomic.Int64
		same(t, "answers", race(t, func(int) error {
			r, err := db.RotateRefresh(ctx, rotationOf(g, 0), grace, Now)
			if err == nil && !r.Repeated {
				rotated.Add(1)
			}
			if err == nil && (r.Grant.RefreshGeneration != 1 || r.Grant.RefreshHash != "refresh 1") {
				t.Errorf("rotated to generation %d", r.Grant.RefreshGeneration)
			}
			return err
		}), racers)
		same(t, "rotations", rotated.Load(), int64(1))
	})

	t.Run("a link works once", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, a)
		link := secret.ID("link")
		same(t, "winners", race(t, func(int) error {
			return db.RevokeConsentByLink(ctx, link, Now, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked),
				p.event(dialtone.EventConsentRevoked), Now)
		}, dialtone.ErrConflict), 1)
	})

	t.Run("there is one consent in force", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, a)
		must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), Now))
		var ids sync.Map
		same(t, "answers", race(t, func(int) error {
			c, err := db.PutConsent(ctx, p.consent(), p.history(dialtone.ConsentGranted), p.event(dialtone.EventConsentGranted), time.Time{})
			ids.Store(c.ID, true)
			return err
		}), racers)
		count := 0
		ids.Range(func(any, any) bool { count++; return true })
		same(t, "consents", count, 1)
	})

	t.Run("one who fails does not fail the others", func(t *testing.T) {
		ctx := t.Context()
		taken := dialtone.ClientSecret{ID: secret.ID("cs"), Name: "taken", Created: Now}
		must(t, db.PutClientSecret(ctx, a.Client.ID, taken))
		same(t, "winners", race(t, func(i int) error {
			if i%2 == 0 {
				return db.PutClientSecret(ctx, a.Client.ID, taken)
			}
			return db.PutClientSecret(ctx, a.Client.ID, dialtone.ClientSecret{ID: secret.ID("cs"), Created: Now})
		}, dialtone.ErrConflict), racers/2)
		client, err := db.Client(ctx, a.Client.ID)
		must(t, err)
		same(t, "secrets", len(client.Secrets), racers/2+1)
	})

	t.Run("no grant outlives a consent that is taken back meanwhile", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, a)
		grants := make([]dialtone.Grant, racers)
		for i := range grants {
			grants[i] = p.OfflineGrant()
		}
		race(t, func(i int) error {
			if i == racers/2 {
				return db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), Now)
			}
			return db.RedeemCode(ctx, grants[i], Now)
		}, dialtone.ErrForbidden)
		for _, g := range grants {
			state, err := db.GrantState(ctx, g.ID, "")
			if err == nil && state.Alive(Now) {
				t.Error("a grant is alive without consent")
			}
		}
	})

	t.Run("a line that ends meanwhile leaves no session alive", func(t *testing.T) {
		ctx, line := t.Context(), NewLine(t, db, a)
		var challenges [racers]dialtone.Challenge
		for i := range challenges {
			challenges[i] = NewChallenge(line.ID)
			must(t, createChallenge(ctx, db, challenges[i], nil, Now))
		}
		var sessions sync.Map
		race(t, func(i int) error {
			if i == racers/2 {
				return db.EndSubscription(ctx, line.ID, Now)
			}
			tried, err := db.TryChallenge(ctx, RightTry(challenges[i]), Now)
			if tried.Right {
				sessions.Store(tried.State.Session.ID, true)
			}
			return err
		})
		sessions.Range(func(id, _ any) bool {
			state, err := db.SessionState(ctx, id.(string), a.Product.ID)
			must(t, err)
			same(t, "line active", state.Subscription.Active(), false)
			return true
		})
	})
}

package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testSubscriptions(t *testing.T, db *store.DB) {
	a := NewApp(t, db)

	t.Run("a line is found by its id and by its number", func(t *testing.T) {
		ctx, line := t.Context(), NewLine(t, db, a)
		got, err := db.Subscription(ctx, line.ID)
		must(t, err)
		same(t, "by id", got, line)
		got, err = db.SubscriptionByNumber(ctx, line.PhoneNumber)
		must(t, err)
		same(t, "by number", got, line)
		_, err = db.SubscriptionByNumber(ctx, "+10000000000")
		fails(t, "an unknown number", err, dialtone.ErrNotFound)
		_, err = db.Subscription(ctx, "nobody")
		fails(t, "an unknown id", err, dialtone.ErrNotFound)
	})

	t.Run("lines are found by any of several numbers", func(t *testing.T) {
		ctx, one, two, gone := t.Context(), NewLine(t, db, a), NewLine(t, db, a), NewLine(t, db, a)
		must(t, db.EndSubscription(ctx, gone.ID, Now))
		got, err := db.SubscriptionsByNumber(ctx, []dialtone.PhoneNumber{one.PhoneNumber, "+10000000000", two.PhoneNumber, gone.PhoneNumber})
		must(t, err)
		slices.SortFunc(got, func(x, y dialtone.Subscription) int { return strings.Compare(x.ID, y.ID) })
		want := []dialtone.Subscription{one, two}
		slices.SortFunc(want, func(x, y dialtone.Subscription) int { return strings.Compare(x.ID, y.ID) })
		same(t, "both", got, want)
		got, err = db.SubscriptionsByNumber(ctx, []dialtone.PhoneNumber{one.PhoneNumber})
		must(t, err)
		same(t, "one", got, []dialtone.Subscription{one})
		got, err = db.SubscriptionsByNumber(ctx, []dialtone.PhoneNumber{"+10000000000"})
		must(t, err)
		same(t, "none", len(got), 0)
		_, err = db.SubscriptionsByNumber(ctx, nil)
		fails(t, "no number", err, dialtone.ErrInvalid)
	})

	t.Run("a line gets another number and keeps its id", func(t *testing.T) {
		ctx, line := t.Context(), NewLine(t, db, a)
		old := line.PhoneNumber
		line.PhoneNumber, line.Status = "+4799"+dialtone.PhoneNumber(secret.Digits(8).Reveal()), dialtone.SubscriptionBlocked
		must(t, db.PutSubscription(ctx, line, Now))
		got, err := db.SubscriptionByNumber(ctx, line.PhoneNumber)
		must(t, err)
		same(t, "line", got, line)
		_, err = db.SubscriptionByNumber(ctx, old)
		fails(t, "the old number", err, dialtone.ErrNotFound)
	})

	t.Run("a number belongs to one line at a time", func(t *testing.T) {
		ctx, line := t.Context(), NewLine(t, db, a)
		next := line
		next.ID = secret.ID("sub")
		fails(t, "the second line", db.PutSubscription(ctx, next, Now), dialtone.ErrConflict)
		must(t, db.EndSubscription(ctx, line.ID, Now))
		must(t, db.PutSubscription(ctx, next, Now))
		got, err := db.SubscriptionByNumber(ctx, line.PhoneNumber)
		must(t, err)
		same(t, "the number's line", got, next)
	})

	t.Run("a line stays at its operator", func(t *testing.T) {
		line := NewLine(t, db, a)
		line.OperatorID = "other"
		fails(t, "the other operator", db.PutSubscription(t.Context(), line, Now), dialtone.ErrConflict)
	})

	t.Run("many lines are put at once, or none", func(t *testing.T) {
		ctx := t.Context()
		var lines []dialtone.Subscription
		for range 150 {
			lines = append(lines, dialtone.Subscription{
				ID: secret.ID("sub"), OperatorID: a.Operator.ID, PhoneNumber: dialtone.PhoneNumber("+4671" + secret.Digits(10).Reveal()),
				Status: dialtone.SubscriptionActive, Created: Now,
			})
		}
		must(t, db.PutSubscriptions(ctx, lines[:140], Now))
		got, err := db.Subscription(ctx, lines[139].ID)
		must(t, err)
		same(t, "the last line", got, lines[139])

		lines[149].PhoneNumber = lines[0].PhoneNumber
		fails(t, "a taken number", db.PutSubscriptions(ctx, lines[140:], Now), dialtone.ErrConflict)
		_, err = db.Subscription(ctx, lines[140].ID)
		fails(t, "a line of the failed ones", err, dialtone.ErrNotFound)
	})

	for name, end := range map[string]func(*testing.T, dialtone.Subscription, time.Time){
		"ending a line": func(t *testing.T, s dialtone.Subscription, at time.Time) {
			must(t, db.EndSubscription(t.Context(), s.ID, at))
		},
		"putting a line that has ended": func(t *testing.T, s dialtone.Subscription, at time.Time) {
			s.Status = dialtone.SubscriptionEnded
			must(t, db.PutSubscription(t.Context(), s, at))
		},
	} {
		t.Run(name+" ends everything of it for good", func(t *testing.T) {
			ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
			g := p.OfflineGrant()
			must(t, db.RedeemCode(ctx, g, Now))
			at := Now.Add(time.Minute)
			end(t, p.Subscription, at)

			line := p.Subscription
			line.Status, line.Ended = dialtone.SubscriptionEnded, at
			state, err := db.SessionState(ctx, p.Session.ID, p.App.Product.ID)
			must(t, err)
			same(t, "line", state.Subscription, line)
			same(t, "session ended", state.Session.Ended, at)
			same(t, "consent", state.Consent, dialtone.Consent{})
			grant, err := db.GrantState(ctx, g.ID, "")
			must(t, err)
			same(t, "grant died", []any{grant.Grant.Revoked, grant.Grant.RevokedReason, grant.SubscriptionActive},
				[]any{at, dialtone.RevokedSubscriptionEnded, false})

			history, err := db.ConsentHistory(ctx, line.ID, p.App.Product.ID)
			must(t, err)
			last := history[len(history)-1]
			same(t, "history", []any{last.Kind, last.Channel, last.ConsentID, last.Scopes, last.At},
				[]any{dialtone.ConsentRevoked, dialtone.ChannelLifeCycle, p.Consent.ID, []string(nil), at})
			events, err := db.Events(ctx, p.App.Product.ID, at, 10)
			must(t, err)
			if len(events) != 1 || events[0].Kind != dialtone.EventConsentRevoked || events[0].SubscriptionID != line.ID {
				t.Errorf("events after the end: %+v", events)
			}

			fails(t, "ending it again", db.EndSubscription(ctx, line.ID, at), dialtone.ErrConflict)
			line.Status = dialtone.SubscriptionActive
			fails(t, "bringing it back", db.PutSubscription(ctx, line, at), dialtone.ErrConflict)
		})
	}

	t.Run("a line that was never there cannot end", func(t *testing.T) {
		fails(t, "ending it", db.EndSubscription(t.Context(), "nobody", Now), dialtone.ErrNotFound)
	})
}

package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testSessions(t *testing.T, db *store.DB) {
	t.Run("one read gives the session, its line and its consent", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		state, err := db.SessionState(ctx, p.Session.ID, p.App.Product.ID)
		must(t, err)
		same(t, "state", state, dialtone.SessionState{Session: p.Session, Subscription: p.Subscription, Consent: p.Consent})
		state, err = db.SessionState(ctx, p.Session.ID, "another product")
		must(t, err)
		same(t, "at another product", state, dialtone.SessionState{Session: p.Session, Subscription: p.Subscription})
		_, err = db.SessionState(ctx, "nobody", p.App.Product.ID)
		fails(t, "without a session", err, dialtone.ErrNotFound)
	})

	t.Run("signing out ends the grants without a refresh token", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		online, offline := p.Grant(), p.OfflineGrant()
		must(t, db.RedeemCode(ctx, online, Now))
		must(t, db.RedeemCode(ctx, offline, Now))
		at := Now.Add(time.Minute)
		must(t, db.EndSession(ctx, p.Session.ID, at))
		fails(t, "a second time", db.EndSession(ctx, p.Session.ID, at), dialtone.ErrNotFound)

		state, err := db.SessionState(ctx, p.Session.ID, p.App.Product.ID)
		must(t, err)
		same(t, "ended", state.Session.Ended, at)
		for id, want := range map[string]dialtone.RevocationReason{online.ID: dialtone.RevokedSignOut, offline.ID: ""} {
			got, err := db.GrantState(ctx, id, "")
			must(t, err)
			same(t, "reason", got.Grant.RevokedReason, want)
			same(t, "alive", got.Alive(at), want == "")
		}
	})
}

func testConsents(t *testing.T, db *store.DB) {
	t.Run("a consent is given, changed and taken back, and everything is recorded", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		got, err := db.Consent(ctx, p.Subscription.ID, p.App.Product.ID)
		must(t, err)
		same(t, "given", got, p.Consent)

		changed := p.consent() // with an id of its own, as from somebody who did not see the first one
		changed.Scopes, changed.Refused, changed.Granted = []string{"openid"}, nil, Now.Add(time.Minute)
		update := p.history(dialtone.ConsentUpdated)
		update.At = Now.Add(time.Minute)
		got, err = db.PutConsent(ctx, changed, update, p.event(dialtone.EventConsentUpdated), time.Time{})
		must(t, err)
		changed.ID = p.Consent.ID
		same(t, "changed", got, changed)

		refusal, revocation := p.history(dialtone.ConsentRefused), p.history(dialtone.ConsentRevoked)
		refusal.At, revocation.At = Now.Add(2*time.Minute), Now.Add(3*time.Minute)
		must(t, db.AppendConsentEvent(ctx, refusal))
		event := p.event(dialtone.EventConsentRevoked)
		event.At = revocation.At
		must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, revocation, event, revocation.At))
		_, err = db.Consent(ctx, p.Subscription.ID, p.App.Product.ID)
		fails(t, "taken back", err, dialtone.ErrNotFound)
		err = db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), Now)
		fails(t, "taking it back again", err, dialtone.ErrNotFound)

		history, err := db.ConsentHistory(ctx, p.Subscription.ID, p.App.Product.ID)
		must(t, err)
		update.ConsentID, revocation.ConsentID = p.Consent.ID, p.Consent.ID
		same(t, "history", history[1:], []dialtone.ConsentEvent{update, refusal, revocation})
		events, err := db.Events(ctx, p.App.Product.ID, Now.Add(time.Second), 10)
		must(t, err)
		same(t, "events", events, []dialtone.Event{event})
	})

	t.Run("a consent that was taken back does not come alive with the next one", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		g := p.OfflineGrant()
		must(t, db.RedeemCode(ctx, g, Now))
		must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), Now))
		again, err := db.PutConsent(ctx, p.consent(), p.history(dialtone.ConsentGranted), p.event(dialtone.EventConsentGranted), time.Time{})
		must(t, err)
		if again.ID == p.Consent.ID {
			t.Error("the new consent has the old one's id")
		}
		state, err := db.GrantState(ctx, g.ID, "")
		must(t, err)
		same(t, "grant died", []any{state.Grant.Revoked, state.Grant.RevokedReason}, []any{Now, dialtone.RevokedConsent})
	})

	t.Run("an answer to a question from before a removal gives nothing", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		removal := p.history(dialtone.ConsentRevoked)
		removal.At = Now.Add(time.Minute)
		must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, removal, p.event(dialtone.EventConsentRevoked), removal.At))
		put := func(asked time.Time) error {
			_, err := db.PutConsent(ctx, p.consent(), p.history(dialtone.ConsentGranted), p.event(dialtone.EventConsentGranted), asked)
			return err
		}
		events := func() int {
			events, err := db.Events(ctx, p.App.Product.ID, Now.Add(-time.Hour), 10)
			must(t, err)
			return len(events)
		}
		before := events()
		fails(t, "asked before", put(Now), dialtone.ErrConflict)
		_, err := db.Consent(ctx, p.Subscription.ID, p.App.Product.ID)
		fails(t, "consent", err, dialtone.ErrNotFound)
		history, err := db.ConsentHistory(ctx, p.Subscription.ID, p.App.Product.ID)
		must(t, err)
		same(t, "history", len(history), 2)
		same(t, "events", events(), before)
		must(t, put(removal.At.Add(time.Microsecond)))
		same(t, "events after an answer", events(), before+1)
	})

	t.Run("a yes that was said before a no gives nothing", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		removal := p.history(dialtone.ConsentRevoked)
		must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, removal, p.event(dialtone.EventConsentRevoked), removal.At))
		no := p.history(dialtone.ConsentRefused)
		no.At = Now.Add(time.Minute)
		must(t, db.AppendConsentEvent(ctx, no))
		put := func(at time.Time) error {
			c := p.consent()
			c.Granted = at
			_, err := db.PutConsent(ctx, c, p.history(dialtone.ConsentGranted), p.event(dialtone.EventConsentGranted), time.Time{})
			return err
		}
		fails(t, "overtaken", put(no.At.Add(-time.Microsecond)), dialtone.ErrConflict)
		_, err := db.Consent(ctx, p.Subscription.ID, p.App.Product.ID)
		fails(t, "consent", err, dialtone.ErrNotFound)
		must(t, put(no.At.Add(time.Microsecond)))
	})

	t.Run("only an active line can consent", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		p.Subscription.Status = dialtone.SubscriptionBlocked
		must(t, db.PutSubscription(ctx, p.Subscription, Now))
		_, err := db.PutConsent(ctx, p.consent(), p.history(dialtone.ConsentUpdated), p.event(dialtone.EventConsentUpdated), time.Time{})
		fails(t, "a blocked line", err, dialtone.ErrForbidden)
	})

	t.Run("a link works once", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		link := secret.ID("link")
		revoke := func(productID string) error {
			return db.RevokeConsentByLink(ctx, link, Now.Add(time.Minute), p.Subscription.ID, productID,
				p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), Now)
		}
		fails(t, "nothing to take back", revoke("another product"), dialtone.ErrNotFound)
		must(t, revoke(p.App.Product.ID)) // the failure did not use the link up
		_, err := db.PutConsent(ctx, p.consent(), p.history(dialtone.ConsentGranted), p.event(dialtone.EventConsentGranted), time.Time{})
		must(t, err)
		fails(t, "the link again", revoke(p.App.Product.ID), dialtone.ErrConflict)
		_, err = db.Consent(ctx, p.Subscription.ID, p.App.Product.ID)
		must(t, err)
	})
}

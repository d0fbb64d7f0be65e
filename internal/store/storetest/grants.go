package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testGrants(t *testing.T, db *store.DB) {
	t.Run("one read gives the grant, the number and whether the token was spent", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		g, token := p.OfflineGrant(), secret.ID("at")
		must(t, db.RedeemCode(ctx, g, Now))
		want := dialtone.GrantState{Grant: g, PhoneNumber: p.Subscription.PhoneNumber, SubscriptionActive: true}
		got, err := db.GrantState(ctx, g.ID, token)
		must(t, err)
		same(t, "state", got, want)

		must(t, db.SpendToken(ctx, token, Now.Add(time.Hour)))
		fails(t, "spending it again", db.SpendToken(ctx, token, Now.Add(time.Hour)), dialtone.ErrConflict)
		want.TokenSpent = true
		got, err = db.GrantState(ctx, g.ID, token)
		must(t, err)
		same(t, "state with the spent token", got, want)
		_, err = db.GrantState(ctx, "nothing", token)
		fails(t, "an unknown grant", err, dialtone.ErrNotFound)

		for id, want := range map[string]bool{token: true, "fresh": false} {
			spent, err := db.TokenSpent(ctx, id)
			must(t, err)
			same(t, "spent", spent, want)
		}
	})

	t.Run("many ask at once and each gets its own answer", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		var asking sync.WaitGroup
		for i := range 200 {
			asking.Go(func() {
				g := p.Grant()
				g.Claims = fmt.Sprintf(`{"number":%d}`, i)
				if err := db.RedeemCode(ctx, g, Now); err != nil {
					t.Error(err)
				}
				state, err := db.GrantState(ctx, g.ID, "")
				if err != nil || state.Grant.ID != g.ID || state.Grant.Claims != g.Claims {
					t.Errorf("asked for %s with %s, got %s with %s, error %v", g.ID, g.Claims, state.Grant.ID, state.Grant.Claims, err)
				}
				if _, err := db.GrantState(ctx, secret.ID("gr"), ""); !errors.Is(err, dialtone.ErrNotFound) {
					t.Errorf("an unknown grant: %v", err)
				}
			})
		}
		asking.Wait()
	})

	t.Run("a code that comes twice kills what it yielded", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		g, at := p.OfflineGrant(), Now.Add(time.Second)
		must(t, db.RedeemCode(ctx, g, Now))
		fails(t, "the second time", db.RedeemCode(ctx, g, at), dialtone.ErrConflict)
		fails(t, "the third time", db.RedeemCode(ctx, g, at), dialtone.ErrConflict)
		state, err := db.GrantState(ctx, g.ID, "")
		must(t, err)
		same(t, "grant died", []any{state.Grant.Revoked, state.Grant.RevokedReason}, []any{at, dialtone.RevokedCodeReplay})
		events, err := db.Events(ctx, p.App.Product.ID, at, 10)
		must(t, err)
		if len(events) != 1 || events[0].Kind != dialtone.EventCodeReplayed || events[0].ClientID != p.App.Client.ID || events[0].Payload != "{}" {
			t.Errorf("events: %+v", events)
		}
	})

	for name, change := range map[string]func(*testing.T, Person, *dialtone.Grant){
		"the session has ended": func(t *testing.T, p Person, _ *dialtone.Grant) {
			must(t, db.EndSession(t.Context(), p.Session.ID, Now))
		},
		"the session has expired": func(_ *testing.T, p Person, g *dialtone.Grant) {
			g.Created = p.Session.Expires
		},
		"the consent was taken back": func(t *testing.T, p Person, _ *dialtone.Grant) {
			must(t, db.RevokeConsent(t.Context(), p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked),
				p.event(dialtone.EventConsentRevoked), Now))
		},
		"the line is blocked": func(t *testing.T, p Person, _ *dialtone.Grant) {
			p.Subscription.Status = dialtone.SubscriptionBlocked
			must(t, db.PutSubscription(t.Context(), p.Subscription, Now))
		},
		"the line has ended": func(t *testing.T, p Person, _ *dialtone.Grant) {
			must(t, db.EndSubscription(t.Context(), p.Subscription.ID, Now))
		},
		"the session is another line's": func(t *testing.T, p Person, g *dialtone.Grant) {
			g.SessionID = NewPerson(t, db, p.App).Session.ID
		},
		"the consent is another line's": func(t *testing.T, p Person, g *dialtone.Grant) {
			g.ConsentID = NewPerson(t, db, p.App).Consent.ID
		},
		"the consent is to another product": func(t *testing.T, _ Person, g *dialtone.Grant) { g.ProductID = "other" },
	} {
		t.Run("a code is worth nothing when "+name, func(t *testing.T) {
			p := NewPerson(t, db, NewApp(t, db))
			g := p.Grant()
			change(t, p, &g)
			fails(t, "redeeming it", db.RedeemCode(t.Context(), g, g.Created), dialtone.ErrForbidden)
			_, err := db.GrantState(t.Context(), g.ID, "")
			fails(t, "the grant", err, dialtone.ErrNotFound)
		})
	}

	t.Run("a grant is revoked once", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		g, at := p.Grant(), Now.Add(time.Second)
		must(t, db.RedeemCode(ctx, g, Now))
		event := p.event(dialtone.EventRefreshReused)
		event.At = at
		must(t, db.RevokeGrant(ctx, g.ID, dialtone.RevokedByClient, &event, at))
		fails(t, "again", db.RevokeGrant(ctx, g.ID, dialtone.RevokedSignOut, nil, at), dialtone.ErrNotFound)
		state, err := db.GrantState(ctx, g.ID, "")
		must(t, err)
		same(t, "grant died", []any{state.Grant.Revoked, state.Grant.RevokedReason}, []any{at, dialtone.RevokedByClient})
		events, err := db.Events(ctx, p.App.Product.ID, at, 10)
		must(t, err)
		same(t, "events", events, []dialtone.Event{event})
	})
}

const grace = 30 * time.Second

// rotationOf returns the rotation from one generation to the next.
func rotationOf(g dialtone.Grant, generation int) dialtone.Rotation {
	return dialtone.Rotation{
		GrantID: g.ID, ClientID: g.ClientID, Generation: generation, Hash: fmt.Sprintf("refresh %d", generation),
		NewHash: fmt.Sprintf("refresh %d", generation+1), Expires: Now.Add(200 * 24 * time.Hour),
	}
}

func testRefresh(t *testing.T, db *store.DB) {
	redeemed := func(t *testing.T) (Person, dialtone.Grant) {
		p := NewPerson(t, db, NewApp(t, db))
		g := p.OfflineGrant()
		must(t, db.RedeemCode(t.Context(), g, Now))
		return p, g
	}
	// dead fails the test if the grant did not die for the reason.
	dead := func(t *testing.T, what string, err error, want dialtone.RevocationReason) {
		t.Helper()
		var revoked *dialtone.RevokedError
		if !errors.As(err, &revoked) || revoked.Reason != want {
			t.Errorf("%s: got error %v, want revoked for %s", what, err, want)
		}
	}

	t.Run("a token is replaced, and a retry within the grace gets the same successor", func(t *testing.T) {
		p, g := redeemed(t)
		ctx, at := t.Context(), Now.Add(time.Hour)
		first := rotationOf(g, 0)
		got, err := db.RotateRefresh(ctx, first, grace, at)
		must(t, err)
		g.RefreshGeneration, g.RefreshHash, g.RefreshRotated, g.Expires = 1, first.NewHash, at, first.Expires
		want := dialtone.Rotated{Grant: g, PhoneNumber: p.Subscription.PhoneNumber}
		same(t, "rotated", got, want)

		got, err = db.RotateRefresh(ctx, first, grace, at.Add(grace-time.Second))
		must(t, err)
		want.Repeated = true
		same(t, "repeated", got, want)
		_, err = db.RotateRefresh(ctx, rotationOf(g, 1), grace, at.Add(time.Minute))
		must(t, err)
	})

	t.Run("a scope that the person took back is gone from the grant", func(t *testing.T) {
		p, g := redeemed(t)
		ctx := t.Context()
		p.Consent.Scopes = []string{"openid", dialtone.ScopeOfflineAccess}
		_, err := db.PutConsent(ctx, p.Consent, p.history(dialtone.ConsentUpdated), p.event(dialtone.EventConsentUpdated), time.Time{})
		must(t, err)
		state, err := db.GrantState(ctx, g.ID, "")
		must(t, err)
		same(t, "read", state.Grant.Scopes, p.Consent.Scopes)
		for range 2 { // the rotation, and its repeat
			rotated, err := db.RotateRefresh(ctx, rotationOf(g, 0), grace, Now)
			must(t, err)
			same(t, "rotated", rotated.Grant.Scopes, p.Consent.Scopes)
		}
	})

	t.Run("a token that is used again after the grace kills the family", func(t *testing.T) {
		p, g := redeemed(t)
		ctx, at := t.Context(), Now.Add(time.Minute)
		_, err := db.RotateRefresh(ctx, rotationOf(g, 0), grace, Now)
		must(t, err)
		_, err = db.RotateRefresh(ctx, rotationOf(g, 0), grace, at)
		dead(t, "the old token", err, dialtone.RevokedRefreshReuse)
		_, err = db.RotateRefresh(ctx, rotationOf(g, 1), grace, at)
		dead(t, "its successor", err, dialtone.RevokedRefreshReuse)
		events, err := db.Events(ctx, p.App.Product.ID, at, 10)
		must(t, err)
		if len(events) != 1 || events[0].Kind != dialtone.EventRefreshReused {
			t.Errorf("events: %+v", events)
		}
	})

	t.Run("without a grace a token counts once, also for a caller whose clock is behind", func(t *testing.T) {
		_, g := redeemed(t)
		ctx := t.Context()
		_, err := db.RotateRefresh(ctx, rotationOf(g, 0), 0, Now)
		must(t, err)
		_, err = db.RotateRefresh(ctx, rotationOf(g, 0), 0, Now.Add(-time.Second))
		dead(t, "the old token", err, dialtone.RevokedRefreshReuse)
	})

	t.Run("a token that is newer than the database ends the grant", func(t *testing.T) {
		_, g := redeemed(t)
		ctx := t.Context()
		_, err := db.RotateRefresh(ctx, rotationOf(g, 1), grace, Now)
		dead(t, "the newer token", err, dialtone.RevokedRefreshReuse)
		if revoked, ok := errors.AsType[*dialtone.RevokedError](err); !ok || revoked.Reuse == nil || revoked.Reuse.Behind != -1 {
			t.Errorf("got %+v, want to know how far ahead", revoked)
		}
		_, err = db.RotateRefresh(ctx, rotationOf(g, 0), grace, Now)
		dead(t, "the token that the database knows", err, dialtone.RevokedRefreshReuse)
	})

	t.Run("what a clock far ahead rotated has no grace until that day", func(t *testing.T) {
		_, g := redeemed(t)
		ctx, months := t.Context(), Now.Add(100*24*time.Hour) // as far as a grant lives
		_, err := db.RotateRefresh(ctx, rotationOf(g, 0), grace, months)
		must(t, err)
		_, err = db.RotateRefresh(ctx, rotationOf(g, 0), grace, Now)
		dead(t, "the old token", err, dialtone.RevokedRefreshReuse)
	})

	t.Run("a token two generations old kills the family even within the grace", func(t *testing.T) {
		_, g := redeemed(t)
		ctx := t.Context()
		for generation := range 2 {
			_, err := db.RotateRefresh(ctx, rotationOf(g, generation), grace, Now)
			must(t, err)
		}
		_, err := db.RotateRefresh(ctx, rotationOf(g, 0), grace, Now)
		dead(t, "the oldest token", err, dialtone.RevokedRefreshReuse)
	})

	t.Run("a rotation says why it is refused, and changes nothing", func(t *testing.T) {
		p, g := redeemed(t)
		ctx := t.Context()
		rotate := func(change func(*dialtone.Rotation), at time.Time) error {
			r := rotationOf(g, 0)
			change(&r)
			_, err := db.RotateRefresh(ctx, r, grace, at)
			return err
		}
		asIs := func(*dialtone.Rotation) {}
		fails(t, "another client", rotate(func(r *dialtone.Rotation) { r.ClientID = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "an unknown grant", rotate(func(r *dialtone.Rotation) { r.GrantID = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "too late", rotate(asIs, g.Expires), dialtone.ErrExpired)
		blocked := p.Subscription
		blocked.Status = dialtone.SubscriptionBlocked
		must(t, db.PutSubscription(ctx, blocked, Now))
		fails(t, "a blocked line", rotate(asIs, Now), dialtone.ErrForbidden)
		must(t, db.PutSubscription(ctx, p.Subscription, Now))
		listing := dialtone.Listing{ProductID: p.App.Product.ID, OperatorID: p.App.Operator.ID, State: dialtone.ListingSuspended, Updated: Now}
		must(t, db.PutListing(ctx, listing, "staff"))
		dead(t, "a suspended product", rotate(asIs, Now), dialtone.RevokedNotAvailable)
		listing.State = dialtone.ListingEnabled
		must(t, db.PutListing(ctx, listing, "staff"))
		must(t, rotate(asIs, Now))

		must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), Now))
		_, err := db.RotateRefresh(ctx, rotationOf(g, 1), grace, Now)
		dead(t, "without consent", err, dialtone.RevokedConsent)
	})

	t.Run("a grant without a refresh token has nothing to rotate", func(t *testing.T) {
		p := NewPerson(t, db, NewApp(t, db))
		g := p.Grant()
		must(t, db.RedeemCode(t.Context(), g, Now))
		_, err := db.RotateRefresh(t.Context(), dialtone.Rotation{GrantID: g.ID, ClientID: g.ClientID, NewHash: "new", Expires: Now}, grace, Now)
		if err == nil {
			t.Error("it was rotated")
		}
	})
}

package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// testTokens holds TokenState, which is read from little, against GrantState, which is read from everything.
func testTokens(t *testing.T, db *store.DB) {
	ctx := t.Context()
	later := Now.Add(time.Minute)
	put := func(t *testing.T, p Person, status dialtone.SubscriptionStatus) {
		t.Helper()
		p.Subscription.Status = status
		must(t, db.PutSubscription(ctx, p.Subscription, later))
	}
	consents := func(t *testing.T, p Person, scopes ...string) {
		t.Helper()
		c := p.Consent
		c.Scopes, c.Granted = scopes, later
		_, err := db.PutConsent(ctx, c, p.history(dialtone.ConsentUpdated), p.event(dialtone.EventConsentUpdated), time.Time{})
		must(t, err)
	}
	for name, change := range map[string]struct {
		do              func(t *testing.T, p Person, g dialtone.Grant, token string)
		online, offline bool // whether tokens of such a grant live on
	}{
		"nothing happened": {func(*testing.T, Person, dialtone.Grant, string) {}, true, true},
		"the session has ended": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			must(t, db.EndSession(ctx, p.Session.ID, later))
		}, false, true},
		"consent was taken back": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), later))
		}, false, false},
		"consent was taken back and given anew": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			must(t, db.RevokeConsent(ctx, p.Subscription.ID, p.App.Product.ID, p.history(dialtone.ConsentRevoked), p.event(dialtone.EventConsentRevoked), later))
			p.Consent.ID = secret.ID("co")
			consents(t, p, p.Consent.Scopes...)
		}, false, false},
		"consent shrank":           {func(t *testing.T, p Person, _ dialtone.Grant, _ string) { consents(t, p, "openid") }, true, true},
		"consent shrank to naught": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) { consents(t, p) }, true, true},
		"consent shrank and grew": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			consents(t, p, "openid")
			consents(t, p, append(p.Consent.Scopes, "more")...)
		}, true, true},
		"the line is blocked": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) { put(t, p, dialtone.SubscriptionBlocked) }, false, false},
		"the line was blocked for a while": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			put(t, p, dialtone.SubscriptionBlocked)
			put(t, p, dialtone.SubscriptionActive)
		}, true, true},
		"the line has ended": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			must(t, db.EndSubscription(ctx, p.Subscription.ID, later))
		}, false, false},
		"a blocked line ended": {func(t *testing.T, p Person, _ dialtone.Grant, _ string) {
			put(t, p, dialtone.SubscriptionBlocked)
			put(t, p, dialtone.SubscriptionEnded)
		}, false, false},
		"the grant was revoked": {func(t *testing.T, _ Person, g dialtone.Grant, _ string) {
			must(t, db.RevokeGrant(ctx, g.ID, dialtone.RevokedByClient, nil, later))
		}, false, false},
		"the token was revoked": {func(t *testing.T, _ Person, _ dialtone.Grant, token string) {
			must(t, db.SpendToken(ctx, token, later.Add(time.Hour)))
		}, false, false},
		"the code came twice": {func(t *testing.T, _ Person, g dialtone.Grant, _ string) {
			fails(t, "the second time", db.RedeemCode(ctx, g, later), dialtone.ErrConflict)
		}, false, false},
	} {
		for _, offline := range []bool{false, true} {
			kind, lives := "online", change.online
			if offline {
				kind, lives = "offline", change.offline
			}
			t.Run(kind+": "+name, func(t *testing.T) {
				p, token := NewPerson(t, db, NewApp(t, db)), secret.ID("at")
				g := p.Grant()
				if offline {
					g = p.OfflineGrant()
				}
				must(t, db.RedeemCode(ctx, g, Now))
				change.do(t, p, g, token)
				whole, err := db.GrantState(ctx, g.ID, token)
				must(t, err)
				same(t, "alive by all that there is", whole.Alive(later), lives)
				for _, number := range []bool{false, true} {
					got, err := db.TokenState(ctx, g.ID, token, number, later)
					if !lives {
						fails(t, "token", err, dialtone.ErrNotFound)
						continue
					}
					must(t, err)
					want := dialtone.TokenState{Scopes: whole.Grant.Scopes}
					if number {
						want.PhoneNumber = p.Subscription.PhoneNumber
					}
					if len(got.Scopes) == 0 && len(want.Scopes) == 0 {
						got.Scopes, want.Scopes = nil, nil
					}
					same(t, "token", got, want)
				}
				_, err = db.TokenState(ctx, g.ID, token, false, g.Expires)
				fails(t, "when the grant is over", err, dialtone.ErrNotFound)
			})
		}
	}

	t.Run("many ask at once and each gets its own answer", func(t *testing.T) {
		p := NewPerson(t, db, NewApp(t, db))
		g := p.Grant()
		must(t, db.RedeemCode(ctx, g, Now))
		faults := race(t, func(i int) error {
			id := g.ID
			if i%2 == 1 {
				id = secret.ID("gr")
			}
			got, err := db.TokenState(ctx, id, "", i%3 == 0, later)
			if i%2 == 0 && (err != nil || (i%3 == 0) != (got.PhoneNumber != "")) {
				t.Errorf("asked for the number: %v, got %+v, %v", i%3 == 0, got, err)
			}
			if i%2 == 1 && !errors.Is(err, dialtone.ErrNotFound) {
				t.Errorf("an unknown grant: %v", err)
			}
			return nil
		}, dialtone.ErrConflict)
		if faults == 0 {
			t.Error("nobody asked")
		}
	})
}

package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const (
	grantColumns = `id, operator_id, subscription_id, product_id, client_id, session_id, consent_id, scopes, amr, auth_time_at, claims,
		refresh_generation, refresh_hash, refresh_rotated_at, created_at, expires_at`

	// grantState reads a grant with everything that keeps it alive: whichever of them ended first in this order says when and
	// why the grant did.
	grantState = `
		g.id, g.operator_id, g.subscription_id, g.product_id, g.client_id, g.session_id, g.consent_id, g.scopes, g.amr, g.auth_time_at,
		g.claims, g.refresh_generation, g.refresh_hash, g.refresh_rotated_at, g.created_at, g.expires_at,
		COALESCE(g.revoked_at, u.ended_at, c.revoked_at, CASE WHEN g.refresh_hash = '' THEN s.ended_at END),
		CASE
			WHEN g.revoked_at IS NOT NULL THEN g.revoked_reason
			WHEN u.ended_at IS NOT NULL THEN 'subscription_ended'
			WHEN c.revoked_at IS NOT NULL THEN 'consent_revoked'
			WHEN g.refresh_hash = '' AND s.ended_at IS NOT NULL THEN 'sign_out'
			ELSE ''
		END,
		u.phone_number, u.status = 'active', c.scopes`
	// consentInForce says "revoked_at IS NULL" in words that do not lead PostgreSQL to the index of those in force. While that
	// index is small, it would be read as a whole instead of looking the consent up by its id. Others do so with
	// an index's column.
	consentInForce = `COALESCE(c.revoked_at, 0) = 0`
)

var grantStateJoins = `
	JOIN subscription AS u ON ` + looked("u.id", "g.subscription_id") + `
	JOIN consent AS c ON ` + looked("c.id", "g.consent_id") + `
	LEFT JOIN session AS s ON ` + looked("s.id", "g.session_id")

func grantFields(g *dialtone.Grant) []any {
	return []any{
		&g.ID, &g.OperatorID, &g.SubscriptionID, &g.ProductID, &g.ClientID, &g.SessionID, &g.ConsentID, wordList{&g.Scopes},
		wordList{&g.AMR}, instant{&g.AuthTime}, &g.Claims, &g.RefreshGeneration, &g.RefreshHash, instant{&g.RefreshRotated},
		instant{&g.Created}, instant{&g.Expires},
	}
}

func grantStateFields(t tx, s *dialtone.GrantState, consented *[]string) []any {
	return append(grantFields(&s.Grant), instant{&s.Grant.Revoked}, &s.Grant.RevokedReason, t.number(&s.PhoneNumber),
		&s.SubscriptionActive, wordList{consented})
}

// stillConsented leaves out the scopes that the person took back since they were granted: a consent can shrink while its
// grants live on.
func stillConsented(granted, consented []string) []string {
	return slices.DeleteFunc(granted, func(scope string) bool { return !slices.Contains(consented, scope) })
}

// grantQuestion asks about a grant and one of its access tokens.
type grantQuestion struct{ grantID, tokenID string }

var grantStates = newShared(`
	WITH asked (n, grant_id, token_id) AS (VALUES %s)
	SELECT asked.n, `+grantState+`, EXISTS (SELECT 1 FROM spent WHERE spent.id = asked.token_id `+byItself+`)
	FROM asked JOIN client_grant AS g ON `+looked("g.id", "asked.grant_id")+grantStateJoins,
	"TEXT", "TEXT")

// GrantState returns a grant, alive or not, with its line's number and whether the access token with that id was spent.
func (db *DB) GrantState(ctx context.Context, grantID, tokenID string) (dialtone.GrantState, error) {
	answer, err := db.grantStates.ask(ctx, grantQuestion{grantID, tokenID})
	if err != nil {
		return dialtone.GrantState{}, fmt.Errorf("read grant: %w", err)
	}
	return answer.orNotFound()
}

func (db *DB) readGrantStates(ctx context.Context, asked []grantQuestion) ([]found[dialtone.GrantState], error) {
	args := make([]any, 0, 2*largestBatch)
	for _, q := range asked {
		args = append(args, q.grantID, q.tokenID)
	}
	answers := make([]found[dialtone.GrantState], len(asked))
	var n int
	var s dialtone.GrantState
	var consented []string
	t := db.on(tokenReads).read()
	into := slices.Concat([]any{&n}, grantStateFields(t, &s, &consented), []any{&s.TokenSpent})
	text, args := grantStates.fit(args)
	err := t.each(ctx, into, func() {
		s.Grant.Scopes = stillConsented(s.Grant.Scopes, consented)
		answers[n] = found[dialtone.GrantState]{s, true}
	}, text, args...)
	return answers, err
}

// stateOf is GrantState in a transaction, without a token.
func stateOf(ctx context.Context, t tx, grantID string) (dialtone.GrantState, error) {
	var s dialtone.GrantState
	var consented []string
	err := t.one(ctx, grantStateFields(t, &s, &consented), `SELECT `+grantState+` FROM client_grant AS g`+grantStateJoins+` WHERE g.id = $1`, grantID)
	s.Grant.Scopes = stillConsented(s.Grant.Scopes, consented)
	return s, err
}

var insertGrants = newShared(`
	WITH asked (n, id, operator_id, subscription_id, product_id, client_id, session_id, consent_id, scopes, amr, auth_time_at, claims,
		refresh_hash, created_at, expires_at) AS (VALUES %s)
	INSERT INTO client_grant (`+grantColumns+`, revoked_reason)
	SELECT a.id, a.operator_id, a.subscription_id, a.product_id, a.client_id, a.session_id, a.consent_id, a.scopes, a.amr, a.auth_time_at,
		a.claims, 0, a.refresh_hash, NULL, a.created_at, a.expires_at, ''
	FROM asked AS a
	WHERE EXISTS (SELECT 1 FROM session AS s WHERE s.id = a.session_id AND s.subscription_id = a.subscription_id AND s.ended_at IS NULL
			AND COALESCE(s.expires_at, 0) > a.created_at `+byItself+`)
		AND EXISTS (SELECT 1 FROM consent AS c WHERE c.id = a.consent_id AND c.subscription_id = a.subscription_id
			AND c.product_id = a.product_id AND `+consentInForce+` `+byItself+`)
		AND EXISTS (SELECT 1 FROM subscription AS u WHERE u.id = a.subscription_id AND u.status = 'active' `+byItself+`)
	ON CONFLICT (id) DO NOTHING
	RETURNING id`,
	"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "BIGINT", "BIGINT")

// RedeemCode spends an authorization code by inserting its grant, whose Created is now. Errors: ErrConflict if the code was
// spent before, and then the grant is dead (code_replay) and the product's developers learn of it; ErrForbidden if the
// session, the consent or the line ended since the code was made.
func (db *DB) RedeemCode(ctx context.Context, g dialtone.Grant, now time.Time) error {
	g.Created = now
	inserted, err := db.redemptions.ask(ctx, g)
	if err == nil && !inserted {
		err = db.on(tokenWrites).write(ctx, func(ctx context.Context, t tx) error { return whyNotRedeemed(ctx, t, g.ID, now) })
		if err == nil {
			err = fmt.Errorf("%w: the code was spent before", dialtone.ErrConflict)
		}
	}
	if err != nil {
		return fmt.Errorf("redeem code: %w", err)
	}
	return nil
}

// whyNotRedeemed returns nil if the grant is there already: the code came twice, perhaps because somebody stole it, so
// everything that the first use yielded dies (RFC 6749 §4.1.2).
func whyNotRedeemed(ctx context.Context, t tx, id string, now time.Time) error {
	err := revokeGrant(ctx, t, id, dialtone.RevokedCodeReplay, dialtone.EventCodeReplayed, now)
	if !errors.Is(err, dialtone.ErrNotFound) {
		return err
	}
	err = t.one(ctx, []any{&id}, `SELECT id FROM client_grant WHERE id = $1`, id)
	if errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("%w: the session, the consent or the line has ended", dialtone.ErrForbidden)
	}
	return err
}

func (db *DB) insertGrants(ctx context.Context, grants []dialtone.Grant) ([]bool, error) {
	args := make([]any, 0, insertGrants.width*largestBatch)
	for _, g := range grants {
		args = append(args, g.ID, g.OperatorID, g.SubscriptionID, g.ProductID, g.ClientID, g.SessionID, g.ConsentID, words(g.Scopes),
			words(g.AMR), micros(g.AuthTime), g.Claims, g.RefreshHash, g.Created.UnixMicro(), g.Expires.UnixMicro())
	}
	text, args := insertGrants.fit(args)
	inserted := make(map[string]bool)
	err := db.on(tokenWrites).single(ctx, func(ctx context.Context, t tx) error {
		var id string
		clear(inserted)
		return t.each(ctx, []any{&id}, func() { inserted[id] = true }, text, args...)
	})
	answers := make([]bool, len(grants))
	for i, g := range grants {
		answers[i] = inserted[g.ID]
	}
	return answers, err
}

// RevokeGrant kills a grant, and tells the product's developers if there is an event. Error: ErrNotFound if there is no such
// grant or it was revoked before; also that is durable then.
func (db *DB) RevokeGrant(ctx context.Context, id string, reason dialtone.RevocationReason, event *dialtone.Event, now time.Time) error {
	var missing error
	err := db.on(tokenWrites).write(ctx, func(ctx context.Context, t tx) error {
		revoked, err := t.exec(ctx, `UPDATE client_grant SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL`,
			id, now.UnixMicro(), string(reason))
		switch {
		case err != nil:
			return err
		case revoked == 0:
			missing = dialtone.ErrNotFound
			return confirmGrant(ctx, t, id)
		case event == nil:
			return nil
		}
		return insertEvent(ctx, t, *event)
	})
	if err = cmp.Or(err, missing); err != nil {
		return fmt.Errorf("revoke grant: %w", err)
	}
	return nil
}

// confirmGrant writes a grant as it is, for an answer that says that something was done before. Whoever did it may still wait for
// the synchronous standby, or have given up; others see it all the same. This commit waits for all that is before it.
func confirmGrant(ctx context.Context, t tx, id string) error {
	_, err := t.exec(ctx, `UPDATE client_grant SET revoked_at = revoked_at WHERE id = $1`, id)
	return err
}

// revokeGrant kills a grant whose code or refresh token was stolen or misused, and leaves an event. Error: ErrNotFound if
// there is no such grant or it was revoked before.
func revokeGrant(ctx context.Context, t tx, id string, reason dialtone.RevocationReason, kind dialtone.EventKind, now time.Time) error {
	e := dialtone.Event{ID: secret.ID("ev"), Kind: kind, Payload: "{}", At: now}
	err := t.one(ctx, []any{&e.OperatorID, &e.SubscriptionID, &e.ProductID, &e.ClientID}, `
		UPDATE client_grant SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL
		RETURNING operator_id, subscription_id, product_id, client_id`, id, now.UnixMicro(), string(reason))
	if err != nil {
		return err
	}
	return insertEvent(ctx, t, e)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// rotation is a dialtone.Rotation with its moment.
type rotation struct {
	dialtone.Rotation
	now time.Time
}

var rotateGrants = newShared(`
	WITH asked (n, grant_id, owner_id, old_generation, old_hash, new_hash, until, moment) AS (VALUES %s)
	UPDATE client_grant SET refresh_generation = refresh_generation + 1, refresh_hash = a.new_hash, refresh_rotated_at = a.moment,
		expires_at = a.until
	FROM asked AS a
	WHERE `+looked("id", "a.grant_id")+` AND client_id = a.owner_id
		AND refresh_generation = a.old_generation AND refresh_hash = a.old_hash AND refresh_hash <> ''
		AND revoked_at IS NULL AND COALESCE(expires_at, 0) > a.moment
		AND EXISTS (SELECT 1 FROM subscription AS u WHERE u.id = client_grant.subscription_id AND u.status = 'active' `+byItself+`)
		AND EXISTS (SELECT 1 FROM consent AS c WHERE c.id = client_grant.consent_id AND `+consentInForce+` `+byItself+`)
		AND (EXISTS (SELECT 1 FROM listing AS l WHERE l.product_id = client_grant.product_id AND l.operator_id = client_grant.operator_id
				AND l.state = 'enabled' `+byItself+`)
			OR EXISTS (SELECT 1 FROM tester AS x WHERE x.product_id = client_grant.product_id
				AND x.subscription_id = client_grant.subscription_id AND x.until_at > a.moment `+byItself+`))
	RETURNING `+grantColumns+`,
		(SELECT u.phone_number FROM subscription AS u WHERE u.id = client_grant.subscription_id),
		(SELECT c.scopes FROM consent AS c WHERE c.id = client_grant.consent_id)`,
	"TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "BIGINT", "BIGINT")

// RotateRefresh replaces the refresh token of a grant by its successor, once for each generation, and puts off when the
// grant expires. The same rotation again within the grace gives the same result, Repeated. Errors: ErrNotFound if the client
// has no such grant; *dialtone.RevokedError if the grant is dead, also when this token was replaced before: then somebody
// has a copy, so the grant dies now (RFC 9700 §4.14.2) and the product's developers learn of it; a RevokedError with
// RevokedNotAvailable, though nothing is revoked, if the product is not enabled at the line's operator; ErrExpired;
// ErrForbidden alone if the line is blocked.
func (db *DB) RotateRefresh(ctx context.Context, r dialtone.Rotation, grace time.Duration, now time.Time) (dialtone.Rotated, error) {
	answer, err := db.rotations.ask(ctx, rotation{r, now})
	if err == nil && answer.ok {
		return answer.value, nil
	}
	if err == nil {
		answer.value, err = db.whyNotRotated(ctx, r, grace, now)
	}
	if err != nil {
		return dialtone.Rotated{}, fmt.Errorf("rotate refresh token: %w", err)
	}
	return answer.value, nil
}

func (db *DB) rotateGrants(ctx context.Context, rotations []rotation) ([]found[dialtone.Rotated], error) {
	args := make([]any, 0, rotateGrants.width*largestBatch)
	for _, r := range rotations {
		args = append(args, r.GrantID, r.ClientID, r.Generation, r.Hash, r.NewHash, r.Expires.UnixMicro(), r.now.UnixMicro())
	}
	text, args := rotateGrants.fit(args)
	rotated := make(map[string]dialtone.Rotated, len(rotations))
	err := db.on(tokenWrites).single(ctx, func(ctx context.Context, t tx) error {
		clear(rotated)
		var r dialtone.Rotated
		var consented []string
		return t.each(ctx, append(grantFields(&r.Grant), t.number(&r.PhoneNumber), wordList{&consented}), func() {
			r.Grant.Scopes = stillConsented(r.Grant.Scopes, consented)
			rotated[r.Grant.ID] = r
		}, text, args...)
	})
	answers := make([]found[dialtone.Rotated], len(rotations))
	for i, r := range rotations {
		answers[i].value, answers[i].ok = rotated[r.GrantID]
	}
	return answers, err
}

// whyNotRotated finds the reason why a rotation changed no row. Reuse kills the grant, and that is committed before the error
// is returned.
func (db *DB) whyNotRotated(ctx context.Context, r dialtone.Rotation, grace time.Duration, now time.Time) (dialtone.Rotated, error) {
	var result dialtone.Rotated
	var refusal error
	err := db.on(tokenWrites).write(ctx, func(ctx context.Context, t tx) error {
		state, err := stateOf(ctx, t, r.GrantID)
		if err != nil {
			return err
		}
		refusal = refuseRotation(state, r, grace, now)
		switch {
		case refusal == nil:
			result = dialtone.Rotated{Grant: state.Grant, PhoneNumber: state.PhoneNumber, Repeated: true}
			return confirmGrant(ctx, t, r.GrantID)
		case errors.Is(refusal, errReused):
			refusal = &dialtone.RevokedError{Reason: dialtone.RevokedRefreshReuse, Reuse: &dialtone.Reuse{
				Behind: state.Grant.RefreshGeneration - r.Generation, Replaced: state.Grant.RefreshRotated,
			}}
			err := revokeGrant(ctx, t, r.GrantID, dialtone.RevokedRefreshReuse, dialtone.EventRefreshReused, now)
			if errors.Is(err, dialtone.ErrNotFound) {
				return nil // somebody else killed it just now
			}
			return err
		case errors.Is(refusal, errStopped):
			refusal, err = whyStopped(ctx, t, state.Grant, now)
			return err
		}
		return nil
	})
	if err != nil {
		return dialtone.Rotated{}, err
	}
	return result, refusal
}

var (
	errReused  = errors.New("a refresh token was used again")
	errStopped = errors.New("the token is the live one, and yet it was not replaced")
)

// whyStopped says what keeps the live token of a living grant from being replaced. The token stays as it is: what stops it
// may go away again.
func whyStopped(ctx context.Context, t tx, g dialtone.Grant, now time.Time) (refusal, err error) {
	var state dialtone.ListingState
	var testing bool
	err = t.one(ctx, []any{orZero[dialtone.ListingState]{&state}, &testing}, `
		SELECT (SELECT state FROM listing WHERE product_id = $1 AND operator_id = $2),
			EXISTS (SELECT 1 FROM tester WHERE product_id = $1 AND subscription_id = $3 AND until_at > $4)`,
		g.ProductID, g.OperatorID, g.SubscriptionID, now.UnixMicro())
	switch {
	case err == nil && state != dialtone.ListingEnabled && !testing:
		return &dialtone.RevokedError{Reason: dialtone.RevokedNotAvailable}, nil
	case err != nil:
		return nil, err
	}
	// It is gone already: a line that was blocked until now, for one.
	return fmt.Errorf("%w: the grant changed meanwhile", dialtone.ErrUnavailable), nil
}

// refuseRotation returns nil if the rotation was done a moment ago and may be repeated.
func refuseRotation(s dialtone.GrantState, r dialtone.Rotation, grace time.Duration, now time.Time) error {
	g := s.Grant
	switch {
	case g.ClientID != r.ClientID:
		return dialtone.ErrNotFound
	case !g.Revoked.IsZero():
		return &dialtone.RevokedError{Reason: g.RevokedReason}
	case !s.SubscriptionActive:
		return fmt.Errorf("%w: the line is blocked", dialtone.ErrForbidden)
	case !now.Before(g.Expires):
		return dialtone.ErrExpired
	case g.RefreshGeneration == r.Generation && g.RefreshHash == r.Hash:
		return errStopped
	case grace > 0 && // or else two callers at the same moment, or by two clocks, would both be served
		g.RefreshGeneration == r.Generation+1 && g.RefreshHash == r.NewHash && now.Before(g.RefreshRotated.Add(grace)) &&
		!dialtone.FromTheFuture(g.RefreshRotated, now):
		return nil
	}
	return errReused
}

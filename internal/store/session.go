package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func sessionFields(s *dialtone.Session) []any {
	return []any{
		&s.ID, &s.SecretHash, &s.OperatorID, &s.SubscriptionID, wordList{&s.AMR}, instant{&s.AuthTime}, instant{&s.Created},
		instant{&s.Expires}, instant{&s.Ended},
	}
}

// sessionQuestion asks about a session at a product.
type sessionQuestion struct{ sessionID, productID string }

// The consent is found by the line first and then read by its id: see looked.
var sessionStates = newShared(`
	WITH asked (n, session_id, product_id) AS (VALUES %s),
	found AS (
		SELECT asked.n, s.id, s.secret_hash, s.operator_id, s.subscription_id, s.amr, s.auth_time_at, s.created_at, s.expires_at, s.ended_at,
			(SELECT c.id FROM consent AS c WHERE c.subscription_id = s.subscription_id AND c.product_id = asked.product_id
				AND c.revoked_at IS NULL `+byItself+`) AS consent_id
		FROM asked JOIN session AS s ON `+looked("s.id", "asked.session_id")+`
		LIMIT 64 OFFSET 0)
	SELECT f.n, f.id, f.secret_hash, f.operator_id, f.subscription_id, f.amr, f.auth_time_at, f.created_at, f.expires_at, f.ended_at,
		`+subscriptionColumns+`, `+consentColumns+`
	FROM found AS f
	JOIN subscription AS u ON `+looked("u.id", "f.subscription_id")+`
	LEFT JOIN consent AS c ON `+looked("c.id", "f.consent_id"),
	"TEXT", "TEXT")

func sessionStateFields(t tx, n *int, s *dialtone.SessionState) []any {
	return slices.Concat([]any{n}, sessionFields(&s.Session), subscriptionFields(t, &s.Subscription), consentFields(&s.Consent))
}

// SessionState returns a session, live or not, with its line and the line's consent to the product. Error: ErrNotFound if
// there is no such session.
func (db *DB) SessionState(ctx context.Context, sessionID, productID string) (dialtone.SessionState, error) {
	answer, err := db.sessionStates.ask(ctx, sessionQuestion{sessionID, productID})
	if err != nil {
		return dialtone.SessionState{}, fmt.Errorf("read session: %w", err)
	}
	return answer.orNotFound()
}

func (db *DB) readSessionStates(ctx context.Context, asked []sessionQuestion) ([]found[dialtone.SessionState], error) {
	args := make([]any, 0, 2*largestBatch)
	for _, q := range asked {
		args = append(args, q.sessionID, q.productID)
	}
	answers := make([]found[dialtone.SessionState], len(asked))
	var n int
	var s dialtone.SessionState
	t := db.on(lookups).read()
	text, args := sessionStates.fit(args)
	err := t.each(ctx, sessionStateFields(t, &n, &s), func() { answers[n] = found[dialtone.SessionState]{s, true} }, text, args...)
	return answers, err
}

// EndSession signs a browser out. Grants of the session that have no refresh token die with it. Error: ErrNotFound if there
// is no such session or it has ended.
func (db *DB) EndSession(ctx context.Context, id string, now time.Time) error {
	ended, err := db.on(signIns).exec(ctx, `UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL`, id, now.UnixMicro())
	if err == nil && ended == 0 {
		err = dialtone.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

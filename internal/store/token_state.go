package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// tokenQuestion asks about an access token of a grant, and about the number if it wants it.
type tokenQuestion struct {
	grantID, tokenID string
	number           bool
	now              time.Time
}

// One row of the grants is read by its key. What else keeps the token alive is looked up among what has ended, which is little; only
// the number is read where it stands.
var tokenStates = newShared(`
	WITH asked (n, grant_id, token_id, number, moment) AS (VALUES %s)
	SELECT asked.n, g.scopes, (SELECT e.scopes FROM ended AS e WHERE e.id = g.consent_id `+byItself+`),
		CASE WHEN asked.number THEN (SELECT u.phone_number FROM subscription AS u WHERE u.id = g.subscription_id `+byItself+`) END
	FROM asked JOIN client_grant AS g ON `+looked("g.id", "asked.grant_id")+`
	WHERE g.revoked_at IS NULL AND COALESCE(g.expires_at, 0) > asked.moment
		AND NOT EXISTS (SELECT 1 FROM ended AS e WHERE e.id = g.subscription_id `+byItself+`)
		AND NOT EXISTS (SELECT 1 FROM ended AS e WHERE e.id = g.consent_id AND COALESCE(e.ended_at, 0) <> 0 `+byItself+`)
		AND (g.refresh_hash <> '' OR NOT EXISTS (SELECT 1 FROM ended AS e WHERE e.id = g.session_id `+byItself+`))
		AND NOT EXISTS (SELECT 1 FROM spent AS x WHERE x.id = asked.token_id `+byItself+`)`,
	"TEXT", "TEXT", "BOOLEAN", "BIGINT")

// TokenState returns what an access token that works at now stands for: the scopes of its grant that are still consented to, and the
// line's number if number says so. Error: ErrNotFound if the token does not work, for whatever reason; GrantState knows which.
func (db *DB) TokenState(ctx context.Context, grantID, tokenID string, number bool, now time.Time) (dialtone.TokenState, error) {
	answer, err := db.tokenStates.ask(ctx, tokenQuestion{grantID, tokenID, number, now})
	if err != nil {
		return dialtone.TokenState{}, fmt.Errorf("read token: %w", err)
	}
	return answer.orNotFound()
}

func (db *DB) readTokenStates(ctx context.Context, asked []tokenQuestion) ([]found[dialtone.TokenState], error) {
	args := make([]any, 0, tokenStates.width*largestBatch)
	for _, q := range asked {
		args = append(args, q.grantID, q.tokenID, q.number, q.now.UnixMicro())
	}
	answers := make([]found[dialtone.TokenState], len(asked))
	var n int
	var s dialtone.TokenState
	var left *string
	t := db.on(tokenReads).read()
	text, args := tokenStates.fit(args)
	err := t.each(ctx, []any{&n, wordList{&s.Scopes}, &left, orNone{t.number(&s.PhoneNumber)}}, func() {
		if left != nil {
			s.Scopes = stillConsented(s.Scopes, strings.Fields(*left))
		}
		answers[n] = found[dialtone.TokenState]{s, true}
	}, text, args...)
	return answers, err
}

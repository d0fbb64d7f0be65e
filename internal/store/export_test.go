package store

import (
	"context"
	"fmt"
	"strings"
)

// Share sets how many shared statements of a kind run at once, before the database is used.
func (db *DB) Share(workers int) {
	db.sessionStates.workers, db.grantStates.workers, db.tokensSpent.workers = workers, workers, workers
	db.redemptions.workers, db.rotations.workers = workers, workers
}

// SharedPlans returns, by name, how the database carries out each shared statement for four callers.
func (db *DB) SharedPlans(ctx context.Context) (map[string]string, error) {
	plans := make(map[string]string)
	for name, s := range map[string]shared{
		"session_state": sessionStates, "grant_state": grantStates, "token_spent": tokensSpent, "redeem": insertGrants, "rotate": rotateGrants,
	} {
		text, args := s.fit(make([]any, 4*s.width))
		plan, err := db.plan(ctx, name, text, len(args))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		plans[name] = plan
	}
	return plans, nil
}

func (db *DB) plan(ctx context.Context, name, text string, width int) (string, error) {
	var lines []string
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		var line string
		add := func() { lines = append(lines, line) }
		if _, ok := db.engine.(*sqliteEngine); ok {
			var id, parent, unused int
			return t.each(ctx, []any{&id, &parent, &unused, &line}, add, `EXPLAIN QUERY PLAN `+text, make([]any, width)...)
		}
		if _, err := t.exec(ctx, `PREPARE `+name+` AS `+text); err != nil {
			return err
		}
		return t.each(ctx, []any{&line}, add, `EXPLAIN EXECUTE `+name+`(`+strings.Repeat("NULL, ", width-1)+`NULL)`)
	})
	return strings.Join(lines, "\n"), err
}

package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// spend adds an entry to the budget. Error: *dialtone.BudgetError if a limit does not allow it.
//
// Counting and adding are one statement. Two who spend at once take the same number, and the primary key lets one of them
// through; the other counts again and sees the first.
func spend(ctx context.Context, t tx, b dialtone.Budget, now time.Time) error {
	if b.Key == "" {
		return nil // nothing is counted, as for sandbox numbers
	}
	s := spending(b, now)
	for {
		if err := t.together(ctx, s); err != nil || s.changed == 1 {
			return err
		}
		wait, err := exhausted(ctx, t, b, now)
		if err != nil {
			return err
		}
		if wait > 0 {
			return fmt.Errorf("spend: %w", &dialtone.BudgetError{Key: b.Key, RetryAfter: wait})
		}
	}
}

// spending returns the statement that spends from the budget if all limits allow it.
func spending(b dialtone.Budget, now time.Time) *step {
	args := []any{b.Key, now.UnixMicro()}
	allowed := []string{"TRUE"}
	for _, limit := range b.Limits {
		args = append(args, now.Add(-limit.Window).UnixMicro(), now.Add(limit.Window).UnixMicro(), limit.Count)
		allowed = append(allowed, within(len(args)-2, len(args)-1)+fmt.Sprintf(" < CAST($%d AS BIGINT)", len(args)))
	}
	return &step{args: args, text: `INSERT INTO budget_entry (key, seq, spent_at)
		SELECT CAST($1 AS TEXT), COALESCE(MAX(e.seq), 0) + 1, CAST($2 AS BIGINT) FROM budget_entry AS e WHERE e.key = $1
		HAVING ` + strings.Join(allowed, " AND ") + `
		ON CONFLICT (key, seq) DO NOTHING`}
}

// within counts the entries e between two parameters, which are a window before and a window after now. What lies further in the
// future was written by a clock that was wrong, and would otherwise refuse everybody until that day.
func within(from, to int) string {
	return fmt.Sprintf("COUNT(*) FILTER (WHERE e.spent_at > $%d AND e.spent_at <= $%d)", from, to)
}

// exhausted returns how long it takes until every limit allows one more; zero if they all do.
func exhausted(ctx context.Context, t tx, b dialtone.Budget, now time.Time) (time.Duration, error) {
	var longest time.Duration
	for _, limit := range b.Limits {
		if limit.Count <= 0 {
			longest = max(longest, limit.Window)
			continue
		}
		// There is room again when the oldest of the last Count entries leaves the window.
		var oldest time.Time
		some := false
		err := t.each(ctx, []any{instant{&oldest}}, func() { some = true },
			`SELECT spent_at FROM budget_entry WHERE key = $1 AND spent_at <= $3 ORDER BY spent_at DESC LIMIT 1 OFFSET $2`,
			b.Key, limit.Count-1, now.Add(limit.Window).UnixMicro())
		if err != nil {
			return 0, err
		}
		if some {
			longest = max(longest, min(oldest.Add(limit.Window).Sub(now), limit.Window))
		}
	}
	return longest, nil
}

// guessing returns the statement that counts a wrong try under the key, if the row that $3 names was not verified. It refuses nothing.
func guessing(key, table, id string, now time.Time) *step {
	return &step{args: []any{key, now.UnixMicro(), id}, text: `
		INSERT INTO budget_entry (key, seq, spent_at)
		SELECT CAST($1 AS TEXT), COALESCE(MAX(e.seq), 0) + 1, CAST($2 AS BIGINT) FROM budget_entry AS e WHERE e.key = $1
		HAVING EXISTS (SELECT 1 FROM ` + table + ` AS c WHERE c.id = $3 AND c.verified_at IS NULL)
		ON CONFLICT (key, seq) DO NOTHING`}
}

// Spend adds an entry to each of the budgets, or to none. Error: *dialtone.BudgetError if a limit does not allow it.
func (db *DB) Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error {
	return db.write(ctx, func(ctx context.Context, t tx) error { return spendAll(ctx, t, budgets, now) })
}

// spendAll spends from all budgets, after the steps that come before. The first budget is in the same round trip as those.
// Each of the others waits for the one before it: whoever loses a race must not have what the winner waits for.
func spendAll(ctx context.Context, t tx, budgets []dialtone.Budget, now time.Time, before ...*step) error {
	if len(budgets) == 0 || budgets[0].Key == "" {
		if err := t.together(ctx, before...); err != nil {
			return err
		}
	} else {
		first := spending(budgets[0], now)
		if err := t.together(ctx, append(before, first)...); err != nil {
			return err
		}
		if first.changed == 1 {
			budgets = budgets[1:]
		}
	}
	for _, b := range budgets {
		if err := spend(ctx, t, b, now); err != nil {
			return err
		}
	}
	return nil
}

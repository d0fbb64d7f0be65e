package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// charges is a row for each limit of each budget of each payer; a budget without limits has one that always allows.
var charges = newShared(`
	WITH asked (n, payer, key, spent_at, since, until, most) AS (VALUES %s),
	weighed AS (
		SELECT a.payer, a.key, a.spent_at, a.most <= (
			SELECT COUNT(*) FILTER (WHERE e.spent_at > a.since AND e.spent_at <= a.until) FROM budget_entry AS e WHERE e.key = a.key
		) AS used_up
		FROM asked AS a WHERE a.key IS NOT NULL)
	INSERT INTO budget_entry (key, seq, spent_at)
	SELECT w.key, COALESCE((SELECT MAX(e.seq) FROM budget_entry AS e WHERE e.key = w.key), 0) + 1, MIN(w.spent_at)
	FROM weighed AS w
	WHERE w.payer NOT IN (SELECT payer FROM weighed WHERE used_up)
	GROUP BY w.key
	ORDER BY w.key
	ON CONFLICT (key, seq) DO NOTHING
	RETURNING key, seq`,
	"BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")

// outcome is what became of one payer's charges. Neither charged nor refused: somebody else took from one of the budgets at the same
// moment, so that it has to be counted again.
type outcome struct {
	charged bool
	refusal error // *dialtone.BudgetError
}

// chargeEach adds an entry to each budget of each payer, or to none of that payer's. No budget may come twice.
//
// Counting and adding are one statement. Two who charge at once take the same number, and the primary key lets one of them
// through; the other takes back what it has. All take the keys in one order, so that nobody waits for whoever waits for them. What lies
// further in the future than a limit is long was written by a clock that was wrong, and would otherwise refuse everybody until that day.
func chargeEach(ctx context.Context, t tx, payers [][]dialtone.Budget, now time.Time) ([]outcome, error) {
	var args []any
	for payer, budgets := range payers {
		more, _ := charging(payer, budgets, now)
		args = append(args, more...)
	}
	added := make(map[string]int64) // numbers by key
	if len(args) > 0 {
		var key string
		var seq int64
		statement := charges.step(args)
		statement.into, statement.do = []any{&key, &seq}, func() { added[key] = seq }
		if err := t.together(ctx, statement); err != nil {
			return nil, err
		}
	}
	outcomes := make([]outcome, len(payers))
	for payer, budgets := range payers {
		var err error
		if outcomes[payer], err = settle(ctx, t, budgets, added, now); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// settle takes back what was added to some of a payer's budgets only, and says which one is used up.
func settle(ctx context.Context, t tx, budgets []dialtone.Budget, added map[string]int64, now time.Time) (outcome, error) {
	missing := slices.ContainsFunc(budgets, func(b dialtone.Budget) bool { return b.Key != "" && added[b.Key] == 0 })
	if !missing {
		return outcome{charged: true}, nil
	}
	for _, b := range budgets {
		if added[b.Key] == 0 {
			continue
		}
		if _, err := t.exec(ctx, `DELETE FROM budget_entry WHERE key = $1 AND seq = $2`, b.Key, added[b.Key]); err != nil {
			return outcome{}, err
		}
	}
	for _, b := range budgets {
		wait, err := exhausted(ctx, t, b, now)
		if err != nil {
			return outcome{}, err
		}
		if wait > 0 {
			return outcome{refusal: fmt.Errorf("charge: %w", &dialtone.BudgetError{Key: b.Key, RetryAfter: wait})}, nil
		}
	}
	return outcome{}, nil
}

// charge adds an entry to each of the budgets, or to none. Error: *dialtone.BudgetError if a limit does not allow it.
func charge(ctx context.Context, t tx, budgets []dialtone.Budget, now time.Time) error {
	for {
		outcomes, err := chargeEach(ctx, t, [][]dialtone.Budget{budgets}, now)
		switch {
		case err != nil:
			return err
		case outcomes[0].charged || outcomes[0].refusal != nil:
			return outcomes[0].refusal
		}
	}
}

// counted counts the budget that an error says is used up, and passes the error on.
func (db *DB) counted(err error) error {
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		db.budgets.Bit(refused.Name())
	}
	return err
}

// charging returns the arguments of charges for one payer, and how many budgets they are. A budget without a key is none: nothing is
// counted, as for sandbox numbers.
func charging(payer int, budgets []dialtone.Budget, now time.Time) (args []any, keys int) {
	for _, b := range budgets {
		if b.Key == "" {
			continue
		}
		keys++
		limits := b.Limits
		if len(limits) == 0 {
			limits = []dialtone.Limit{{Count: math.MaxInt, Window: time.Microsecond}}
		}
		for _, limit := range limits {
			args = append(args, payer, b.Key, now.UnixMicro(), now.Add(-limit.Window).UnixMicro(), now.Add(limit.Window).UnixMicro(), limit.Count)
		}
	}
	return args, keys
}

// reached is the condition, over the entries e of the budget, that one of its limits is reached; never, if it has no key. It appends
// what it needs to the arguments.
func reached(b dialtone.Budget, args []any, now time.Time) (string, []any) {
	conditions := []string{"COUNT(*) < 0"} // never, and one row
	if b.Key != "" {
		for _, limit := range b.Limits {
			args = append(args, now.Add(-limit.Window).UnixMicro(), now.Add(limit.Window).UnixMicro(), limit.Count)
			conditions = append(conditions, fmt.Sprintf("COUNT(*) FILTER (WHERE e.spent_at > $%d AND e.spent_at <= $%d) >= CAST($%d AS BIGINT)",
				len(args)-2, len(args)-1, len(args)))
		}
	}
	return strings.Join(conditions, " OR "), args
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

// Spend adds an entry to each of the budgets, or to none. Error: *dialtone.BudgetError if a limit does not allow it.
func (db *DB) Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error {
	return db.charge(ctx, desk, budgets, now)
}

func (db *DB) charge(ctx context.Context, kind work, budgets []dialtone.Budget, now time.Time) error {
	return db.on(kind).single(ctx, func(ctx context.Context, t tx) error { return charge(ctx, t, budgets, now) })
}

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Share sets how many shared statements of a kind run at once, before the database is used.
func (db *DB) Share(workers int) {
	db.sessionStates.workers, db.grantStates.workers, db.tokensSpent.workers = workers, workers, workers
	db.challengeStates.workers, db.linesByNumber.workers = workers, workers
	db.redemptions.workers, db.rotations.workers = workers, workers
	db.issues.workers, db.tries.workers, db.consents.workers = workers, workers, workers
}

// hotStatement is a shared statement with the work that it is, and what it is asked about the nth thing of the plan test.
type hotStatement struct {
	shared
	kind     work
	question func(n int) []any
}

func hotStatements() map[string]hotStatement {
	name := func(kind string, n int) string { return fmt.Sprint(kind, n) }
	return map[string]hotStatement{
		"session_state": {sessionStates, lookups, func(n int) []any { return []any{name("s", n), "p"} }},
		"grant_state":   {grantStates, tokenReads, func(n int) []any { return []any{name("g", n), name("t", n)} }},
		"token_state":   {tokenStates, tokenReads, func(n int) []any { return []any{name("g", n), name("t", n+1_000_000), true, 5} }},
		"token_spent":   {tokensSpent, tokenReads, func(n int) []any { return []any{name("t", n)} }},
		"redeem": {insertGrants, tokenWrites, func(n int) []any {
			return []any{name("new", n), "o", name("u", n), "p", "c", name("s", n), name("c", n), "openid", "sms", 1, "", "", 5, 9}
		}},
		"rotate":          {rotateGrants, tokenWrites, func(n int) []any { return []any{name("g", n), "c", 0, "h", "next", 9, 5} }},
		"challenge_state": {challengeStates, signIns, func(n int) []any { return []any{name("ch", n)} }},
		"lines": {linesByNumber, signIns, func(n int) []any {
			return []any{name("+", n), name("no", n), nil, nil, nil, nil, nil, nil}
		}},
		"supersede": {supersedeChallenges, signIns, func(n int) []any { return []any{name("b", n), "r"} }},
		"issue": {insertChallenges, signIns, func(n int) []any {
			return []any{name("new", n), "b", "r", "n", name("u", n), 0, 1, 5, false, nil, "", 5, 9, "h", "s", 6, "h", "s", 8, name("k", n), 0, 9, 9, 0, 9, 9}
		}},
		"try":         {countTries, signIns, func(n int) []any { return []any{name("ch", n), name("b", n), "r", "h", 5, name("new", n), 5, 9} }},
		"new_session": {insertSessions, signIns, func(n int) []any { return []any{name("ch", n), name("new", n), "", "", 5, 5, 9, nil} }},
		"consent": {putConsents, signIns, func(n int) []any {
			return []any{name("new", n), name("u", n), "p", "openid", "", 1, "en", 5, 5}
		}},
		"consent_record": {recordConsents, signIns, func(n int) []any {
			return []any{5, name("new", n), name("u", n), "p", "o", "c", "granted", "openid", 1, "en", "", "", "", "", 5}
		}},
		"consent_event": {tellConsents, signIns, func(n int) []any {
			return []any{5, name("new", n), "k", "o", name("u", n), "p", "c", "{}", 5}
		}},
		"charge": {charges, signIns, func(n int) []any { return []any{n, name("k", n), 5, 0, 9, 9} }},
	}
}

// SharedPlans returns, by name, how SQLite carries out each shared statement for so many callers.
func (db *DB) SharedPlans(ctx context.Context, callers int) (map[string]string, error) {
	plans := make(map[string]string)
	for name, s := range hotStatements() {
		var lines []string
		var id, parent, unused int
		var line string
		text, args := s.fit(make([]any, callers*s.width))
		err := db.on(s.kind).read().each(ctx, []any{&id, &parent, &unused, &line}, func() { lines = append(lines, line) }, `EXPLAIN QUERY PLAN `+text, args...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		plans[name] = strings.Join(lines, "\n")
	}
	return plans, nil
}

// RowsRead returns, by name, how many rows PostgreSQL looks at for each caller of a shared statement, with the plan that it
// made before grow. Nothing is changed.
func (db *DB) RowsRead(ctx context.Context, callers int, grow func()) (rows map[string]float64, plans map[string]string, err error) {
	rows, plans = make(map[string]float64), make(map[string]string)
	undo := errors.New("undo")
	prepared := make(map[work][]string)
	var run func(kinds []work) error
	run = func(kinds []work) error {
		if len(kinds) == 0 {
			grow()
			return nil
		}
		kind := kinds[0]
		return db.engine.write(ctx, kind, func(ctx context.Context, t tx) error {
			for name, s := range hotStatements() {
				if s.kind != kind {
					continue
				}
				text, args := s.fit(make([]any, callers*s.width))
				if _, err := t.exec(ctx, `PREPARE `+name+` AS `+text); err != nil {
					return err
				}
				if err := t.each(ctx, []any{new(string)}, func() {}, `EXPLAIN EXECUTE `+name+`(`+strings.Repeat("NULL, ", len(args)-1)+`NULL)`); err != nil {
					return err
				}
				prepared[kind] = append(prepared[kind], name)
			}
			if err := run(kinds[1:]); err != nil && !errors.Is(err, undo) {
				return err
			}
			for _, name := range prepared[kind] {
				read, plan, err := explained(ctx, t, name, hotStatements()[name], callers)
				if err != nil {
					return err
				}
				rows[name], plans[name] = read/float64(callers), plan
			}
			return undo
		})
	}
	if err = run([]work{lookups, tokenReads, tokenWrites, signIns}); errors.Is(err, undo) {
		err = nil
	}
	return rows, plans, err
}

func explained(ctx context.Context, t tx, name string, s hotStatement, callers int) (float64, string, error) {
	var arguments []string
	for n := range callers {
		for _, argument := range s.question(n) {
			if argument == nil {
				arguments = append(arguments, "NULL")
				continue
			}
			arguments = append(arguments, fmt.Sprintf("'%v'", argument))
		}
	}
	var document string
	err := t.each(ctx, []any{&document}, func() {}, `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE `+name+`(`+strings.Join(arguments, ", ")+`)`)
	if err != nil {
		return 0, "", err
	}
	var explanation []struct{ Plan planNode }
	err = json.Unmarshal([]byte(document), &explanation)
	if err == nil && len(explanation) != 1 {
		err = errors.New(document)
	}
	if err != nil {
		return 0, "", err
	}
	return explanation[0].Plan.rows(), document, nil
}

// planNode is a part of PostgreSQL's plan. Its rows are those of each loop.
type planNode struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Unjoined float64 `json:"Rows Removed by Join Filter"`
	Plans    []planNode
}

// rows returns how many rows of tables were looked at, and how many pairs were put together in vain.
func (n planNode) rows() float64 {
	looked := (n.Removed + n.Unjoined) * n.Loops
	if n.Relation != "" {
		looked += n.Rows * n.Loops
	}
	for _, below := range n.Plans {
		looked += below.rows()
	}
	return looked
}

// Stumble writes a scope and panics before it is committed.
func (db *DB) Stumble(ctx context.Context, scope string) error {
	return db.write(ctx, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO scope (name, category, developer, subscriber) VALUES ($1, '', '', '{}')`, scope)
		panic(fmt.Sprint("stumbled after ", err))
	})
}

// Execute runs a statement as it is.
func (db *DB) Execute(ctx context.Context, text string, args ...any) error {
	_, err := db.exec(ctx, text, args...)
	return err
}

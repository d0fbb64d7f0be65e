// Package store keeps the product's nouns in SQLite or PostgreSQL.
//
// It owns the SQL, the schema, the transactions and what may be used once. It refuses rules: who may do what, and when, is
// decided by the verbs; the store counts, compares and keeps.
//
//	method ──▶ one statement or one transaction ──▶ engine: sqlite.go, postgres.go
//	  └─ hot ──▶ batch.go: callers that wait at the same moment share one statement
//
// One exported method is one intention in one transaction. Every statement runs as it is on both engines. Methods return
// dialtone.ErrNotFound, ErrConflict and ErrUnavailable as package dialtone explains them; a method says what else it
// returns, or what one of these means there. Times are kept to the microsecond.
//
// A grant is dead when it was revoked itself, when its line or its consent ended, or, if it has no refresh token, when its
// session did. Only the thing that ended is written; whoever reads a grant looks at all of them (grant.go). So nothing can
// slip between a revocation and a token that is being made at the same moment.
package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// DB is an open database. Make it with Open. It is safe for concurrent use.
type DB struct {
	engine    engine
	condition *condition
	people    *secret.Keys // see personal.go
	budgets   *dialtone.BudgetCounts

	sessionStates   *batcher[sessionQuestion, found[dialtone.SessionState]]
	grantStates     *batcher[grantQuestion, found[dialtone.GrantState]]
	tokenStates     *batcher[tokenQuestion, found[dialtone.TokenState]]
	tokensSpent     *batcher[string, bool]
	pings           *batcher[struct{}, struct{}]
	challengeStates *batcher[string, found[dialtone.ChallengeState]]
	linesByNumber   *batcher[numberQuestion, []dialtone.Subscription]

	redemptions *batcher[dialtone.Grant, bool]
	rotations   *batcher[rotation, found[dialtone.Rotated]]
	issues      *batcher[issued, issue]
	tries       *batcher[attempt, found[dialtone.Tried]]
	consents    *batcher[giving, found[dialtone.Consent]]
}

// Open is OpenBounded with the bounds by default.
func Open(ctx context.Context, dsn string) (*DB, error) { return OpenBounded(ctx, dsn, Bounds{}) }

// OpenBounded opens the database that dsn names: "sqlite:FILE", or a postgres:// URL. The schema is Migrate's. Error:
// ErrInvalid if dsn is neither, if it or the bounds ask for what cannot be, or if the database does not keep text as UTF-8.
func OpenBounded(ctx context.Context, dsn string, bounds Bounds) (*DB, error) {
	var opened engine
	var err error
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		opened, err = openSQLite(ctx, file)
	} else if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		opened, err = openPostgres(ctx, dsn, bounds)
	} else {
		return nil, fmt.Errorf("open database: %w: the address begins with neither sqlite: nor postgres://", dialtone.ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{engine: opened}
	db.condition = newCondition(db.tryWrite)
	share := opened.sharing()
	db.sessionStates = newBatcher(share.reads, opened.background, db.readSessionStates, nil)
	db.grantStates = newBatcher(share.reads, opened.background, db.readGrantStates, nil)
	db.tokenStates = newBatcher(share.reads, opened.background, db.readTokenStates, nil)
	db.tokensSpent = newBatcher(share.reads, opened.background, db.readTokensSpent, nil)
	db.pings = newBatcher(1, opened.background, db.ping, nil)
	db.challengeStates = newBatcher(share.reads, opened.background, db.readChallengeStates, nil)
	db.linesByNumber = newBatcher(share.reads, opened.background, db.readLinesByNumber, nil)
	db.redemptions = newBatcher(share.writes, opened.background, db.insertGrants, func(g dialtone.Grant) string { return g.ID })
	db.rotations = newBatcher(share.writes, opened.background, db.rotateGrants, func(r rotation) string { return r.GrantID })
	db.issues = newBatcher(share.writes, opened.background, db.createChallenges, issued.by)
	db.tries = newBatcher(share.writes, opened.background, db.tryChallenges, func(a attempt) string { return a.ID })
	db.consents = newBatcher(share.writes, opened.background, db.putConsents, giving.to)
	return db, nil
}

// CountBudgets has each budget counted that is used up when somebody spends from it. It must come before the first one does.
func (db *DB) CountBudgets(counts *dialtone.BudgetCounts) { db.budgets = counts }

// Close lets what is under way finish and closes the database.
func (db *DB) Close() error {
	db.condition.close()
	return db.engine.close()
}

// Ping says whether the database answers. Error: ErrUnavailable. Who asks may have less patience than it takes to connect to the next
// of several hosts: the connection comes about all the same, and the next one who asks has it.
func (db *DB) Ping(ctx context.Context) error {
	_, err := db.pings.ask(ctx, struct{}{})
	return err
}

func (db *DB) ping(ctx context.Context, asked []struct{}) ([]struct{}, error) {
	var one int
	return asked, db.on(db.engine.asked()).read().one(ctx, []any{&one}, `SELECT 1`)
}

// Writable says whether the database takes writes, as far as is known: it does not wait for one. Error: ErrUnavailable.
func (db *DB) Writable() error { return db.condition.writable() }

// Clock returns the time by the database's own clock. Error: ErrUnavailable.
func (db *DB) Clock(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := db.on(probes).read().one(ctx, []any{instant{&now}}, db.engine.clock())
	return now, err
}

// Backup writes a consistent copy of a SQLite database to a new file while others go on working. Error: ErrInvalid with
// PostgreSQL, which has better tools of its own.
func (db *DB) Backup(ctx context.Context, file string) error { return db.engine.backup(ctx, file) }

// read, write and exec are those of the desk; other kinds of work name themselves: db.on(signIns).

func (db *DB) read() tx { return db.on(desk).read() }

func (db *DB) write(ctx context.Context, do func(context.Context, tx) error) error {
	return db.on(desk).write(ctx, do)
}

func (db *DB) exec(ctx context.Context, text string, args ...any) (int64, error) {
	return db.on(desk).exec(ctx, text, args...)
}

// found is the answer of a look-up that may find nothing.
type found[T any] struct {
	value T
	ok    bool
}

// orNotFound turns the answer into the form that methods return.
func (f found[T]) orNotFound() (T, error) {
	if !f.ok {
		return f.value, dialtone.ErrNotFound
	}
	return f.value, nil
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	// name is how migrations call the engine.
	name() string
	// read runs statements that change nothing.
	read(kind work) tx
	// asked is the kind of work whose connections tell whether the database answers.
	asked() work
	// write runs do in a transaction, once or, after a serialization failure, again.
	write(ctx context.Context, kind work, do func(context.Context, tx) error) error
	// single is write for a do of exactly one statement.
	single(ctx context.Context, kind work, do func(context.Context, tx) error) error
	// unit is write for statements none of which waits for what another one answers.
	unit(ctx context.Context, kind work, steps func(tx) []*step) error
	// exclusive is write, for as long as it takes, while nobody else is in exclusive, on any node.
	exclusive(ctx context.Context, do func(context.Context, tx) error) error
	// roomy says whether there is room for new data, by writing some.
	roomy(ctx context.Context) error
	// background returns the context of a statement that several callers share.
	background() (context.Context, context.CancelFunc)
	sharing() sharing
	backup(ctx context.Context, file string) error
	// clock is the query for the time by the database's own clock, in Unix microseconds.
	clock() string
	close() error
}

// sharing says how many shared statements of one kind run at once as long as they keep up. Fewer means more callers a statement.
type sharing struct{ reads, writes int }

// step is one statement of a transaction. One with do is a query: every row is scanned into the same places, and do is called
// after each.
type step struct {
	text    string
	args    []any
	into    []any
	do      func()
	changed int64 // how many rows it changed, once it ran
}

// runner runs statements one after the other, in one round trip if the engine has round trips. If one fails, those after it
// are not run; then it returns which one, with the driver's error.
type runner interface {
	run(ctx context.Context, steps []*step) (failed int, err error)
}

// tx runs statements, in a transaction or each by itself, and turns the driver's errors into ours.
type tx struct {
	on       runner
	classify func(error) error
	people   *secret.Keys // see personal.go
}

// together runs statements none of which needs to wait for what another one answers.
func (t tx) together(ctx context.Context, steps ...*step) error {
	if len(steps) == 0 {
		return nil
	}
	if failed, err := t.on.run(ctx, steps); err != nil {
		return t.fault(steps[failed].text, err)
	}
	return nil
}

// exec runs a statement and returns how many rows it changed.
func (t tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	s := step{text: text, args: args}
	err := t.together(ctx, &s)
	return s.changed, err
}

// each runs a query, scans every row into the same places and calls do after each. Text in them may be kept.
func (t tx) each(ctx context.Context, into []any, do func(), text string, args ...any) error {
	return t.together(ctx, &step{text: text, args: args, into: into, do: do})
}

// one runs a query of at most one row. Error: ErrNotFound if there is none.
func (t tx) one(ctx context.Context, into []any, text string, args ...any) error {
	got := false
	if err := t.each(ctx, into, func() { got = true }, text, args...); err != nil {
		return err
	}
	if !got {
		return dialtone.ErrNotFound
	}
	return nil
}

// fault classifies an error and says which statement it was. Arguments are never told.
func (t tx) fault(text string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err // the caller left
	}
	const enough = 60
	words := strings.Join(strings.Fields(text), " ")
	if len(words) > enough {
		words = words[:enough] + "…"
	}
	return fmt.Errorf("%s: %w", words, t.classify(err))
}

// as wraps a driver's error in one of ours and keeps it readable.
func as(ours, err error) error { return fmt.Errorf("%w: %w", ours, err) }

// leaving is the error of a caller who stops waiting: its time is over, which is the database's matter, or it went away.
func leaving(ctx context.Context) error {
	if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return as(dialtone.ErrUnavailable, ctx.Err())
}

// database is what the types of database/sql and the prepared statements have in common.
type database interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// sqlRunner runs statements through database/sql.
type sqlRunner struct{ on database }

func (r sqlRunner) run(ctx context.Context, steps []*step) (int, error) {
	for i, s := range steps {
		run := r.exec
		if s.do != nil {
			run = r.query
		}
		if err := run(ctx, s); err != nil {
			return i, err
		}
	}
	return 0, nil
}

func (r sqlRunner) exec(ctx context.Context, s *step) error {
	result, err := r.on.ExecContext(ctx, s.text, s.args...)
	if err != nil {
		return err
	}
	s.changed, err = result.RowsAffected()
	return err
}

func (r sqlRunner) query(ctx context.Context, s *step) error {
	rows, err := r.on.QueryContext(ctx, s.text, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(s.into...); err != nil {
			return err
		}
		s.do()
	}
	return rows.Err()
}

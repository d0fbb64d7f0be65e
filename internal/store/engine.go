package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	// read runs statements that change nothing.
	read() tx
	// write runs do in a transaction, once or, after a serialization failure, again.
	write(ctx context.Context, do func(context.Context, tx) error) error
	// single is write for a do of exactly one statement.
	single(ctx context.Context, do func(context.Context, tx) error) error
	// exclusive is write while nobody else is in exclusive, on any node.
	exclusive(ctx context.Context, do func(context.Context, tx) error) error
	// background returns the context of a statement that several callers share.
	background() (context.Context, context.CancelFunc)
	sharing() sharing
	backup(ctx context.Context, file string) error
	close() error
}

// sharing says how many shared statements of one kind run at once as long as they keep up. Fewer means more callers a statement.
type sharing struct{ reads, writes int }

// runner is what the types of database/sql and the prepared statements have in common.
type runner interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// tx runs statements, in a transaction or each by itself, and turns the driver's errors into ours.
type tx struct {
	on       runner
	classify func(error) error
}

// exec runs a statement and returns how many rows it changed.
func (t tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := t.on.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, t.fault(text, err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return 0, t.fault(text, err)
	}
	return changed, nil
}

// each runs a query, scans every row into the same places and calls do after each. Text in them may be kept.
func (t tx) each(ctx context.Context, into []any, do func(), text string, args ...any) error {
	rows, err := t.on.QueryContext(ctx, text, args...)
	if err != nil {
		return t.fault(text, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return t.fault(text, err)
		}
		do()
	}
	if err := rows.Err(); err != nil {
		return t.fault(text, err)
	}
	return nil
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
		return err
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

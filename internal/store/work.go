package store

import (
	"context"
	"fmt"
	"runtime/debug"
)

// work is a kind of work. Each has connections of its own, so that what waits in one kind, for a table that somebody has
// locked or for a long report, takes none from another.
type work int

const (
	tokenReads  work = iota // is this token alive: user info, introspection
	tokenWrites             // codes, refreshes, revocations
	lookups                 // catalogue entries and the browser's session, which every page and endpoint needs
	signIns                 // numbers, PINs, consents, the messages about them
	desk                    // the portal, the management API, reports, commands; what is none of the others
	upkeep                  // clean-up, counts, keys, last uses
	probes                  // does the database answer, does it take writes
	kindsOfWork
)

// lane is the database for one kind of work.
type lane struct {
	db *DB
	of work
}

func (db *DB) on(kind work) lane { return lane{db, kind} }

func (l lane) read() tx {
	t := l.db.engine.read(l.of)
	t.people = l.db.people
	return t
}

// write runs do in a transaction: all of it is done, or nothing. It may run do more than once.
func (l lane) write(ctx context.Context, do func(context.Context, tx) error) error {
	return l.db.condition.note(l.db.counted(l.db.engine.write(ctx, l.of, l.db.knowing(safely(do)))))
}

// knowing gives the transaction what it needs to read and write about people.
func (db *DB) knowing(do func(context.Context, tx) error) func(context.Context, tx) error {
	return func(ctx context.Context, t tx) error {
		t.people = db.people
		return do(ctx, t)
	}
}

// unit runs statements in a transaction of their own: all of them are done, or none. No statement may wait for what another one
// answers, so they travel together. It may make the steps more than once.
func (l lane) unit(ctx context.Context, steps func(tx) []*step) error {
	make := func(t tx) []*step {
		t.people = l.db.people
		return steps(t)
	}
	return l.db.condition.note(l.db.engine.unit(ctx, l.of, make))
}

// single is write for a do of exactly one statement.
func (l lane) single(ctx context.Context, do func(context.Context, tx) error) error {
	return l.db.condition.note(l.db.counted(l.db.engine.single(ctx, l.of, l.db.knowing(safely(do)))))
}

// exec runs one writing statement by itself and returns how many rows it changed.
func (l lane) exec(ctx context.Context, text string, args ...any) (int64, error) {
	var changed int64
	err := l.single(ctx, func(ctx context.Context, t tx) error {
		var err error
		changed, err = t.exec(ctx, text, args...)
		return err
	})
	return changed, err
}

// panicError is a panic in what we run for a caller, which may be on a goroutine that works for others, too. It must end
// neither that nor the process: the caller gets it as an error that nobody foresaw.
type panicError struct {
	fault any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.fault, e.stack) }

// safely makes a panic in do an error, so that the transaction is rolled back and everybody else goes on.
func safely(do func(context.Context, tx) error) func(context.Context, tx) error {
	return func(ctx context.Context, t tx) (err error) {
		defer func() { recovered(recover(), &err) }()
		return do(ctx, t)
	}
}

// recovered keeps what recover returned, if anything, as the error.
func recovered(fault any, err *error) {
	if fault != nil {
		*err = &panicError{fault, debug.Stack()}
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// sqliteEngine is one file with a pool of readers and one writer. In WAL mode neither waits for the other.
type sqliteEngine struct {
	address string
	readers *sql.DB
	reading tx
	writer  *writer
}

// The pragmas stand in the address because a statement would reach one connection of the pool only.
const (
	sqlitePragmas = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-16000)"
	sqliteReadOnly = "&_pragma=query_only(1)"
)

func openSQLite(ctx context.Context, file string) (engine, error) {
	// The database holds numbers and hashes: nobody else on the machine may read it. SQLite gives its other files the same mode.
	created, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := created.Close(); err != nil {
		return nil, err
	}
	address := "file:" + (&url.URL{Path: file}).EscapedPath() + sqlitePragmas

	writing, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	// The writer goes first: it is the one that may turn a new file to WAL.
	conn, err := patiently(ctx, writing.Conn)
	if err != nil {
		return nil, errors.Join(classifySQLite(err), writing.Close())
	}
	readers, err := sql.Open("sqlite", address+sqliteReadOnly)
	if err != nil {
		return nil, errors.Join(err, writing.Close())
	}
	readers.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
	readers.SetMaxIdleConns(max(4, runtime.GOMAXPROCS(0)))
	return &sqliteEngine{
		address: address,
		readers: readers,
		reading: tx{on: sqlRunner{newPrepared(readers)}, classify: classifySQLite},
		writer:  newWriter(writing, tx{on: sqlRunner{newPrepared(conn)}, classify: classifySQLite}),
	}, nil
}

// patiently connects while another process makes the same new file. Turning it to WAL is the one lock for which SQLite does
// not wait by itself.
func patiently(ctx context.Context, connect func(context.Context) (*sql.Conn, error)) (*sql.Conn, error) {
	const attempts, pause = 100, 20 * time.Millisecond
	for attempt := 1; ; attempt++ {
		conn, err := connect(ctx)
		var failure *sqlite.Error
		if !errors.As(err, &failure) || failure.Code()&0xff != sqlite3.SQLITE_BUSY || attempt == attempts {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (e *sqliteEngine) clock() string { return `SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)` }

// Readers never wait for a lock here, and there is one writer: no kind of work can take another's place for long.

func (e *sqliteEngine) read(work) tx { return e.reading }

func (e *sqliteEngine) asked() work { return probes }

func (e *sqliteEngine) write(ctx context.Context, _ work, do func(context.Context, tx) error) error {
	return e.writer.write(ctx, do)
}

func (e *sqliteEngine) name() string { return "sqlite" }

func (e *sqliteEngine) single(ctx context.Context, _ work, do func(context.Context, tx) error) error {
	return e.writer.write(ctx, do)
}

func (e *sqliteEngine) unit(ctx context.Context, kind work, steps func(tx) []*step) error {
	return e.write(ctx, kind, func(ctx context.Context, t tx) error { return t.together(ctx, steps(t)...) })
}

func (e *sqliteEngine) exclusive(ctx context.Context, do func(context.Context, tx) error) error {
	return e.writer.write(ctx, do)
}

// roomy fills free pages of the file or makes it longer, as any write would, and gives them back.
func (e *sqliteEngine) roomy(ctx context.Context) error {
	now := time.Now().UnixMicro()
	for _, body := range []string{strings.Repeat("x", largeBody), ""} {
		err := e.writer.write(ctx, func(ctx context.Context, t tx) error {
			_, err := t.exec(ctx, triedWrite, body, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// background has no end: nothing here waits for a network, and watching a context would cost a goroutine a statement.
func (e *sqliteEngine) background() (context.Context, context.CancelFunc) {
	return context.Background(), func() {}
}

// sharing: reads use all processors. One write is being gathered while another one is committed. See BenchmarkShared.
func (e *sqliteEngine) sharing() sharing { return sharing{reads: runtime.GOMAXPROCS(0), writes: 2} }

func (e *sqliteEngine) backup(ctx context.Context, file string) error {
	pool, err := sql.Open("sqlite", e.address) // a reader may not write, not even another file
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, `VACUUM INTO $1`, file); err != nil {
		return fmt.Errorf("copy the database: %w", classifySQLite(err))
	}
	return nil
}

// close ends the writer last: the last connection to a SQLite file moves the log into it, which a reader may not, and so a
// database that was closed is one whole file.
func (e *sqliteEngine) close() error { return errors.Join(e.readers.Close(), e.writer.close()) }

// classifySQLite tells the driver's errors apart by SQLite's extended result codes.
func classifySQLite(err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		if errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) {
			return as(dialtone.ErrUnavailable, err)
		}
		return err
	}
	switch failure.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return as(dialtone.ErrConflict, err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return as(dialtone.ErrNotFound, err)
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_PERM, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return as(dialtone.ErrUnavailable, as(errNoWrites, err))
	case sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT:
		return as(dialtone.ErrUnavailable, err)
	}
	return err
}

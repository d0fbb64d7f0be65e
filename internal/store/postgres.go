package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// postgresEngine is a pool of connections. pgx keeps the prepared statements of each.
type postgresEngine struct {
	pool    *sql.DB
	running tx
}

const (
	connectTimeout = 5 * time.Second
	sharedTimeout  = 10 * time.Second // of a statement that several callers share
	idleTimeout    = 5 * time.Minute
	// exclusiveLock is any number that nobody else in the database uses.
	exclusiveLock = `SELECT pg_advisory_xact_lock(4938271605)`
	// planning makes a statement's plan once for each connection, and always with the indexes. PostgreSQL would choose to read
	// a whole table while it is small, and keep that plan for an hour in which the table has grown. Where there is no index it
	// still does, at a cost that it takes for huge: it would compile the statement first, for half a second.
	planning = `SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
		SET enable_mergejoin = off; SET enable_material = off; SET jit = off`
)

func openPostgres(ctx context.Context, address string) (engine, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", dialtone.ErrInvalid, err) // pgx leaves the password out
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "dialtone"
	}
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, planning)
		return err
	}))
	size := min(max(8, 4*runtime.GOMAXPROCS(0)), 32)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(idleTimeout)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(classifyPostgres(err), pool.Close())
	}
	return &postgresEngine{pool: pool, running: tx{on: sqlRunner{pool}, classify: classifyPostgres}}, nil
}

func (e *postgresEngine) read() tx { return e.running }

func (e *postgresEngine) single(ctx context.Context, do func(context.Context, tx) error) error {
	return retry(ctx, func() error { return do(ctx, e.running) })
}

func (e *postgresEngine) write(ctx context.Context, do func(context.Context, tx) error) error {
	return retry(ctx, func() error { return e.once(ctx, do) })
}

func (e *postgresEngine) exclusive(ctx context.Context, do func(context.Context, tx) error) error {
	return e.write(ctx, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, exclusiveLock); err != nil {
			return err
		}
		return do(ctx, t)
	})
}

// once runs do in one transaction.
func (e *postgresEngine) once(ctx context.Context, do func(context.Context, tx) error) error {
	conn, err := e.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", classifyPostgres(err))
	}
	defer conn.Close() // gives it back
	err = conn.Raw(func(driver any) error {
		t := postgresTransaction{conn: driver.(*stdlib.Conn).Conn()}
		defer t.end()
		if err := do(ctx, tx{on: &t, classify: classifyPostgres}); err != nil {
			return err
		}
		return t.commit(ctx)
	})
	return err
}

func (e *postgresEngine) background() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), sharedTimeout)
}

// sharing: the server and we share the processors, and two statements at once cost more than one of both halves. See
// BenchmarkShared.
func (e *postgresEngine) sharing() sharing {
	half := max(1, runtime.GOMAXPROCS(0)/2)
	return sharing{reads: half, writes: half}
}

func (e *postgresEngine) backup(context.Context, string) error {
	return fmt.Errorf("%w: this database is PostgreSQL: use pg_dump, or its continuous archiving", dialtone.ErrInvalid)
}

func (e *postgresEngine) close() error { return e.pool.Close() }

// The codes of PostgreSQL, Appendix A, by which errors are told apart.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	notInRepertoire      = "22021" // NUL or broken UTF-8
	untranslatable       = "22P05"
)

// retry repeats do when PostgreSQL chose it as the victim of a conflict: nothing of it was done.
func retry(ctx context.Context, do func() error) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		err := do()
		var failure *pgconn.PgError
		if !errors.As(err, &failure) || failure.Code != serializationFailure && failure.Code != deadlockDetected {
			return err
		}
		if attempt == attempts || ctx.Err() != nil {
			return as(dialtone.ErrUnavailable, err)
		}
	}
}

// classifyPostgres tells the driver's errors apart by PostgreSQL's codes.
func classifyPostgres(err error) error {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		if connectionLost(err) {
			return as(dialtone.ErrUnavailable, err)
		}
		return err
	}
	switch failure.Code {
	case uniqueViolation:
		return as(dialtone.ErrConflict, err)
	case foreignKeyViolation:
		return as(dialtone.ErrNotFound, err)
	}
	if failure.Code == notInRepertoire || failure.Code == untranslatable {
		return as(dialtone.ErrInvalid, err) // refused at the door; this is the second lock
	}
	// 08 connection, 25006 read-only standby, 53 out of resources, 55P03 lock timeout, 57 operator intervention, 58 system.
	switch class := failure.Code[:2]; {
	case class == "08", class == "53", class == "57", class == "58", failure.Code == "25006", failure.Code == "55P03":
		return as(dialtone.ErrUnavailable, err)
	}
	return err
}

func connectionLost(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || pgconn.Timeout(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// postgresEngine is a pool of connections for each kind of work. pgx keeps the prepared statements of each connection, but for
// those that go through a pooler.
type postgresEngine struct {
	pools  [kindsOfWork]*sql.DB
	txs    [kindsOfWork]tx // for statements that change nothing
	alone  [kindsOfWork]tx // for those that change something, each by itself
	bounds Bounds
	pooled bool         // there is a pooler between us and the server
	stale  atomic.Int64 // connections older than this, Unix nanoseconds, are of no use any more
	asking atomic.Bool  // whether the server is silent

	classifies [kindsOfWork]func(error) error
	// When work of a kind had a connection last, and when it was refused one, Unix nanoseconds.
	had, refused [kindsOfWork]atomic.Int64
}

const (
	connectTimeout = 5 * time.Second
	// connectNextTimeout is how long one of several hosts may take. Whoever needs a connection has to be let through to the next one
	// in time when the first has gone silent.
	connectNextTimeout = 2 * time.Second
	idleTimeout        = 5 * time.Minute
	// exclusiveLock is any number that nobody else in the database uses.
	exclusiveLock = `SELECT pg_advisory_xact_lock(4938271605)`
	// byKey is for the hot statements, which all look rows up by keys: it makes their plans once for each connection, and always
	// with the indexes. PostgreSQL would choose to read a whole table while it is small, and keep that plan while the table
	// grows.
	byKey = `SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
		SET enable_mergejoin = off; SET enable_material = off; SET enable_bitmapscan = off; SET jit = off`
	// asTheyAre is for reports, lists and cleaning: a plan for the tables as they are now, each time.
	asTheyAre = `SET plan_cache_mode = force_custom_plan`
)

// planning is how the statements of a kind of work are planned.
func planning(kind work) string {
	switch kind {
	case tokenReads, tokenWrites, lookups, signIns:
		return byKey
	}
	return asTheyAre
}

func openPostgres(ctx context.Context, dsn string, bounds Bounds) (engine, error) {
	address, err := parsePostgres(dsn, &bounds)
	if err != nil {
		return nil, err
	}
	e := &postgresEngine{bounds: bounds}
	if e.pooled, err = inspect(ctx, address.connect); err != nil {
		return nil, err
	}
	if e.pooled {
		// Each statement may run on another connection of the pooler, so nothing may be left behind on one.
		address.connect.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	address.connect.OnNotice = noteUnreplicated
	for kind := range kindsOfWork {
		pool := stdlib.OpenDB(*address.connect, stdlib.OptionAfterConnect(e.connected(kind)), stdlib.OptionResetSession(e.fresh(kind)),
			stdlib.OptionShouldPing(e.rested))
		pool.SetMaxOpenConns(bounds.share(kind))
		pool.SetMaxIdleConns(bounds.share(kind))
		pool.SetConnMaxIdleTime(address.idle)
		pool.SetConnMaxLifetime(address.lifetime)
		e.pools[kind] = pool
		e.classifies[kind] = func(err error) error {
			if errors.As(err, new(*pgconn.ConnectError)) {
				e.refused[kind].Store(time.Now().UnixNano())
			}
			return e.classify(err)
		}
		e.txs[kind] = tx{on: patient{sqlRunner{pool}, bounds.Statement}, classify: e.classifies[kind]}
		e.alone[kind] = tx{on: patient{alone{pool}, bounds.Statement}, classify: e.classifies[kind]}
	}
	return e, nil
}

// inspect connects once, to learn what cannot be asked later: is there a pooler in between, and does the database keep text
// as UTF-8. A pooler tells clients numbers of its own for the server's processes.
func inspect(ctx context.Context, config *pgx.ConnConfig) (pooled bool, err error) {
	plain := config.Copy()
	plain.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, plain)
	if err != nil {
		return false, refusedConnection(err)
	}
	defer conn.Close(ctx)
	var process int64
	var encoding string
	err = conn.QueryRow(ctx, `SELECT pg_backend_pid(), current_setting('server_encoding')`).Scan(&process, &encoding)
	if err != nil {
		return false, classifyPostgres(err)
	}
	if encoding != "UTF8" {
		return false, fmt.Errorf(`%w: the database keeps text as %s, where letters get lost: make one with `+
			`CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and move what there is with pg_dump --encoding=UTF8`, dialtone.ErrInvalid, encoding)
	}
	return process != int64(conn.PgConn().PID()), nil
}

// refusedConnection explains what a pooler refuses.
func refusedConnection(err error) error {
	var failure *pgconn.PgError
	if errors.As(err, &failure) && failure.Code == protocolViolation && strings.Contains(failure.Message, "startup parameter") {
		return fmt.Errorf("%w: the pooler before the database refuses a setting in its address: leave it out and set it with "+
			"ALTER ROLE … SET instead: %w", dialtone.ErrInvalid, err)
	}
	return classifyPostgres(err)
}

// connectedAt is the name under which a connection keeps its birth.
const connectedAt = "dialtone_connected_at"

// connected prepares a new connection. Through a pooler it may not keep settings, so transactions set what they need.
func (e *postgresEngine) connected(kind work) func(context.Context, *pgx.Conn) error {
	settings := planning(kind)
	for _, bound := range []struct {
		name string
		of   time.Duration
	}{{"lock_timeout", e.bounds.Lock}, {"statement_timeout", e.bounds.Statement}} {
		settings += fmt.Sprintf("; SET %s = %d", bound.name, bound.of.Milliseconds())
	}
	return func(ctx context.Context, conn *pgx.Conn) error {
		now := time.Now().UnixNano()
		conn.PgConn().CustomData()[connectedAt] = now
		e.had[kind].Store(now)
		if e.pooled {
			return nil
		}
		_, err := conn.Exec(ctx, settings)
		return err
	}
}

// fresh throws a connection away that is of no use any more.
func (e *postgresEngine) fresh(kind work) func(context.Context, *pgx.Conn) error {
	return func(_ context.Context, conn *pgx.Conn) error {
		if !e.old(conn) && !conn.IsClosed() {
			e.had[kind].Store(time.Now().UnixNano())
			return nil
		}
		// The farewell would wait for a server that is silent, and whoever needs a connection with it.
		_ = conn.PgConn().Conn().Close()
		return driver.ErrBadConn
	}
}

// old reports whether a connection was made before something that showed those to be of no use.
func (e *postgresEngine) old(conn *pgx.Conn) bool {
	since, ok := conn.PgConn().CustomData()[connectedAt].(int64)
	return ok && since <= e.stale.Load()
}

// silence is how long a server does not answer the simplest question when it has gone silent, as when its network is lost.
const silence = 2 * time.Second

// rested asks a connection that nobody used for a second whether it is still there. It always says that nobody else needs to.
func (e *postgresEngine) rested(ctx context.Context, c stdlib.ShouldPingParams) bool {
	const rest = time.Second
	if c.IdleDuration <= rest || e.old(c.Conn) {
		return false
	}
	began := time.Now()
	asking, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	if err := c.Conn.Ping(asking); err != nil && ctx.Err() == nil && asking.Err() != nil {
		e.stale.Store(began.UnixNano()) // or each of the others would cost somebody as long
	}
	return false
}

// suspect asks, once at a time, whether the server still answers. Nothing tells that it does not but the time that passes.
func (e *postgresEngine) suspect() {
	if !e.asking.CompareAndSwap(false, true) {
		return
	}
	began := time.Now()
	go func() {
		defer e.asking.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), silence)
		defer cancel()
		var one int
		if err := e.pools[probes].QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
			e.stale.Store(began.UnixNano())
		}
	}()
}

// classify is classifyPostgres, and remembers when a connection turned out to be of no use any more: those that wait in the
// pools are as old, and each would fail somebody.
func (e *postgresEngine) classify(err error) error {
	if useless(err) {
		// Not at each of many failures: where there is no other server, we would do nothing but connect.
		const again = time.Second
		if now := time.Now().UnixNano(); now-e.stale.Load() > int64(again) {
			e.stale.Store(now)
		}
	}
	if pgconn.Timeout(err) {
		e.suspect()
	}
	return classifyPostgres(err)
}

func (e *postgresEngine) clock() string {
	return `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)`
}

func (e *postgresEngine) name() string { return "postgres" }

func (e *postgresEngine) read(kind work) tx { return e.txs[kind] }

// asked: a server that has no connection left for what people and clients want is as good as away, even if the probes kept theirs.
// Where some work has a connection now and then, the node is of use.
func (e *postgresEngine) asked() work {
	const useless = time.Second
	for _, kind := range []work{lookups, tokenReads, tokenWrites, signIns} {
		if e.refused[kind].Load()-e.had[kind].Load() > int64(useless) {
			return kind
		}
	}
	return probes
}

func (e *postgresEngine) single(ctx context.Context, kind work, do func(context.Context, tx) error) error {
	return retry(ctx, func() error { return do(ctx, e.alone[kind]) })
}

func (e *postgresEngine) write(ctx context.Context, kind work, do func(context.Context, tx) error) error {
	ctx, cancel := atMost(ctx, e.bounds.Statement)
	defer cancel()
	return retry(ctx, func() error { return e.once(ctx, kind, do) })
}

func (e *postgresEngine) exclusive(ctx context.Context, do func(context.Context, tx) error) error {
	return retry(ctx, func() error {
		return e.once(ctx, upkeep, func(ctx context.Context, t tx) error {
			// A node that starts with another one waits for as long as that one's migration takes. A migration itself must not
			// stand in line for a table, because everybody else would stand behind it.
			for _, text := range []string{
				`SET LOCAL statement_timeout = 0`, `SET LOCAL lock_timeout = 0`, exclusiveLock, `SET LOCAL lock_timeout = 30000`,
			} {
				if _, err := t.exec(ctx, text); err != nil {
					return err
				}
			}
			return do(ctx, t)
		})
	})
}

// once runs do in one transaction.
func (e *postgresEngine) once(ctx context.Context, kind work, do func(context.Context, tx) error) error {
	return e.borrow(ctx, kind, func(conn *pgx.Conn) error {
		t := postgresTransaction{conn: conn, begin: e.begin()}
		defer t.end()
		if err := do(ctx, tx{on: &t, classify: e.classifies[kind]}); err != nil {
			return undone{err}
		}
		return t.commit(ctx)
	})
}

// unit sends the steps at once. The server makes a transaction of what comes in one piece and does not say otherwise, so there is
// neither a BEGIN nor a COMMIT; through a pooler, which settings of a connection do not reach, there is.
func (e *postgresEngine) unit(ctx context.Context, kind work, steps func(tx) []*step) error {
	if e.pooled {
		return e.write(ctx, kind, func(ctx context.Context, t tx) error { return t.together(ctx, steps(t)...) })
	}
	ctx, cancel := atMost(ctx, e.bounds.Statement)
	defer cancel()
	return retry(ctx, func() error {
		return e.borrow(ctx, kind, func(conn *pgx.Conn) error {
			t := tx{on: &postgresTransaction{conn: conn, open: true}, classify: e.classifies[kind]}
			if err := t.together(ctx, steps(t)...); err != nil {
				return err
			}
			if err := replicated(conn); err != nil {
				return fmt.Errorf("commit: %w", e.classifies[kind](err))
			}
			return nil
		})
	})
}

// borrow runs do with a connection for the kind of work.
func (e *postgresEngine) borrow(ctx context.Context, kind work, do func(*pgx.Conn) error) error {
	conn, err := e.pools[kind].Conn(ctx)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return err // the caller left
		}
		return fmt.Errorf("begin: %w", e.classifies[kind](err))
	}
	defer conn.Close() // gives it back
	return conn.Raw(func(driver any) error { return do(driver.(*stdlib.Conn).Conn()) })
}

// begin is how a transaction begins.
func (e *postgresEngine) begin() []string {
	if !e.pooled {
		return []string{`BEGIN`}
	}
	return []string{`BEGIN`, fmt.Sprintf(`SET LOCAL lock_timeout = %d`, e.bounds.Lock.Milliseconds())}
}

// roomy makes a table, which nobody else sees, and fills it: so the disk has to give new room.
func (e *postgresEngine) roomy(ctx context.Context) error {
	errUndo := errors.New("undo")
	err := e.once(ctx, probes, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, `CREATE TABLE write_probe_room (body TEXT NOT NULL)`); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO write_probe_room SELECT repeat('x', 1000) FROM generate_series(1, $1)`, largeBody/1000); err != nil {
			return err
		}
		return errUndo
	})
	var failure *pgconn.PgError
	if errors.Is(err, errUndo) || errors.As(err, &failure) && failure.Code == insufficientRight {
		return nil // who may not make tables has to do with the small write
	}
	return err
}

func (e *postgresEngine) background() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), e.bounds.Statement)
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

func (e *postgresEngine) close() error {
	var err error
	for _, pool := range e.pools {
		err = errors.Join(err, pool.Close())
	}
	return err
}

// patient runs statements for so long at most, with the wait for a connection.
type patient struct {
	runner
	longest time.Duration
}

func (p patient) run(ctx context.Context, steps []*step) (int, error) {
	ctx, cancel := atMost(ctx, p.longest)
	defer cancel()
	return p.runner.run(ctx, steps)
}

// atMost bounds a context, unless it ends sooner anyway.
func atMost(ctx context.Context, longest time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= longest {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, longest)
}

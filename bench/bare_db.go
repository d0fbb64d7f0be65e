package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// bareDB is the bare server's database: the smallest tables that the operations need, and one prepared statement for each.
// The drivers, the pragmas and the durability are the store's. Every statement commits by itself.
type bareDB struct {
	pools                                 []*sql.DB
	readGrant, readLine                   *sql.Stmt
	addGrant, rotateGrant                 *sql.Stmt
	addSession, verifySession, addConsent *sql.Stmt
}

// bareSchema runs on both engines.
const bareSchema = `
CREATE TABLE line (number TEXT PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE session (id TEXT PRIMARY KEY, line TEXT NOT NULL, attempts BIGINT NOT NULL, verified_at BIGINT, expires_at BIGINT NOT NULL);
CREATE TABLE consent (id TEXT PRIMARY KEY, session TEXT NOT NULL, scopes TEXT NOT NULL, granted_at BIGINT NOT NULL);
CREATE TABLE client_grant (id TEXT PRIMARY KEY, session TEXT NOT NULL, client TEXT NOT NULL, scopes TEXT NOT NULL,
	refresh TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL);`

// sqlitePragmas are those of the store: an answer is given only after the write is on the disk.
const sqlitePragmas = "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_txlock=immediate"

// openBareDB opens a database by the name that the store understands, too: sqlite:FILE or postgres://….
func openBareDB(ctx context.Context, name string) (*bareDB, error) {
	var reading, writing *sql.DB
	var err error
	if file, ok := strings.CutPrefix(name, "sqlite:"); ok {
		source := "file:" + file + "?" + sqlitePragmas
		if writing, err = sql.Open("sqlite", source); err != nil {
			return nil, err
		}
		// SQLite has one writer at a time. Waiting for a connection is cheaper than waiting for the file's lock.
		writing.SetMaxOpenConns(1)
		reading, err = sql.Open("sqlite", source)
	} else {
		writing, err = sql.Open("pgx", name)
		reading = writing
	}
	if err != nil {
		return nil, err
	}
	reading.SetMaxOpenConns(bareConnections)
	reading.SetMaxIdleConns(bareConnections)
	d := &bareDB{pools: []*sql.DB{writing, reading}}
	if err := d.prepare(ctx, reading, writing); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// bareConnections is the size of the pool. Between 4 and 32 it makes little difference on two cores.
const bareConnections = 8

func (d *bareDB) prepare(ctx context.Context, reading, writing *sql.DB) error {
	for _, statement := range strings.SplitAfter(bareSchema, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := writing.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make the bare server's tables: %w", err)
		}
	}
	if err := addLines(ctx, writing); err != nil {
		return fmt.Errorf("add the test numbers: %w", err)
	}
	for _, s := range []struct {
		prepared **sql.Stmt
		pool     *sql.DB
		text     string
	}{
		{&d.readGrant, reading, "SELECT session, scopes, expires_at FROM client_grant WHERE id = $1"},
		{&d.readLine, reading, "SELECT line FROM session WHERE id = $1"},
		{&d.addGrant, writing, "INSERT INTO client_grant (id, session, client, scopes, refresh, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"},
		{&d.rotateGrant, writing, "UPDATE client_grant SET refresh = $2 WHERE id = $1 RETURNING session"},
		{&d.addSession, writing, "INSERT INTO session (id, line, attempts, expires_at) SELECT $1, id, 0, $2 FROM line WHERE number = $3"},
		{&d.verifySession, writing, "UPDATE session SET attempts = attempts + 1, verified_at = $2 WHERE id = $1 RETURNING line"},
		{&d.addConsent, writing, "INSERT INTO consent (id, session, scopes, granted_at) VALUES ($1, $2, $3, $4)"},
	} {
		var err error
		if *s.prepared, err = s.pool.PrepareContext(ctx, s.text); err != nil {
			return fmt.Errorf("prepare %q: %w", s.text, err)
		}
	}
	return nil
}

// addLines adds the test numbers.
func addLines(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for i := range swedish + british {
		if _, err := tx.ExecContext(ctx, "INSERT INTO line (number, id) VALUES ($1, $2)", testNumber(i), random()); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func (d *bareDB) close() error {
	var faults []error
	for _, pool := range d.pools {
		faults = append(faults, pool.Close())
	}
	return errors.Join(faults...)
}

func (d *bareDB) grant(ctx context.Context, id string) (session, scopes string, err error) {
	var expires int64
	err = d.readGrant.QueryRowContext(ctx, id).Scan(&session, &scopes, &expires)
	return session, scopes, err
}

func (d *bareDB) line(ctx context.Context, session string) (line string, err error) {
	err = d.readLine.QueryRowContext(ctx, session).Scan(&line)
	return line, err
}

func (d *bareDB) insertGrant(ctx context.Context, id, session, refresh string) error {
	now := time.Now().UnixMicro()
	return one(d.addGrant.ExecContext(ctx, id, session, clientID(0), scopesPlain, refresh, now, now+1e9))
}

func (d *bareDB) rotate(ctx context.Context, id, refresh string) error {
	var session string
	return d.rotateGrant.QueryRowContext(ctx, id, refresh).Scan(&session)
}

func (d *bareDB) insertSession(ctx context.Context, id, number string) error {
	return one(d.addSession.ExecContext(ctx, id, time.Now().UnixMicro(), number))
}

func (d *bareDB) verify(ctx context.Context, session string) error {
	var line string
	return d.verifySession.QueryRowContext(ctx, session, time.Now().UnixMicro()).Scan(&line)
}

func (d *bareDB) insertConsent(ctx context.Context, id, session string) error {
	return one(d.addConsent.ExecContext(ctx, id, session, scopesPlain, time.Now().UnixMicro()))
}

// one makes sure that exactly one row was written.
func one(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	rows, err := result.RowsAffected()
	if err == nil && rows != 1 {
		err = fmt.Errorf("%d rows were written instead of one", rows)
	}
	return err
}

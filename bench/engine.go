package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// engine is a kind of database. Each server of each round gets a fresh database of it.
type engine interface {
	Name() string
	// Describe says which version it is and how durable.
	Describe(ctx context.Context) (string, error)
	// Create makes an empty database and returns its name as the store understands it.
	Create(ctx context.Context, folder, name string) (database string, err error)
	Drop(ctx context.Context, database string) error
}

var engines = []engine{sqlite{}, postgres{}}

type sqlite struct{}

func (sqlite) Name() string { return "sqlite" }

func (sqlite) Describe(ctx context.Context) (string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	var version string
	err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	return "SQLite " + version + " in Go, write-ahead log, synchronous=FULL", errors.Join(err, db.Close())
}

func (sqlite) Create(_ context.Context, folder, name string) (string, error) {
	return "sqlite:" + filepath.Join(folder, name+".db"), nil
}

func (sqlite) Drop(_ context.Context, database string) error {
	file := database[len("sqlite:"):]
	var faults []error
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

type postgres struct{}

// postgresVariable names the server by a postgres:// address whose user may create databases.
const postgresVariable = "DIALTONE_TEST_POSTGRES"

func (postgres) Name() string { return "postgres" }

func (postgres) Describe(ctx context.Context) (string, error) {
	var version, fsync, commit string
	err := administer(ctx, func(db *sql.DB) error {
		return db.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')`).
			Scan(&version, &fsync, &commit)
	})
	return fmt.Sprintf("PostgreSQL %s, fsync %s, synchronous_commit %s", version, fsync, commit), err
}

func (postgres) Create(ctx context.Context, _, name string) (string, error) {
	address, err := url.Parse(os.Getenv(postgresVariable))
	if err != nil {
		return "", fmt.Errorf("%s: %w", postgresVariable, err)
	}
	name = fmt.Sprintf("dialtone_bench_%d_%s", os.Getpid(), name)
	address.Path = "/" + name
	return address.String(), administer(ctx, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "CREATE DATABASE "+name) // digits and our own letters
		return err
	})
}

func (postgres) Drop(ctx context.Context, database string) error {
	address, err := url.Parse(database)
	if err != nil {
		return err
	}
	return administer(ctx, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+address.Path[1:]+" WITH (FORCE)")
		return err
	})
}

// administer does something at the server, outside of the databases that are measured.
func administer(ctx context.Context, do func(*sql.DB) error) error {
	address := os.Getenv(postgresVariable)
	if address == "" {
		return fmt.Errorf("%s is not set: run 'make bench', which starts a throw-away PostgreSQL, or leave it out with -engine sqlite", postgresVariable)
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

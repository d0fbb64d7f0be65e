// Package storetest gives tests a real database and holds the suite that every engine has to pass.
//
// Tests of other packages use New: a SQLite file of their own, which costs some ten milliseconds. Only the store's own tests
// run on both engines, with Engines and Conformance.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// EngineNames are the databases that we run on.
var EngineNames = []string{"sqlite", "postgres"}

// New returns an empty SQLite database, which goes away with the test.
func New(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, Address(t, "sqlite"))
}

// Engines runs the test on an empty database of each engine.
func Engines(t *testing.T, test func(t *testing.T, db *store.DB)) {
	for _, engine := range EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, Address(t, engine)))
		})
	}
}

// Address returns the address of a new database without tables, which goes away with the test. In PostgreSQL that is a schema
// of its own on the server that DIALTONE_TEST_POSTGRES names.
func Address(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "dialtone.db")
	}
	return postgresSchema(t)
}

// Open opens a database, makes its tables and closes it after the test.
func Open(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.SealWith(Keys(t, "personal-1"))
	return db
}

// Keys are data keys of which those for people's texts have these ids, the present one last. A key with the same id is always the
// same key.
func Keys(t testing.TB, personal ...string) *secret.Keys {
	t.Helper()
	data := []secret.DataKey{testKey("seal-1", secret.UseSeal, 0), testKey("subject-1", secret.UseSubject, 0)}
	for i, id := range personal {
		data = append(data, testKey(id, secret.UsePersonal, i))
	}
	keys, err := secret.NewKeys(data, Now)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func testKey(id string, use secret.Use, age int) secret.DataKey {
	material := sha256.Sum256([]byte(id))
	return secret.DataKey{ID: id, Use: use, Material: material[:], Active: Now.Add(time.Duration(age-10) * time.Hour)}
}

func postgresSchema(t testing.TB) string {
	t.Helper()
	server := os.Getenv("DIALTONE_TEST_POSTGRES")
	if server == "" {
		t.Fatal("DIALTONE_TEST_POSTGRES does not name a PostgreSQL server: run `make test`, or scripts/test-postgres go test …")
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatalf("DIALTONE_TEST_POSTGRES: %v", err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	run(t, t.Context(), server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, context.Background(), server, "DROP SCHEMA "+schema+" CASCADE") })
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// Database returns the address of a new PostgreSQL database without tables, which goes away with the test, with the
// options of CREATE DATABASE.
func Database(t testing.TB, options ...string) string {
	t.Helper()
	server := os.Getenv("DIALTONE_TEST_POSTGRES")
	if server == "" {
		t.Fatal("DIALTONE_TEST_POSTGRES does not name a PostgreSQL server: run `make test`, or scripts/test-postgres go test …")
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatalf("DIALTONE_TEST_POSTGRES: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	run(t, t.Context(), server, "CREATE DATABASE "+name+" "+strings.Join(options, " "))
	t.Cleanup(func() { run(t, context.Background(), server, "DROP DATABASE "+name+" WITH (FORCE)") })
	address.Path = "/" + name
	return address.String()
}

func run(t testing.TB, ctx context.Context, server, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

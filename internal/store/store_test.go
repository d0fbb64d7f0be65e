package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, storetest.Conformance)
}

func TestOpenSaysWhatIsWrongWithTheAddress(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"", "dialtone.db", "mysql://localhost/x", "postgres://local host/%"} {
		if _, err := store.Open(t.Context(), dsn); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%q: got error %v, want ErrInvalid", dsn, err)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing", "dialtone.db")
	if _, err := store.Open(t.Context(), "sqlite:"+missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
	nobody := "postgres:///x?host=" + t.TempDir()
	if _, err := store.Open(t.Context(), nobody); !errors.Is(err, dialtone.ErrUnavailable) {
		t.Errorf("where no server listens: got error %v, want ErrUnavailable", err)
	}
}

// eachAddress runs the test on a new database without tables of each engine.
func eachAddress(t *testing.T, test func(t *testing.T, address string)) {
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, storetest.Address(t, engine))
		})
	}
}

// raw opens the database past the store.
func raw(t *testing.T, address string) *sql.DB {
	t.Helper()
	driver := "pgx"
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+file
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string) {
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				db, err := store.Open(t.Context(), address)
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(db.Migrate(t.Context()), db.Migrate(t.Context()), db.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		var steps int
		if err := raw(t, address).QueryRow(`SELECT COUNT(*) FROM schema_migration WHERE number = 1`).Scan(&steps); err != nil || steps != 1 {
			t.Errorf("step 1 is recorded %d times, error %v", steps, err)
		}
	})
}

func TestMigrateRefusesAnotherHistoryAndToleratesANewerOne(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string) {
		db := storetest.Open(t, address)
		past := raw(t, address)
		execute(t, past, `INSERT INTO schema_migration (number, name, hash, applied_at) VALUES (9999, 'next', 'x', 1)`)
		if err := db.Migrate(t.Context()); err != nil {
			t.Errorf("after a newer release: %v", err)
		}
		execute(t, past, `UPDATE schema_migration SET hash = 'x' WHERE number = 1`)
		if err := db.Migrate(t.Context()); !errors.Is(err, dialtone.ErrConflict) {
			t.Errorf("after another step 1: got error %v, want ErrConflict", err)
		}
	})
}

// A database of the release before knows who vouched for what by its histories only.
func TestWhoVouchedForWhatIsReadFromTheHistories(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string) {
		db := storetest.Open(t, address)
		applied, own := storetest.NewApp(t, db), storetest.NewDeveloper(t, db)
		list := func(productID string, operator dialtone.Operator, actor string) {
			t.Helper()
			l := dialtone.Listing{ProductID: productID, OperatorID: operator.ID, State: dialtone.ListingEnabled, Updated: storetest.Now}
			if err := db.PutListing(t.Context(), l, actor); err != nil {
				t.Fatal(err)
			}
		}
		sandbox, operator := storetest.NewApp(t, db).Operator, storetest.NewApp(t, db).Operator
		sandbox.Sandbox, operator.Sandbox = true, false
		if err := errors.Join(db.PutOperator(t.Context(), sandbox), db.PutOperator(t.Context(), operator)); err != nil {
			t.Fatal(err)
		}
		client := applied.Client
		client.ID, client.ProductID = "made_by_a_developer", own.Product.ID
		made := own.Activity("client.create")
		made.Target = client.ID
		if err := db.CreateClient(t.Context(), client, dialtone.ClientSecret{}, made); err != nil {
			t.Fatal(err)
		}
		list(applied.Product.ID, operator, "apply")
		list(own.Product.ID, sandbox, "apply")
		list(own.Product.ID, operator, own.Account.ID) // automatic approval

		past := raw(t, address)
		for _, back := range []string{
			`ALTER TABLE listing DROP COLUMN decided`, `ALTER TABLE client DROP COLUMN applied`, `DELETE FROM schema_migration WHERE name LIKE '%trust%'`,
		} {
			execute(t, past, back)
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]bool{applied.Client.ID: true, client.ID: false} {
			r, err := db.Registration(t.Context(), id)
			if err != nil || r.Client.Applied != want || r.Approved != want {
				t.Errorf("%s: applied %v, approved %v, want both %v; error %v", id, r.Client.Applied, r.Approved, want, err)
			}
		}
	})
}

func TestACallerThatIsGoneWritesNothing(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, db *store.DB) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.PutScope(gone, dialtone.Scope{Name: "x"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want context.Canceled", err)
		}
		if scopes, err := db.Scopes(t.Context()); err != nil || len(scopes) > 0 {
			t.Errorf("scopes %v, error %v", scopes, err)
		}
	})
}

func TestAnErrorTellsNoNumber(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, db *store.DB) {
		line := storetest.NewLine(t, db, storetest.NewApp(t, db))
		line.ID = "another"
		err := db.PutSubscription(t.Context(), line, storetest.Now)
		if !errors.Is(err, dialtone.ErrConflict) || strings.Contains(err.Error(), line.PhoneNumber.E164()) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestTheDatabaseComesBackByItself(t *testing.T) {
	t.Parallel()
	address := storetest.Address(t, "postgres")
	named := address + "&application_name=comes_back"
	db := storetest.Open(t, named)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	g := p.OfflineGrant()
	if err := db.RedeemCode(t.Context(), g, storetest.Now); err != nil {
		t.Fatal(err)
	}
	server := raw(t, address)
	for range 3 {
		execute(t, server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'comes_back'`)
		deadline := time.Now().Add(10 * time.Second)
		for {
			_, err := db.GrantState(t.Context(), g.ID, "")
			err = errors.Join(err, db.PutScope(t.Context(), dialtone.Scope{Name: "x"}))
			if err == nil {
				break
			}
			if !errors.Is(err, dialtone.ErrUnavailable) || time.Now().After(deadline) {
				t.Fatalf("after the connections were cut: %v", err)
			}
		}
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, db *store.DB) {
		line := storetest.NewLine(t, db, storetest.NewApp(t, db))
		file := filepath.Join(t.TempDir(), "it's a copy.db")
		err := db.Backup(t.Context(), file)
		if strings.HasSuffix(t.Name(), "postgres") {
			if !errors.Is(err, dialtone.ErrInvalid) {
				t.Errorf("got error %v, want ErrInvalid", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := storetest.Open(t, "sqlite:"+file).Subscription(t.Context(), line.ID); err != nil {
			t.Errorf("the line in the copy: %v", err)
		}
		if err := db.Backup(t.Context(), file); err == nil {
			t.Error("the copy was written over")
		}
	})
}

package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// eventually waits for what happens by itself.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(25 * time.Second); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in 25 s it did not happen: %s", what)
		}
	}
}

func TestALockedTableStopsOnlyTheWorkThatNeedsIt(t *testing.T) {
	t.Parallel()
	address := storetest.Address(t, "postgres")
	db := openBounded(t, address, store.Bounds{Lock: 2 * time.Second})
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	grant := p.OfflineGrant()
	if err := db.RedeemCode(t.Context(), grant, storetest.Now); err != nil {
		t.Fatal(err)
	}
	lock, err := raw(t, address).Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(`LOCK TABLE challenge`); err != nil {
		t.Fatal(err)
	}
	var starting sync.WaitGroup
	for range 40 {
		starting.Go(func() {
			_, err := db.CreateChallenge(t.Context(), dialtone.Issue{Challenge: storetest.NewChallenge(p.Subscription.ID)}, storetest.Now)
			if !errors.Is(err, dialtone.ErrUnavailable) {
				t.Errorf("a sign-in that waits for the lock: %v", err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // until they all wait
	for range 20 {
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		_, state := db.GrantState(soon, grant.ID, "")
		_, session := db.SessionState(soon, p.Session.ID, p.App.Product.ID)
		_, registration := db.Registration(soon, p.App.Client.ID)
		redeemed := db.RedeemCode(soon, p.Grant(), storetest.Now)
		_, organization := db.Organization(soon, p.App.Product.OrganizationID)
		if err := errors.Join(state, session, registration, redeemed, organization, db.Ping(soon), db.Writable()); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	starting.Wait() // nobody waits for the lock's end
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateChallenge(t.Context(), dialtone.Issue{Challenge: storetest.NewChallenge(p.Subscription.ID)}, storetest.Now); err != nil {
		t.Error(err)
	}
}

func openBounded(t *testing.T, address string, bounds store.Bounds) *store.DB {
	t.Helper()
	db, err := store.OpenBounded(t.Context(), address, bounds)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.SealWith(storetest.Keys(t, "personal-1"))
	return db
}

// asRole opens a database as a role of its own, and returns what changes the role as its server's administrator, who ends the
// role's connections, too.
func asRole(t *testing.T) (db *store.DB, change func(what string)) {
	t.Helper()
	address := storetest.Address(t, "postgres")
	server := raw(t, address)
	role := "role_" + strings.ToLower(secret.ID("r")[2:])
	execute(t, server, `CREATE ROLE "`+role+`" LOGIN PASSWORD 'first'`)
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	execute(t, server, fmt.Sprintf(`ALTER SCHEMA %s OWNER TO "%s"`, query.Get("search_path"), role))
	query.Set("user", role)
	parsed.RawQuery = query.Encode()
	db, err = store.Open(t.Context(), parsed.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		for _, statement := range []string{`REASSIGN OWNED BY "` + role + `" TO CURRENT_USER`, `DROP OWNED BY "` + role + `"`, `DROP ROLE "` + role + `"`} {
			if _, err := server.ExecContext(context.Background(), statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
	return db, func(what string) {
		t.Helper()
		execute(t, server, `ALTER ROLE "`+role+`" `+what)
		execute(t, server, fmt.Sprintf(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'`, role))
	}
}

func TestWhoMayNotConnectForAWhileHearsThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db, change := asRole(t)
	change("NOLOGIN") // as a password that is being rotated: code 28000 or 28P01
	for range 5 {
		_, read := db.GrantState(t.Context(), "none", "")
		write := db.PutScope(t.Context(), dialtone.Scope{Name: "x"})
		shared := db.RedeemCode(t.Context(), dialtone.Grant{ID: "none"}, storetest.Now)
		for _, err := range []error{read, write, shared, db.Ping(t.Context())} {
			if !errors.Is(err, dialtone.ErrUnavailable) {
				t.Errorf("got error %v, want ErrUnavailable", err)
			}
		}
	}
	change("LOGIN")
	eventually(t, "a write succeeds", func() bool { return db.PutScope(t.Context(), dialtone.Scope{Name: "x"}) == nil })
}

func TestANodeWithoutConnectionsForItsWorkIsNotReady(t *testing.T) {
	t.Parallel()
	db, change := asRole(t)
	if _, err := db.GrantState(t.Context(), "none", ""); !errors.Is(err, dialtone.ErrNotFound) {
		t.Fatal(err)
	}
	change("CONNECTION LIMIT 1")
	eventually(t, "the probes have the only connection", func() bool { return db.Ping(t.Context()) == nil })
	eventually(t, "no work is done, and the database is as good as away", func() bool {
		if _, err := db.GrantState(t.Context(), "none", ""); !errors.Is(err, dialtone.ErrUnavailable) {
			t.Fatalf("a read: %v, want ErrUnavailable", err)
		}
		return errors.Is(db.Ping(t.Context()), dialtone.ErrUnavailable)
	})
	change("CONNECTION LIMIT -1")
	eventually(t, "it answers again, though nobody works", func() bool { return db.Ping(t.Context()) == nil })
	if _, err := db.GrantState(t.Context(), "none", ""); !errors.Is(err, dialtone.ErrNotFound) {
		t.Errorf("a read: %v, want ErrNotFound", err)
	}
}

func TestAServerThatBecameReadOnlyIsNotReadyUntilItTakesWritesAgain(t *testing.T) {
	t.Parallel()
	db, change := asRole(t)
	if err := errors.Join(db.PutScope(t.Context(), dialtone.Scope{Name: "x"}), db.Writable()); err != nil {
		t.Fatal(err)
	}
	change("SET default_transaction_read_only = on")
	eventually(t, "the database takes no writes", func() bool {
		if err := db.PutScope(t.Context(), dialtone.Scope{Name: "y"}); !errors.Is(err, dialtone.ErrUnavailable) {
			t.Fatalf("a write: %v, want ErrUnavailable", err)
		}
		return errors.Is(db.Writable(), dialtone.ErrUnavailable)
	})
	if _, err := db.Scopes(t.Context()); err != nil {
		t.Errorf("a read: %v", err)
	}
	change("RESET default_transaction_read_only")
	eventually(t, "it takes them again, though nobody writes", func() bool { return db.Writable() == nil })
}

func TestWhileTheDiskIsFullTheDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	address := storetest.Address(t, "postgres")
	db, server := storetest.Open(t, address), raw(t, address)
	execute(t, server, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
	for _, table := range []string{"scope", "write_probe"} {
		execute(t, server, `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON `+table+` EXECUTE FUNCTION full_disk()`)
	}
	if err := db.PutScope(t.Context(), dialtone.Scope{Name: "x"}); !errors.Is(err, dialtone.ErrUnavailable) {
		t.Fatalf("a write: %v, want ErrUnavailable", err)
	}
	eventually(t, "the database takes no writes", func() bool { return db.Writable() != nil })
	execute(t, server, `DROP FUNCTION full_disk CASCADE`)
	eventually(t, "it takes them again, though nobody writes", func() bool { return db.Writable() == nil })
}

// Nobody but us writes here, so what waits is noticed by a write that is tried.
func TestADatabaseFileThatSomebodyElseHasLockedIsNotReady(t *testing.T) {
	t.Parallel()
	address := storetest.Address(t, "sqlite")
	db := storetest.Open(t, address)
	lock, err := raw(t, address).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database takes no writes", func() bool { return errors.Is(db.Writable(), dialtone.ErrUnavailable) })
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("it still answers: %v", err)
	}
	if _, err := lock.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it takes them again", func() bool { return db.Writable() == nil })
}

func TestAPanicInAWriteIsRolledBackAndEndsNobodyElse(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, db *store.DB) {
		var writing sync.WaitGroup
		for n := range 20 {
			writing.Go(func() {
				if err := db.Stumble(t.Context(), fmt.Sprint("stumbled", n)); err == nil || !strings.Contains(err.Error(), "stumbled after <nil>") {
					t.Errorf("the one who stumbles: %v", err)
				}
			})
			writing.Go(func() {
				if err := db.PutScope(t.Context(), dialtone.Scope{Name: fmt.Sprint("kept", n)}); err != nil {
					t.Errorf("somebody else: %v", err)
				}
			})
		}
		writing.Wait()
		scopes, err := db.Scopes(t.Context())
		if err != nil || len(scopes) != 20 {
			t.Errorf("%d scopes, error %v", len(scopes), err)
		}
	})
}

func TestTextThatPostgreSQLCannotKeepIsTheCallersFault(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.Address(t, "postgres"))
	for _, name := range []string{"a\x00b", "\xff"} {
		if _, err := db.Organization(t.Context(), name); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("a look-up: %v", err)
		}
		if err := db.PutScope(t.Context(), dialtone.Scope{Name: name}); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("a write: %v", err)
		}
		if _, err := db.GrantState(t.Context(), name, ""); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("a shared statement: %v", err)
		}
	}
}

// The plan of a cleaning that was made while the table was empty would look for each row in the whole list: minutes here.
func TestCleaningStaysQuickInATableThatWasEmpty(t *testing.T) {
	t.Parallel()
	address := storetest.Address(t, "postgres")
	db := storetest.Open(t, address)
	const rows, batch = 40000, 500
	for range 10 { // on the same connections, which keep their plans
		if _, _, err := db.DeleteExpired(t.Context(), storetest.Now, batch, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	server := raw(t, address)
	execute(t, server, fmt.Sprintf(`INSERT INTO spent (id, expires_at) SELECT md5(n::text), n FROM generate_series(1, %d) AS n`, rows))
	execute(t, server, fmt.Sprintf(`INSERT INTO budget_entry (key, seq, spent_at) SELECT md5(n::text), 1, n FROM generate_series(1, %d) AS n`, rows))
	began, total := time.Now(), 0
	for more := true; more; {
		var deleted int
		var err error
		if deleted, more, err = db.DeleteExpired(t.Context(), storetest.Now, batch, time.Hour); err != nil {
			t.Fatal(err)
		}
		total += deleted
	}
	if took := time.Since(began); total != 2*rows || took > 30*time.Second {
		t.Errorf("%d rows left in %v", total, took)
	}
}

func TestADatabaseThatDoesNotKeepTextAsUTF8IsRefused(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		address := storetest.Database(t, "ENCODING '"+encoding+"' TEMPLATE template0 LOCALE 'C'")
		_, err := store.Open(t.Context(), address)
		if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), encoding) || !strings.Contains(err.Error(), "ENCODING 'UTF8'") {
			t.Errorf("%s: got %v, want what to do", encoding, err)
		}
	}
}

func TestWordsOfThePoolInTheAddressAreUnderstood(t *testing.T) {
	t.Parallel()
	address := storetest.Address(t, "postgres")
	for words, want := range map[string]string{
		"pool_max_conns=20&pool_max_conn_lifetime=1h&pool_max_conn_idle_time=1m": "",
		"client_encoding=LATIN1":       "", // ours is UTF-8 all the same
		"pool_max_conns=4":             "--database-connections",
		"pool_max_conns=many":          "pool_max_conns",
		"pool_max_conn_lifetime=often": "pool_max_conn_lifetime",
		"pool_min_conns=4":             "leave it out",
	} {
		db, err := store.Open(t.Context(), address+"&"+words)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", words, err)
		case want != "" && (!errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want a text with %q", words, err, want)
		}
		if err == nil {
			_ = db.Close()
		}
	}
	if _, err := store.OpenBounded(t.Context(), address+"&pool_max_conns=20", store.Bounds{Connections: 20}); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("said twice: %v", err)
	}
}

package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func openFile(t *testing.T, file string) *DB {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestNobodyElseReadsTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a 100% odd?name#1.db")
	openFile(t, file)
	for _, name := range []string{file, file + "-wal"} {
		status, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := status.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", filepath.Base(name), mode)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	db := openFile(t, filepath.Join(t.TempDir(), "dialtone.db"))
	if _, err := db.read().exec(t.Context(), `DELETE FROM scope`); !errors.Is(err, dialtone.ErrUnavailable) {
		t.Errorf("got error %v", err)
	}
}

// A full disk rolls back the whole group: nobody may be told that something was written.
func TestAFullDiskFailsTheGroupAndNothingElse(t *testing.T) {
	t.Parallel()
	db := openFile(t, filepath.Join(t.TempDir(), "dialtone.db"))
	writer := db.engine.(*sqliteEngine).writer
	err := writer.write(t.Context(), func(ctx context.Context, t tx) error {
		var pages int
		return t.one(ctx, []any{&pages}, `PRAGMA max_page_count = 1`) // it stays as large as it is
	})
	if err != nil {
		t.Fatal(err)
	}
	small := &intention{ctx: t.Context(), do: func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO asset (id, media_type, body) VALUES ('small', '', '')`)
		return err
	}}
	large := &intention{ctx: t.Context(), do: func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO asset (id, media_type, body) VALUES ('large', '', $1)`, strings.Repeat("x", 1<<20))
		return err
	}}
	// The writer's goroutine waits for work, so this one may use its connection.
	if err := writer.commit([]*intention{small, large}); !errors.Is(err, dialtone.ErrUnavailable) {
		t.Errorf("the group: got error %v, want ErrUnavailable", err)
	}
	if _, err := db.Asset(t.Context(), "small"); !errors.Is(err, dialtone.ErrNotFound) {
		t.Errorf("the small one: got error %v, want ErrNotFound", err)
	}
	if err := db.PutScope(t.Context(), dialtone.Scope{Name: "x"}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAClosedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	db := openFile(t, filepath.Join(t.TempDir(), "dialtone.db"))
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.PutScope(t.Context(), dialtone.Scope{Name: "x"}); !errors.Is(err, dialtone.ErrUnavailable) {
		t.Errorf("got error %v, want ErrUnavailable", err)
	}
}

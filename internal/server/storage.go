package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// Storage is the part of the configuration that every command needs.
type Storage struct {
	Database                 string        `help:"sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME." default:"sqlite:dialtone.db" group:"Storage"`
	DatabaseConnections      int           `help:"Most connections to PostgreSQL, shared out by kind of work; 0: as the processors suggest, 24 to 48. All nodes together must stay below the server's max_connections." default:"0" group:"Storage"`
	DatabaseLockTimeout      time.Duration `help:"Longest wait for a lock in PostgreSQL; after it the caller is told to come back." default:"5s" placeholder:"DURATION" group:"Storage"`
	DatabaseStatementTimeout time.Duration `help:"Longest statement in PostgreSQL, with the wait for a connection." default:"10s" placeholder:"DURATION" group:"Storage"`

	RootKeyFile string      `help:"File with the root key, which encrypts all other keys: make one with 'dialtone keys root --file FILE'. The environment variable DIALTONE_ROOT_KEY may hold the key itself instead." type:"path" placeholder:"FILE" group:"Storage"`
	RootKey     secret.Text `hidden:""` // from the environment: a command line can be read by every user of the machine
	Sandbox     bool        `help:"Serve the sandbox operator: published test numbers with fixed PINs." default:"true" negatable:"" group:"Storage"`
}

// Open opens the database with the keys for what it holds, brings both up to date and makes sure of the sandbox operator.
// Error: ErrInvalid if the root key is not the one under which the database's keys were wrapped.
func (c Storage) Open(ctx context.Context, now time.Time) (*store.DB, *keys.Keyring, error) {
	root, err := c.OpenRootKey()
	if err != nil {
		return nil, nil, err
	}
	db, err := store.OpenBounded(ctx, c.Database, c.bounds())
	if err != nil {
		return nil, nil, err
	}
	keyring, err := c.prepare(ctx, db, root, now)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, keyring, nil
}

func (c Storage) prepare(ctx context.Context, db *store.DB, root secret.Root, now time.Time) (*keys.Keyring, error) {
	if err := db.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("bring the database up to date: %w", err)
	}
	keyring, err := keys.Open(ctx, db, root, keys.DefaultSchedule, now)
	if err != nil {
		return nil, err
	}
	db.SealWith(keyring.Secret())
	if err := sealWhatIsClear(ctx, db); err != nil {
		return nil, err
	}
	if c.Sandbox {
		if err := directory.EnsureSandbox(ctx, db, now); err != nil {
			return nil, fmt.Errorf("make the sandbox operator: %w", err)
		}
	}
	return keyring, nil
}

// sealWhatIsClear seals what an earlier release kept about people in the clear. Nothing can be looked up before that is done.
func sealWhatIsClear(ctx context.Context, db *store.DB) error {
	for {
		_, clear, err := db.SealedUnder(ctx)
		if err != nil || !clear {
			return err
		}
		if _, err := db.Reseal(ctx, resealBatch); err != nil {
			return err
		}
	}
}

func (c Storage) bounds() store.Bounds {
	return store.Bounds{Connections: c.DatabaseConnections, Lock: c.DatabaseLockTimeout, Statement: c.DatabaseStatementTimeout}
}

// Catalog returns the catalogue in the database. Without the sandbox its operator is closed: the database may hold listings,
// grants and sessions from a time when it was served.
func (c Storage) Catalog(db *store.DB) *catalog.Catalog {
	if c.Sandbox {
		return catalog.New(db)
	}
	return catalog.New(db, directory.SandboxOperatorID)
}

// Applier returns what brings the database to what documents say.
func (c Storage) Applier(db *store.DB) apply.Applier { return apply.New(c.Catalog(db), db) }

func (c Storage) checkRootKey() error {
	switch {
	case c.RootKeyFile == "" && c.RootKey == "":
		return invalid("there is no root key: make one with 'dialtone keys root --file root.key' and set --root-key-file, or put it into DIALTONE_ROOT_KEY; keep a copy, nothing can be read without it")
	case c.RootKeyFile != "" && c.RootKey != "":
		return invalid("both --root-key-file and DIALTONE_ROOT_KEY hold a root key: keep one of them")
	}
	return nil
}

// OpenRootKey reads the root key from where the configuration says.
func (c Storage) OpenRootKey() (secret.Root, error) {
	if err := c.checkRootKey(); err != nil {
		return secret.Root{}, err
	}
	text := c.RootKey.Reveal()
	if c.RootKeyFile != "" {
		content, err := readPrivate(c.RootKeyFile)
		if err != nil {
			return secret.Root{}, fmt.Errorf("read root key: %w", err)
		}
		text = string(content)
	}
	root, err := secret.ParseRoot(strings.TrimSpace(text))
	if err != nil {
		return secret.Root{}, fmt.Errorf("root key: %w", err)
	}
	return root, nil
}

// readPrivate reads a file that nobody but its owner may read, write or run. ErrForbidden if its mode says otherwise.
func readPrivate(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat() // of the file that is read: the name may stand for another one by now
	if err != nil {
		return nil, err
	}
	const groupAndOthers = 0o077
	if mode := info.Mode(); runtime.GOOS != "windows" && mode.IsRegular() && mode.Perm()&groupAndOthers != 0 {
		return nil, fmt.Errorf("%w: %s is open to other users (mode %04o): run 'chmod 600 %s', and make a new key if somebody may have read this one",
			dialtone.ErrForbidden, name, mode.Perm(), name)
	}
	return io.ReadAll(file)
}

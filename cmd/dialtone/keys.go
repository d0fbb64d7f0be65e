package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store"
)

type keysCommand struct {
	List   keysListCommand   `cmd:"" help:"Show the keys and when they are used."`
	Rotate keysRotateCommand `cmd:"" help:"Make a new key ahead of the schedule. Running nodes learn of it within a minute."`
	Root   keysRootCommand   `cmd:"" help:"Make a new root key. Keep a copy in a safe place: nothing can be read without it."`
}

type keysRootCommand struct {
	File string `help:"Where it goes, readable by you only; the file must not exist yet. Without it the key is printed, for DIALTONE_ROOT_KEY." type:"path" placeholder:"FILE"`
}

// Run writes or prints a new root key.
func (c keysRootCommand) Run(t terminal) error {
	key := secret.NewRoot().Text().Reveal() + "\n"
	if c.File == "" {
		_, err := io.WriteString(t.Out, key)
		return err
	}
	// O_EXCL: a root key that is written over takes its whole database with it.
	file, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make root key: %w", err)
	}
	_, err = io.WriteString(file, key)
	return errors.Join(err, file.Sync(), file.Close())
}

type keysListCommand struct{ server.Storage }

// Run prints one line a key.
func (c *keysListCommand) Run(ctx context.Context, t terminal) error {
	return withKeyring(ctx, c.Storage, func(_ *store.DB, ring *keys.Keyring, _ time.Time) error { return printKeys(t.Out, ring) })
}

type keysRotateCommand struct {
	server.Storage
	Which keys.Kind `arg:"" enum:"data,signing,personal" help:"data (seals tokens and state), signing (signs ID tokens) or personal (seals numbers, addresses and names of people in the database)."`
	Now   bool      `help:"After a leak: use the new key at once and drop the old ones. What was made under them is void; a personal key goes when the running nodes have sealed everything again."`
}

// Run makes the next key.
func (c *keysRotateCommand) Run(ctx context.Context, t terminal) error {
	return withKeyring(ctx, c.Storage, func(db *store.DB, ring *keys.Keyring, now time.Time) error {
		// A key is used from a time on that the clock says: one far ahead makes a key that no node uses for years.
		if _, err := server.CompareClocks(ctx, db, now); err != nil {
			return err
		}
		rotate := ring.Rotate
		if c.Now {
			rotate = ring.RotateAtOnce
		}
		if err := rotate(ctx, now, c.Which); err != nil {
			return err
		}
		return printKeys(t.Out, ring)
	})
}

func printKeys(out io.Writer, ring *keys.Keyring) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tUSE\tALGORITHM\tCREATED\tUSED FROM\tRETIRED")
	for _, key := range ring.List() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n",
			key.ID, key.Use, cmp.Or(key.Algorithm, "-"), moment(key.Created), moment(key.Active), moment(key.Retired))
	}
	return table.Flush()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime)
}

func withKeyring(ctx context.Context, c server.Storage, do func(*store.DB, *keys.Keyring, time.Time) error) error {
	now := time.Now().UTC()
	db, ring, err := c.Open(ctx, now)
	if err != nil {
		return err
	}
	return errors.Join(do(db, ring, now), db.Close())
}

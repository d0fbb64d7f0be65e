package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store"
)

type backupCommand struct {
	server.Storage
	File string `arg:"" help:"Where the copy goes; it must not exist yet. Keep the root key too: the copy cannot be read without it." type:"path" placeholder:"FILE"`
}

// Run copies the database while it is in use. It does not touch its schema: a backup comes before a migration.
func (c *backupCommand) Run(ctx context.Context, t terminal) (err error) {
	db, err := store.Open(ctx, c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// SQLite writes into a file that is empty; made here, nobody else can read it.
	file, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := errors.Join(file.Close(), db.Backup(ctx, c.File)); err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(c.File))
	}
	_, err = fmt.Fprintln(t.Out, "The copy is in", c.File)
	return err
}

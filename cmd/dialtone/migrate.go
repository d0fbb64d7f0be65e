package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/server"
)

type migrateCommand struct{ server.Storage }

// Run brings the database up to date.
func (c *migrateCommand) Run(ctx context.Context, t terminal) error {
	db, _, err := c.Open(ctx, time.Now().UTC())
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.Out, "The database is up to date.")
	return err
}

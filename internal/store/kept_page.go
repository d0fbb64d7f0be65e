package store

import (
	"context"
	"fmt"
	"time"
)

// KeepPage keeps a sealed page under the id until it expires.
func (db *DB) KeepPage(ctx context.Context, id, sealed string, expires time.Time) error {
	_, err := db.exec(ctx, `INSERT INTO kept_page (id, sealed_body, expires_at) VALUES ($1, $2, $3)`, id, sealed, expires.UnixMicro())
	if err != nil {
		return fmt.Errorf("keep page: %w", err)
	}
	return nil
}

// KeptPage returns the sealed page of the id. Error: ErrNotFound if there is none, or it has expired.
func (db *DB) KeptPage(ctx context.Context, id string, now time.Time) (string, error) {
	var sealed string
	err := db.read().one(ctx, []any{&sealed}, `SELECT sealed_body FROM kept_page WHERE id = $1 AND expires_at > $2`, id, now.UnixMicro())
	if err != nil {
		return "", fmt.Errorf("kept page: %w", err)
	}
	return sealed, nil
}

package store

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Asset returns a picture.
func (db *DB) Asset(ctx context.Context, id string) (dialtone.Asset, error) {
	a := dialtone.Asset{ID: id}
	var body string
	if err := db.on(lookups).read().one(ctx, []any{&a.MediaType, &body}, `SELECT media_type, body FROM asset WHERE id = $1`, id); err != nil {
		return dialtone.Asset{}, err
	}
	var err error
	if a.Body, err = base64.StdEncoding.DecodeString(body); err != nil {
		return dialtone.Asset{}, fmt.Errorf("asset %s: %w", id, err)
	}
	return a, nil
}

// PutAsset keeps a picture. Its id is made of its content, so one that is there already is the same.
func (db *DB) PutAsset(ctx context.Context, a dialtone.Asset) error {
	_, err := db.exec(ctx, `INSERT INTO asset (id, media_type, body) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
		a.ID, a.MediaType, base64.StdEncoding.EncodeToString(a.Body))
	return err
}

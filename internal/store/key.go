package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// DataKeys returns the data keys, the oldest first.
func (db *DB) DataKeys(ctx context.Context) ([]dialtone.KeyRow, error) {
	var keys []dialtone.KeyRow
	var k dialtone.KeyRow
	err := db.on(upkeep).read().each(ctx,
		[]any{&k.ID, &k.Use, &k.Wrapped, instant{&k.Created}, instant{&k.Active}, instant{&k.Retired}},
		func() { keys = append(keys, k) },
		`SELECT id, use, wrapped, created_at, active_at, retired_at FROM data_key ORDER BY created_at, id`)
	return keys, err
}

// InsertDataKey keeps a data key. Error: ErrConflict if the id is taken.
func (db *DB) InsertDataKey(ctx context.Context, k dialtone.KeyRow) error {
	_, err := db.on(upkeep).exec(ctx, `INSERT INTO data_key (id, use, wrapped, created_at, active_at, retired_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		k.ID, k.Use, k.Wrapped, micros(k.Created), micros(k.Active), micros(k.Retired))
	return err
}

// SigningKeys returns the signing keys, the oldest first.
func (db *DB) SigningKeys(ctx context.Context) ([]dialtone.KeyRow, error) {
	var keys []dialtone.KeyRow
	var k dialtone.KeyRow
	err := db.on(upkeep).read().each(ctx,
		[]any{&k.ID, &k.Use, &k.Algorithm, &k.Wrapped, &k.Public, instant{&k.Created}, instant{&k.Active}, instant{&k.Retired}},
		func() { keys = append(keys, k) },
		`SELECT id, use, algorithm, wrapped, public, created_at, active_at, retired_at FROM signing_key ORDER BY created_at, id`)
	return keys, err
}

// InsertSigningKey keeps a signing key. Error: ErrConflict if the id is taken.
func (db *DB) InsertSigningKey(ctx context.Context, k dialtone.KeyRow) error {
	_, err := db.on(upkeep).exec(ctx, `
		INSERT INTO signing_key (id, use, algorithm, wrapped, public, created_at, active_at, retired_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		k.ID, k.Use, k.Algorithm, k.Wrapped, k.Public, micros(k.Created), micros(k.Active), micros(k.Retired))
	return err
}

// RetireKey sets when a data key or a signing key retires. Error: ErrNotFound if there is no key with that id.
func (db *DB) RetireKey(ctx context.Context, id string, at time.Time) error {
	return db.eitherKey(ctx, fmt.Sprintf("retire key %s", id), []any{id, at.UnixMicro()},
		`UPDATE data_key SET retired_at = $2 WHERE id = $1`, `UPDATE signing_key SET retired_at = $2 WHERE id = $1`)
}

// RescheduleKey says anew when a data key or a signing key was made and when it becomes active, if it is still said to have been
// made at was. Error: ErrNotFound if there is no such key any more.
func (db *DB) RescheduleKey(ctx context.Context, id string, was, created, active time.Time) error {
	return db.eitherKey(ctx, fmt.Sprintf("reschedule key %s", id), []any{id, was.UnixMicro(), created.UnixMicro(), active.UnixMicro()},
		`UPDATE data_key SET created_at = $3, active_at = $4 WHERE id = $1 AND created_at = $2`,
		`UPDATE signing_key SET created_at = $3, active_at = $4 WHERE id = $1 AND created_at = $2`)
}

// DeleteKey forgets a data key or a signing key. Error: ErrNotFound if there is no key with that id.
func (db *DB) DeleteKey(ctx context.Context, id string) error {
	return db.eitherKey(ctx, fmt.Sprintf("delete key %s", id), []any{id},
		`DELETE FROM data_key WHERE id = $1`, `DELETE FROM signing_key WHERE id = $1`)
}

// eitherKey runs the statements of both tables, of which one has the key.
func (db *DB) eitherKey(ctx context.Context, what string, args []any, texts ...string) error {
	return db.on(upkeep).write(ctx, func(ctx context.Context, t tx) error {
		var changed int64
		for _, text := range texts {
			rows, err := t.exec(ctx, text, args...)
			if err != nil {
				return err
			}
			changed += rows
		}
		if changed == 0 {
			return fmt.Errorf("%s: %w", what, dialtone.ErrNotFound)
		}
		return nil
	})
}

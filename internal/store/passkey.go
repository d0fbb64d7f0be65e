package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const passkeyColumns = `id, account_id, name, credential, created_at, last_used_at`

func passkeyFields(p *dialtone.Passkey) []any {
	return []any{&p.ID, &p.AccountID, &p.Name, &p.Credential, instant{&p.Created}, instant{&p.LastUsed}}
}

// Passkeys returns the passkeys of an account, the oldest first.
func (db *DB) Passkeys(ctx context.Context, accountID string) ([]dialtone.Passkey, error) {
	var list []dialtone.Passkey
	var p dialtone.Passkey
	err := db.read().each(ctx, passkeyFields(&p), func() { list = append(list, p) },
		`SELECT `+passkeyColumns+` FROM passkey WHERE account_id = $1 ORDER BY created_at, id`, accountID)
	return list, err
}

// Passkey returns a passkey.
func (db *DB) Passkey(ctx context.Context, id string) (dialtone.Passkey, error) {
	var p dialtone.Passkey
	err := db.read().one(ctx, passkeyFields(&p), `SELECT `+passkeyColumns+` FROM passkey WHERE id = $1`, id)
	return p, err
}

// PutPasskey inserts a passkey. Errors: ErrConflict if the id is taken, ErrNotFound if there is no such account.
func (db *DB) PutPasskey(ctx context.Context, p dialtone.Passkey, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO passkey (`+passkeyColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`,
			p.ID, p.AccountID, p.Name, p.Credential, micros(p.Created), micros(p.LastUsed))
		return err
	})
}

// UsePasskey replaces a passkey's credential, whose sign count went up, and notes its use. Errors: ErrConflict if the
// credential is not the one before any more, because the same sign-in, or a copy of the key, came first; ErrNotFound.
func (db *DB) UsePasskey(ctx context.Context, id, before, after string, now time.Time) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		used, err := t.exec(ctx, `UPDATE passkey SET credential = $3, last_used_at = $4 WHERE id = $1 AND credential = $2`,
			id, before, after, now.UnixMicro())
		if err != nil || used == 1 {
			return err
		}
		return conflictUnlessGone(ctx, t, `SELECT id FROM passkey WHERE id = $1`, id)
	})
	if err != nil {
		return fmt.Errorf("use passkey: %w", err)
	}
	return nil
}

// conflictUnlessGone says why a row was not the one that was expected: ErrNotFound if the query finds none with that id,
// ErrConflict if it was changed.
func conflictUnlessGone(ctx context.Context, t tx, text string, args ...any) error {
	var found string
	if err := t.one(ctx, []any{&found}, text, args...); err != nil {
		return err
	}
	return dialtone.ErrConflict
}

// RenamePasskey changes the person's own word for a passkey. Error: ErrNotFound if the account has no such passkey.
func (db *DB) RenamePasskey(ctx context.Context, accountID, id, name string) error {
	renamed, err := db.exec(ctx, `UPDATE passkey SET name = $3 WHERE account_id = $1 AND id = $2`, accountID, id, name)
	return foundOne("rename passkey", renamed, err)
}

// DeletePasskey forgets a passkey. Error: ErrNotFound if the account has no such passkey.
func (db *DB) DeletePasskey(ctx context.Context, accountID, id string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		deleted, err := t.exec(ctx, `DELETE FROM passkey WHERE account_id = $1 AND id = $2`, accountID, id)
		return foundOne("delete passkey", deleted, err)
	})
}

package store

import (
	"context"
	"fmt"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const accountColumns = `a.id, a.email, a.name, a.created_at`

func accountFields(t tx, a *dialtone.Account) []any {
	return []any{&a.ID, t.opened(secret.LabelStoredEmail, &a.Email), t.opened(secret.LabelStoredName, &a.Name), instant{&a.Created}}
}

// Account returns an account.
func (db *DB) Account(ctx context.Context, id string) (dialtone.Account, error) {
	var a dialtone.Account
	t := db.read()
	err := t.one(ctx, accountFields(t, &a), `SELECT `+accountColumns+` FROM account AS a WHERE a.id = $1`, id)
	return a, err
}

// AccountByEmail returns the account that an e-mail address, in the form of writing.Email, belongs to.
func (db *DB) AccountByEmail(ctx context.Context, email string) (dialtone.Account, error) {
	return accountByEmail(ctx, db.read(), email)
}

func accountByEmail(ctx context.Context, t tx, email string) (dialtone.Account, error) {
	var a dialtone.Account
	err := t.one(ctx, accountFields(t, &a), `SELECT `+accountColumns+` FROM account AS a WHERE a.email IN ($1, $2) AND a.email <> ''`,
		t.sealed(secret.LabelStoredEmail, email), t.sealedBefore(secret.LabelStoredEmail, email))
	return a, err
}

// RenameAccount changes the name that colleagues read. Error: ErrNotFound.
func (db *DB) RenameAccount(ctx context.Context, id, name string) error {
	renamed, err := db.exec(ctx, `UPDATE account SET name = $2 WHERE id = $1`, id, db.read().sealed(secret.LabelStoredName, name))
	return foundOne("rename account", renamed, err)
}

// insertAccount inserts the account if nobody has its address, and says whether it did. Error: ErrConflict if the id is
// taken.
func insertAccount(ctx context.Context, t tx, a dialtone.Account) (bool, error) {
	inserted, err := t.exec(ctx, `
		INSERT INTO account (id, email, name, created_at)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT)
		WHERE NOT EXISTS (SELECT 1 FROM account WHERE email = $5 AND email <> '')
		ON CONFLICT (email) WHERE email <> '' DO NOTHING`,
		a.ID, t.sealed(secret.LabelStoredEmail, a.Email), t.sealed(secret.LabelStoredName, a.Name), micros(a.Created),
		t.sealedBefore(secret.LabelStoredEmail, a.Email))
	return inserted == 1, err
}

// foundOne returns ErrNotFound if a statement about one thing changed nothing.
func foundOne(what string, changed int64, err error) error {
	if err == nil && changed == 0 {
		err = dialtone.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

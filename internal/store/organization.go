package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// CreateOrganization inserts an organization with its first owner. Errors: ErrConflict if the id is taken, ErrNotFound if
// there is no such account.
func (db *DB) CreateOrganization(ctx context.Context, o dialtone.Organization, ownerID string, now time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO organization (id, name, created_at) VALUES ($1, $2, $3)`, o.ID, o.Name, micros(o.Created))
		if err != nil {
			return err
		}
		return insertMember(ctx, t, o.ID, ownerID, dialtone.RoleOwner, now)
	})
}

// PutOrganization inserts or renames an organization. Created is kept from the first time.
func (db *DB) PutOrganization(ctx context.Context, o dialtone.Organization) error {
	_, err := db.exec(ctx, `
		INSERT INTO organization (id, name, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
		o.ID, o.Name, micros(o.Created))
	return err
}

// RenameOrganization changes an organization's name. Error: ErrNotFound.
func (db *DB) RenameOrganization(ctx context.Context, id, name string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		renamed, err := t.exec(ctx, `UPDATE organization SET name = $2 WHERE id = $1`, id, name)
		return foundOne("rename organization", renamed, err)
	})
}

// Organization returns an organization.
func (db *DB) Organization(ctx context.Context, id string) (dialtone.Organization, error) {
	var o dialtone.Organization
	err := db.read().one(ctx, organizationFields(&o), `SELECT `+organizationColumns+` FROM organization AS o WHERE o.id = $1`, id)
	return o, err
}

const organizationColumns = `o.id, o.name, o.created_at`

func organizationFields(o *dialtone.Organization) []any {
	return []any{&o.ID, &o.Name, instant{&o.Created}}
}

// Memberships returns the organizations of an account, by name.
func (db *DB) Memberships(ctx context.Context, accountID string) ([]dialtone.Membership, error) {
	var list []dialtone.Membership
	var m dialtone.Membership
	err := db.read().each(ctx, append(organizationFields(&m.Organization), &m.Role), func() { list = append(list, m) }, `
		SELECT `+organizationColumns+`, m.role FROM member AS m JOIN organization AS o ON o.id = m.organization_id
		WHERE m.account_id = $1`, accountID)
	slices.SortFunc(list, func(x, y dialtone.Membership) int { // the engines differ in how they sort names
		return cmp.Or(strings.Compare(strings.ToLower(x.Organization.Name), strings.ToLower(y.Organization.Name)),
			strings.Compare(x.Organization.ID, y.Organization.ID))
	})
	return list, err
}

// Membership returns an organization as one of its members sees it. Error: ErrNotFound if the account is no member.
func (db *DB) Membership(ctx context.Context, organizationID, accountID string) (dialtone.Membership, error) {
	var m dialtone.Membership
	err := db.read().one(ctx, append(organizationFields(&m.Organization), &m.Role), `
		SELECT `+organizationColumns+`, m.role FROM member AS m JOIN organization AS o ON o.id = m.organization_id
		WHERE m.organization_id = $1 AND m.account_id = $2`, organizationID, accountID)
	return m, err
}

// lockOrganization lets those who change an organization's members come one by one, until their transactions end: each
// sees what the one before has done. In PostgreSQL two owners who leave at once would each still see the other otherwise.
// It goes before every other statement of its transaction. Error: ErrNotFound if there is no such organization.
func lockOrganization(ctx context.Context, t tx, id string) error {
	locked, err := t.exec(ctx, `UPDATE organization SET name = name WHERE id = $1`, id)
	return foundOne(fmt.Sprintf("organization %s", id), locked, err)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const accountSessionColumns = `s.id, s.secret_hash, s.account_id, s.organization_id, s.method, s.agent, s.created_at, s.seen_at,
	s.expires_at, s.ended_at`

func accountSessionFields(s *dialtone.AccountSession) []any {
	return []any{
		&s.ID, &s.SecretHash, &s.AccountID, &s.OrganizationID, &s.Method, &s.Agent, instant{&s.Created}, instant{&s.Seen},
		instant{&s.Expires}, instant{&s.Ended},
	}
}

// CreateAccountSession inserts a session. Errors: ErrConflict if the id is taken, ErrForbidden if it is confined to an
// organization that has no sign-in of its own: it was taken away while somebody was on the way back from it.
func (db *DB) CreateAccountSession(ctx context.Context, s dialtone.AccountSession) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if s.OrganizationID == "" {
			return insertAccountSession(ctx, t, s)
		}
		// Whoever takes the sign-in away ends its sessions: this one is there already, or is refused.
		if err := lockOrganization(ctx, t, s.OrganizationID); err != nil {
			return err
		}
		var issuer string
		err := t.one(ctx, []any{&issuer}, `SELECT issuer FROM company_sign_in WHERE organization_id = $1`, s.OrganizationID)
		if errors.Is(err, dialtone.ErrNotFound) {
			err = fmt.Errorf("%w: the organization has no sign-in of its own", dialtone.ErrForbidden)
		}
		if err != nil {
			return err
		}
		return insertAccountSession(ctx, t, s)
	})
	if err != nil {
		return fmt.Errorf("create account session: %w", err)
	}
	return nil
}

func insertAccountSession(ctx context.Context, t tx, s dialtone.AccountSession) error {
	_, err := t.exec(ctx, `
		INSERT INTO account_session (id, secret_hash, account_id, organization_id, method, agent, created_at, seen_at, expires_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		s.ID, s.SecretHash, s.AccountID, s.OrganizationID, string(s.Method), s.Agent, micros(s.Created), micros(s.Seen),
		s.Expires.UnixMicro(), micros(s.Ended))
	return err
}

// AccountSession returns a session, live or not, with its account.
func (db *DB) AccountSession(ctx context.Context, id string) (dialtone.AccountSession, dialtone.Account, error) {
	var s dialtone.AccountSession
	var a dialtone.Account
	t := db.read()
	err := t.one(ctx, slices.Concat(accountSessionFields(&s), accountFields(t, &a)), `
		SELECT `+accountSessionColumns+`, `+accountColumns+`
		FROM account_session AS s JOIN account AS a ON a.id = s.account_id WHERE s.id = $1`, id)
	return s, a, err
}

// AccountSessions returns the live sessions of an account, the one that was seen last first.
func (db *DB) AccountSessions(ctx context.Context, accountID string, now time.Time) ([]dialtone.AccountSession, error) {
	var list []dialtone.AccountSession
	var s dialtone.AccountSession
	err := db.read().each(ctx, accountSessionFields(&s), func() { list = append(list, s) }, `
		SELECT `+accountSessionColumns+` FROM account_session AS s
		WHERE s.account_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 ORDER BY s.seen_at DESC, s.id`, accountID, now.UnixMicro())
	return list, err
}

// TouchAccountSessions notes when sessions, by their ids, were last seen. A later time that is noted already stays, unless it is
// of a clock that was far ahead.
func (db *DB) TouchAccountSessions(ctx context.Context, seen map[string]time.Time) error {
	return db.touch(ctx, `UPDATE account_session SET seen_at = $2 WHERE id = $1 AND COALESCE(seen_at, 0) NOT BETWEEN $2 AND $3`, seen)
}

// touch runs the statement with each id, $1, its time, $2, and the latest that a right clock can have noted by then, $3.
func (db *DB) touch(ctx context.Context, text string, times map[string]time.Time) error {
	return db.on(upkeep).write(ctx, func(ctx context.Context, t tx) error {
		for _, id := range slices.Sorted(maps.Keys(times)) { // in order: two nodes must not wait for each other
			if _, err := t.exec(ctx, text, id, times[id].UnixMicro(), times[id].Add(dialtone.ClockSkew).UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndAccountSession signs a browser out. Error: ErrNotFound if the account has no such session or it has ended.
func (db *DB) EndAccountSession(ctx context.Context, accountID, sessionID string, now time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		ended, err := t.exec(ctx, `UPDATE account_session SET ended_at = $3 WHERE account_id = $1 AND id = $2 AND ended_at IS NULL`,
			accountID, sessionID, now.UnixMicro())
		return foundOne("end account session", ended, err)
	})
}

// EndOtherAccountSessions signs every browser of an account out but one, and returns how many.
func (db *DB) EndOtherAccountSessions(ctx context.Context, accountID, keepSessionID string, now time.Time, a dialtone.Activity) (int, error) {
	var ended int64
	err := db.logged(ctx, a, func(ctx context.Context, t tx) error {
		var err error
		ended, err = t.exec(ctx, `
			UPDATE account_session SET ended_at = $3
			WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL AND expires_at > $3`, accountID, keepSessionID, now.UnixMicro())
		return err
	})
	return int(ended), err
}

package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// PutActivity appends a line to the log. Error: ErrConflict if the id is taken.
func (db *DB) PutActivity(ctx context.Context, a dialtone.Activity) error {
	return db.logged(ctx, a, func(context.Context, tx) error { return nil })
}

// logged runs do in a transaction with the line of the log that tells of it: nothing is done without its line, and no line
// stands for what was not done.
func (db *DB) logged(ctx context.Context, a dialtone.Activity, do func(context.Context, tx) error) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if err := do(ctx, t); err != nil {
			return err
		}
		return appendActivity(ctx, t, a)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", a.Action, err)
	}
	return nil
}

func appendActivity(ctx context.Context, t tx, a dialtone.Activity) error {
	if a.ID == "" || a.Action == "" {
		return fmt.Errorf("%w: the activity has no id or no action", dialtone.ErrInvalid)
	}
	_, err := t.exec(ctx, `
		INSERT INTO activity (id, organization_id, actor_id, actor_name, action, target, detail, happened_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.OrganizationID, a.ActorID, t.sealed(secret.LabelStoredName, a.ActorName), a.Action, a.Target,
		t.sealed(secret.LabelStoredHistory, a.Detail), a.At.UnixMicro())
	return err
}

// Activities returns lines of an organization's log, the newest first, up to limit of them: from the newest, or, to go on,
// from the line after the one at that time and with that id.
func (db *DB) Activities(ctx context.Context, organizationID string, before time.Time, beforeID string,
	limit int) ([]dialtone.Activity, error) {
	return db.activities(ctx, `
		SELECT `+activityColumns+` FROM activity
		WHERE organization_id = $1 AND (happened_at, id) < ($2, $3) ORDER BY happened_at DESC, id DESC LIMIT $4`,
		organizationID, newestFirst(before), beforeID, limit)
}

// AccountActivities returns what a person did to the own account, the newest first.
func (db *DB) AccountActivities(ctx context.Context, accountID string, limit int) ([]dialtone.Activity, error) {
	return db.activities(ctx, `
		SELECT `+activityColumns+` FROM activity
		WHERE organization_id = '' AND actor_id = $1 ORDER BY happened_at DESC, id DESC LIMIT $2`, accountID, limit)
}

const activityColumns = `id, organization_id, actor_id, actor_name, action, target, detail, happened_at`

func (db *DB) activities(ctx context.Context, text string, args ...any) ([]dialtone.Activity, error) {
	var list []dialtone.Activity
	var a dialtone.Activity
	t := db.read()
	err := t.each(ctx, []any{
		&a.ID, &a.OrganizationID, &a.ActorID, t.opened(secret.LabelStoredName, &a.ActorName), &a.Action, &a.Target,
		t.opened(secret.LabelStoredHistory, &a.Detail), instant{&a.At},
	}, func() { list = append(list, a) }, text, args...)
	return list, err
}

// newestFirst is where a list begins that goes back in time: at before, or at its newest line if that is zero.
func newestFirst(before time.Time) int64 {
	if before.IsZero() {
		return math.MaxInt64
	}
	return before.UnixMicro()
}

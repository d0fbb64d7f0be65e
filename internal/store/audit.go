package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// audited runs do in a transaction with the line of the operator's audit log that tells of it: nothing is done without its line, and
// no line stands for what was not done.
func (db *DB) audited(ctx context.Context, e dialtone.AuditEntry, do func(context.Context, tx) error) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if err := do(ctx, t); err != nil {
			return err
		}
		return appendAudit(ctx, t, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	return nil
}

// PutAudit appends a line of its own: that somebody looked at something.
func (db *DB) PutAudit(ctx context.Context, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(context.Context, tx) error { return nil })
}

// appendAudit numbers a line and chains it to the one before. The head stays locked until the transaction ends, so that the numbers
// follow the order of the commits; it comes last in a transaction, because all of an operator wait there.
func appendAudit(ctx context.Context, t tx, e dialtone.AuditEntry) error {
	if e.ID == "" || e.Action == "" || e.At.IsZero() || e.Words.Salt == "" {
		return fmt.Errorf("%w: the line of the audit log has no id, action, time or salt", dialtone.ErrInvalid)
	}
	before, err := lockAudit(ctx, t, e.OperatorID)
	if err != nil {
		return err
	}
	e.Seq, e.Digest = before.Seq+1, e.Words.Digest()
	e.Hash = e.Chain(before.Hash)
	return t.together(ctx,
		&step{text: `INSERT INTO audit (id, operator_id, seq, actor_id, action, target, words, digest, hash, happened_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			args: []any{
				e.ID, e.OperatorID, e.Seq, e.ActorID, e.Action, e.Target, t.sealed(secret.LabelStoredAudit, document(e.Words)), e.Digest, e.Hash,
				e.At.UnixMicro(),
			}},
		&step{text: `UPDATE audit_head SET seq = $2, hash = $3 WHERE operator_id = $1`, args: []any{e.OperatorID, e.Seq, e.Hash}})
}

// lockAudit returns the last line of an operator's log, its number and hash, and keeps others from adding one until the transaction
// ends.
func lockAudit(ctx context.Context, t tx, operatorID string) (dialtone.AuditEntry, error) {
	head := dialtone.AuditEntry{OperatorID: operatorID}
	err := t.one(ctx, []any{&head.Seq, &head.Hash}, `
		INSERT INTO audit_head (operator_id, seq, hash) VALUES ($1, 0, '')
		ON CONFLICT (operator_id) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash`, operatorID)
	return head, err
}

const auditColumns = `id, operator_id, seq, actor_id, action, target, words, digest, hash, happened_at`

func auditFields(t tx, e *dialtone.AuditEntry, words *string) []any {
	return []any{
		&e.ID, &e.OperatorID, &e.Seq, &e.ActorID, &e.Action, &e.Target, t.opened(secret.LabelStoredAudit, words), &e.Digest, &e.Hash,
		instant{&e.At},
	}
}

// AuditHead returns number and hash of the last line of an operator's log; the zero number if there is none.
func (db *DB) AuditHead(ctx context.Context, operatorID string) (dialtone.AuditEntry, error) {
	head := dialtone.AuditEntry{OperatorID: operatorID}
	err := db.read().one(ctx, []any{&head.Seq, &head.Hash}, `SELECT seq, hash FROM audit_head WHERE operator_id = $1`, operatorID)
	if errors.Is(err, dialtone.ErrNotFound) {
		err = nil
	}
	return head, err
}

// AuditLog returns lines of an operator's log, the newest first. Each filter has an index of its own, so that a rare thing is found in a
// log of millions.
func (db *DB) AuditLog(ctx context.Context, q dialtone.AuditQuery) ([]dialtone.AuditEntry, error) {
	args := []any{q.OperatorID, q.Before, q.Limit}
	if q.Before == 0 {
		args[1] = int64(math.MaxInt64)
	}
	var where strings.Builder
	also := func(condition string, value any) {
		args = append(args, value)
		fmt.Fprintf(&where, " AND "+condition, len(args))
	}
	if q.Action != "" {
		also("action = $%d", q.Action)
	}
	if q.Target != "" {
		also("target = $%d", q.Target)
	}
	if q.ActorID != "" {
		also("actor_id = $%d", q.ActorID)
	}
	if !q.From.IsZero() {
		also("happened_at >= $%d", q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		also("happened_at < $%d", q.To.UnixMicro())
	}
	return db.auditLines(ctx, `SELECT `+auditColumns+` FROM audit WHERE operator_id = $1 AND seq < $2`+where.String()+` ORDER BY seq DESC LIMIT $3`, args...)
}

// AuditFrom returns lines of an operator's log in their order, from a number on.
func (db *DB) AuditFrom(ctx context.Context, operatorID string, seq int64, limit int) ([]dialtone.AuditEntry, error) {
	return db.auditLines(ctx, `SELECT `+auditColumns+` FROM audit WHERE operator_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3`,
		operatorID, seq, limit)
}

func (db *DB) auditLines(ctx context.Context, text string, args ...any) ([]dialtone.AuditEntry, error) {
	var list []dialtone.AuditEntry
	var e dialtone.AuditEntry
	var words string
	var broken error
	t := db.read()
	err := t.each(ctx, auditFields(t, &e, &words), func() {
		e.Words = dialtone.AuditWords{}
		if words != "" {
			if err := (documented[dialtone.AuditWords]{&e.Words}).Scan(words); err != nil {
				broken = fmt.Errorf("audit line %s: %w", e.ID, err)
			}
		}
		list = append(list, e)
	}, text, args...)
	if err == nil {
		err = broken
	}
	return list, err
}

// AuditTimes returns when the operators' last lines were written, by operator id.
func (db *DB) AuditTimes(ctx context.Context) (map[string]time.Time, error) {
	times := make(map[string]time.Time)
	var id string
	var at time.Time
	err := db.read().each(ctx, []any{&id, instant{&at}}, func() { times[id] = at }, `
		SELECT h.operator_id, a.happened_at FROM audit_head AS h JOIN audit AS a ON a.operator_id = h.operator_id AND a.seq = h.seq`)
	return times, err
}

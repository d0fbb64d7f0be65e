package store

import (
	"context"
	"fmt"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Numbers, addresses and names of people are sealed in their columns: a dump of the database, or a backup, tells nobody's.
// The same text is sealed to the same text (secret.Keys.SealPersonal), so that a row is found by it and unique indexes hold.
// While one key takes over from another, rows are under either: look-ups ask for both forms, and Reseal moves what is left.

// SealWith sets the keys for what is kept about people. It comes before everything that reads or writes such.
func (db *DB) SealWith(keys *secret.Keys) { db.people = keys }

// sealed returns a text about a person as its column holds it.
func (t tx) sealed(label secret.Label, text string) string { return t.people.SealPersonal(label, text) }

// sealedBefore returns the other form that a column may still hold, or NULL, which equals nothing.
func (t tx) sealedBefore(label secret.Label, text string) any {
	if form := t.people.SealedBefore(label, text); form != "" {
		return form
	}
	return nil
}

// opened scans what sealed wrote.
func (t tx) opened(label secret.Label, to *string) personal { return personal{t.people, label, to} }

func (t tx) number(to *dialtone.PhoneNumber) personal {
	return t.opened(secret.LabelStoredNumber, (*string)(to))
}

type personal struct {
	keys  *secret.Keys
	label secret.Label
	to    *string
}

func (p personal) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("what is sealed is stored as %T", value)
	}
	if p.keys == nil {
		return fmt.Errorf("%w: the database has no keys: SealWith comes first", dialtone.ErrInvalid)
	}
	var err error
	*p.to, err = p.keys.OpenPersonal(p.label, text)
	return err
}

// orNone scans a sealed column that an outer join may leave NULL.
type orNone struct{ personal }

func (o orNone) Scan(value any) error {
	if value == nil {
		*o.to = ""
		return nil
	}
	return o.personal.Scan(value)
}

// sealedTable is a table with columns about people.
type sealedTable struct {
	name    string
	key     string // an expression that names a row
	columns []sealedColumn
}

type sealedColumn struct {
	name  string
	label secret.Label
}

// sealedTables are all of them.
var sealedTables = []sealedTable{
	{"subscription", "id", []sealedColumn{{"phone_number", secret.LabelStoredNumber}}},
	{"past_number", "id", []sealedColumn{{"phone_number", secret.LabelStoredNumber}}},
	{"account", "id", []sealedColumn{{"email", secret.LabelStoredEmail}, {"name", secret.LabelStoredName}}},
	{"company_account", "organization_id || ' ' || issuer || ' ' || account_id", []sealedColumn{{"subject", secret.LabelStoredSubject}}},
	{"invitation", "id", []sealedColumn{{"email", secret.LabelStoredInvited}, {"invited_by", secret.LabelStoredName}}},
	{"api_key", "id", []sealedColumn{{"created_by", secret.LabelStoredName}}},
	{"activity", "id", []sealedColumn{{"actor_name", secret.LabelStoredName}, {"detail", secret.LabelStoredHistory}}},
	{"staff_invitation", "id", []sealedColumn{{"email", secret.LabelStoredInvited}, {"invited_by", secret.LabelStoredName}}},
	{"line_note", "id", []sealedColumn{{"author", secret.LabelStoredName}, {"words", secret.LabelStoredNote}}},
	{"audit", "id", []sealedColumn{{"words", secret.LabelStoredAudit}}},
}

// Reseal seals up to limit rows again that are under another key than the present one, or not sealed at all because a release
// before did not, and says whether there may be more. It goes through one table after the other and goes on where it, or
// another node, stopped. Before it begins, every node must have the present key, or rows that it has passed could come under
// the old one again.
func (db *DB) Reseal(ctx context.Context, limit int) (more bool, err error) {
	err = db.on(upkeep).write(ctx, func(ctx context.Context, t tx) error {
		more = false
		at, err := resealedTo(ctx, t)
		if err != nil {
			return err
		}
		for _, table := range sealedTables {
			if at[table.name].keyID != t.people.PersonalID() {
				more = true
				return table.reseal(ctx, t, at[table.name], limit)
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("seal again: %w", err)
	}
	return more, nil
}

// progress is how far a table is: all rows are under keyID, and those up to cursor under toward.
type progress struct{ keyID, toward, cursor string }

func resealedTo(ctx context.Context, t tx) (map[string]progress, error) {
	at := make(map[string]progress)
	var name string
	var p progress
	err := t.each(ctx, []any{&name, &p.keyID, &p.toward, &p.cursor}, func() { at[name] = p },
		`SELECT table_name, key_id, toward, cursor FROM sealing`)
	return at, err
}

// reseal does one batch of a table and notes how far it came.
func (s sealedTable) reseal(ctx context.Context, t tx, at progress, limit int) error {
	keyID := t.people.PersonalID()
	if at.toward != keyID {
		at.toward, at.cursor = keyID, ""
	}
	rows, err := s.after(ctx, t, at.cursor, limit)
	if err != nil {
		return err
	}
	var steps []*step
	for _, row := range rows {
		at.cursor = row.key
		changes, err := s.changes(t.people, row, at.keyID == "")
		if err != nil {
			return fmt.Errorf("%s %s: %w", s.name, row.key, err)
		}
		steps = append(steps, changes...)
	}
	if len(rows) < limit {
		at = progress{keyID: keyID, toward: keyID}
	}
	return t.together(ctx, append(steps, &step{args: []any{s.name, at.keyID, at.toward, at.cursor}, text: `
		INSERT INTO sealing (table_name, key_id, toward, cursor) VALUES ($1, $2, $3, $4)
		ON CONFLICT (table_name) DO UPDATE SET key_id = excluded.key_id, toward = excluded.toward, cursor = excluded.cursor`})...)
}

// sealedRow is a row with its columns as they are stored.
type sealedRow struct {
	key     string
	columns []string
}

func (s sealedTable) after(ctx context.Context, t tx, cursor string, limit int) ([]sealedRow, error) {
	var rows []sealedRow
	var key string
	values := make([]string, len(s.columns))
	into, names := []any{&key}, ""
	for i, column := range s.columns {
		into = append(into, &values[i])
		names += ", " + column.name
	}
	err := t.each(ctx, into, func() { rows = append(rows, sealedRow{key, append([]string(nil), values...)}) },
		`SELECT `+s.key+names+` FROM `+s.name+` WHERE `+s.key+` > $1 ORDER BY `+s.key+` LIMIT $2`, cursor, limit)
	return rows, err
}

// changes are the statements that seal a row under the present key; first: the table was in the clear till now. A column that somebody else changes meanwhile stays as it
// is then: it is under the present key already.
func (s sealedTable) changes(keys *secret.Keys, row sealedRow, first bool) ([]*step, error) {
	var steps []*step
	for i, column := range s.columns {
		old := row.columns[i]
		text, err := keys.OpenPersonal(column.label, old)
		switch {
		case err != nil && first:
			text = old
		case err != nil:
			return nil, fmt.Errorf("%s: %w", column.name, err)
		}
		if sealed := keys.SealPersonal(column.label, text); sealed != old {
			steps = append(steps, &step{args: []any{row.key, sealed, old},
				text: `UPDATE ` + s.name + ` SET ` + column.name + ` = $2 WHERE ` + s.key + ` = $1 AND ` + column.name + ` = $3`})
		}
	}
	return steps, nil
}

// SealedUnder returns the ids of the keys under which rows may be that are kept about people, and whether there may be rows
// that are not sealed at all.
func (db *DB) SealedUnder(ctx context.Context) (keyIDs map[string]bool, clear bool, err error) {
	at, err := resealedTo(ctx, db.read())
	if err != nil {
		return nil, false, fmt.Errorf("sealed under: %w", err)
	}
	keyIDs = make(map[string]bool)
	for _, table := range sealedTables {
		p, ok := at[table.name]
		clear = clear || !ok || p.keyID == ""
		for _, id := range []string{p.keyID, p.toward} {
			keyIDs[id] = true
		}
	}
	return keyIDs, clear, nil
}

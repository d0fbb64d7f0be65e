package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const importColumns = `id, operator_id, name, fingerprint, settings, dry, state, problem, lines, stage, position, counts, started_by, created_at,
	updated_at, finished_at`

func importFields(i *dialtone.DirectoryImport) []any {
	return []any{
		&i.ID, &i.OperatorID, &i.Name, &i.Fingerprint, &i.Settings, &i.Dry, &i.State, &i.Problem, &i.Lines, &i.Stage, &i.Position,
		documented[dialtone.ImportCounts]{&i.Counts}, &i.StartedBy, instant{&i.Created}, instant{&i.Updated}, instant{&i.Finished},
	}
}

// BeginImport keeps a new import, or returns the one with the same fingerprint that was begun before and is not at its end.
func (db *DB) BeginImport(ctx context.Context, i dialtone.DirectoryImport, now time.Time) (dialtone.DirectoryImport, error) {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		var before dialtone.DirectoryImport
		err := t.one(ctx, importFields(&before), `
			SELECT `+importColumns+` FROM directory_import
			WHERE operator_id = $1 AND fingerprint = $2 AND dry = $3 AND state = 'running' ORDER BY created_at DESC, id LIMIT 1`,
			i.OperatorID, i.Fingerprint, i.Dry)
		if err == nil {
			i = before
			return nil
		}
		i.State, i.Created, i.Updated = dialtone.ImportRunning, now, now
		_, err = t.exec(ctx, `
			INSERT INTO directory_import (`+importColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			i.ID, i.OperatorID, i.Name, i.Fingerprint, i.Settings, i.Dry, string(i.State), "", i.Lines, i.Stage, i.Position, document(i.Counts),
			i.StartedBy, micros(now), micros(now), nil)
		return err
	})
	if err != nil {
		return dialtone.DirectoryImport{}, fmt.Errorf("begin import: %w", err)
	}
	return i, nil
}

// FinishImport says that an import is at its end. Error: ErrConflict if it was before.
func (db *DB) FinishImport(ctx context.Context, id string, state dialtone.ImportState, problem string, now time.Time) error {
	done, err := db.exec(ctx, `
		UPDATE directory_import SET state = $2, problem = $3, finished_at = $4, updated_at = $4 WHERE id = $1 AND state = 'running'`,
		id, string(state), problem, micros(now))
	if err == nil && done == 0 {
		err = dialtone.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("finish import: %w", err)
	}
	return nil
}

// Import returns an import. Error: ErrNotFound, also if it is another operator's.
func (db *DB) Import(ctx context.Context, operatorID, id string) (dialtone.DirectoryImport, error) {
	var i dialtone.DirectoryImport
	err := db.read().one(ctx, importFields(&i),
		`SELECT `+importColumns+` FROM directory_import WHERE id = $1 AND operator_id = $2`, id, operatorID)
	return i, err
}

// Imports returns an operator's imports, the latest first.
func (db *DB) Imports(ctx context.Context, operatorID string, limit int) ([]dialtone.DirectoryImport, error) {
	var list []dialtone.DirectoryImport
	var i dialtone.DirectoryImport
	err := db.read().each(ctx, importFields(&i), func() { list = append(list, i) },
		`SELECT `+importColumns+` FROM directory_import WHERE operator_id = $1 ORDER BY created_at DESC, id LIMIT $2`, operatorID, limit)
	return list, err
}

// ImportFaults returns the lines of an import that were refused, after a line, up to limit of them.
func (db *DB) ImportFaults(ctx context.Context, importID string, after, limit int) ([]dialtone.ImportFault, error) {
	return db.importFaults(ctx, `code <> 'waits'`, importID, after, limit)
}

// WaitingLines returns the lines of an import that wait for its last stage.
func (db *DB) WaitingLines(ctx context.Context, importID string, limit int) ([]int, error) {
	faults, err := db.importFaults(ctx, `code = 'waits'`, importID, 0, limit)
	var lines []int
	for _, f := range faults {
		lines = append(lines, f.Line)
	}
	return lines, err
}

func (db *DB) importFaults(ctx context.Context, which, importID string, after, limit int) ([]dialtone.ImportFault, error) {
	var faults []dialtone.ImportFault
	var f dialtone.ImportFault
	var cells string
	var broken error
	err := db.read().each(ctx, []any{&f.Line, &f.Code, &f.Problem, &cells}, func() {
		f.Cells = nil
		if err := db.openCells(cells, &f.Cells); err != nil && broken == nil {
			broken = fmt.Errorf("line %d of import %s: %w", f.Line, importID, err)
		}
		faults = append(faults, f)
	}, `SELECT line, code, problem, cells FROM directory_import_fault WHERE import_id = $1 AND line > $2 AND `+which+` ORDER BY line LIMIT $3`,
		importID, after, limit)
	if err == nil {
		err = broken
	}
	return faults, err
}

func (t tx) sealedCells(cells []string) string {
	if len(cells) == 0 {
		return ""
	}
	return t.people.Seal(secret.LabelImportLine, []byte(document(cells)))
}

func (db *DB) openCells(sealed string, to *[]string) error {
	if sealed == "" {
		return nil
	}
	plain, err := db.people.Open(secret.LabelImportLine, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, to)
}

var (
	linesByExternal = newShared(`
		WITH asked (n, operator_id, external_id) AS (VALUES %s)
		SELECT `+subscriptionColumns+` FROM asked AS a JOIN subscription AS u
			ON u.operator_id = a.operator_id AND u.external_id = a.external_id AND u.external_id <> ''`, "TEXT", "TEXT")
	linesByOneNumber = newShared(`
		WITH asked (n, phone_number) AS (VALUES %s)
		SELECT `+subscriptionColumns+` FROM asked AS a JOIN subscription AS u ON u.phone_number = a.phone_number AND u.ended_at IS NULL`, "TEXT")
	consentsOf = newShared(`
		WITH asked (n, id) AS (VALUES %s)
		SELECT COUNT(*) FROM asked AS a JOIN consent AS c ON c.subscription_id = a.id WHERE c.revoked_at IS NULL`, "TEXT")
	sessionsOf = newShared(`
		WITH asked (n, id) AS (VALUES %s)
		SELECT COUNT(*) FROM asked AS a JOIN session AS s ON s.subscription_id = a.id WHERE s.ended_at IS NULL`, "TEXT")
	insertFaults = newShared(`
		WITH asked (n, import_id, line, code, problem, cells, noted_at) AS (VALUES %s)
		INSERT INTO directory_import_fault (import_id, line, code, problem, cells, noted_at)
		SELECT import_id, line, code, problem, cells, noted_at FROM asked WHERE import_id IS NOT NULL
		ON CONFLICT (import_id, line) DO UPDATE SET code = excluded.code, problem = excluded.problem, cells = excluded.cells`,
		"TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "BIGINT")
	takeWaiting = newShared(`
		WITH asked (n, import_id, line) AS (VALUES %s)
		DELETE FROM directory_import_fault WHERE code = 'waits' AND EXISTS (
			SELECT 1 FROM asked AS a WHERE a.import_id = directory_import_fault.import_id AND a.line = directory_import_fault.line)`,
		"TEXT", "BIGINT")
)

// ImportChunk reads the lines that a part of a file speaks of, lets decide say what becomes of them, writes that and notes how far the
// import is, in one transaction. If the part was done before, which whoever lost the answer cannot know, it returns the import as it is
// now. Errors: ErrConflict if somebody else changed one of the lines meanwhile, or carries out the same import: asking again tells; what
// decide returns.
func (db *DB) ImportChunk(ctx context.Context, c dialtone.ImportChunk, decide func([]dialtone.Subscription) (dialtone.ImportDecision, error),
	now time.Time) (dialtone.DirectoryImport, error) {
	var i dialtone.DirectoryImport
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		var lines []dialtone.Subscription
		reading := &step{text: `SELECT ` + importColumns + ` FROM directory_import WHERE id = $1 AND operator_id = $2`,
			args: []any{c.ImportID, c.OperatorID}, into: importFields(&i), do: func() {}}
		i = dialtone.DirectoryImport{}
		if err := t.together(ctx, append(linesOf(t, c, &lines), reading)...); err != nil {
			return err
		}
		switch {
		case i.ID == "":
			return dialtone.ErrNotFound
		case i.Stage > c.Stage, i.Stage == c.Stage && i.Position >= c.To && c.To > c.From:
			return nil
		case i.Stage != c.Stage || i.Position != c.From || i.State != dialtone.ImportRunning:
			return fmt.Errorf("%w: somebody else carries out this import", dialtone.ErrConflict)
		}
		d, err := decide(lines)
		if err != nil {
			return err
		}
		return importProgress{&i}.advance(ctx, t, c, d, now)
	})
	if err != nil {
		return dialtone.DirectoryImport{}, fmt.Errorf("import lines %d to %d: %w", c.From+1, c.To, err)
	}
	return i, nil
}

// linesOf are the statements that read the lines that a chunk speaks of.
func linesOf(t tx, c dialtone.ImportChunk, lines *[]dialtone.Subscription) []*step {
	var s dialtone.Subscription
	seen := make(map[string]bool)
	into, do := subscriptionFields(t, &s), func() {
		if !seen[s.ID] {
			seen[s.ID] = true
			*lines = append(*lines, s)
		}
	}
	external, numbers := changing{of: linesByExternal}, changing{of: linesByOneNumber}
	for _, id := range c.ExternalIDs {
		external.rows = append(external.rows, []any{c.OperatorID, id})
	}
	for _, n := range c.Numbers {
		numbers.rows = append(numbers.rows, []any{t.sealed(secret.LabelStoredNumber, n.E164())})
		if before := t.sealedBefore(secret.LabelStoredNumber, n.E164()); before != nil {
			numbers.rows = append(numbers.rows, []any{before})
		}
	}
	steps := append(external.steps(), numbers.steps()...)
	for _, s := range steps {
		s.into, s.do = into, do
	}
	return steps
}

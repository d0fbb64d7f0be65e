package store

import (
	"context"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// importProgress is an import that a transaction brings forward.
type importProgress struct{ *dialtone.DirectoryImport }

// advance writes what was decided on a chunk, and the import's new position.
func (i importProgress) advance(ctx context.Context, t tx, c dialtone.ImportChunk, d dialtone.ImportDecision, now time.Time) error {
	if i.Dry {
		lost, err := wouldEnd(ctx, t, d.Changes)
		if err != nil {
			return err
		}
		d.Counts.LostConsents, d.Counts.LostSessions = lost.consents, lost.sessions
	} else {
		if err := t.together(ctx, ofIDs(freeExternal, d.Freed)...); err != nil {
			return err
		}
		lost, err := changeLines(ctx, t, d.Changes, now)
		if err != nil {
			return err
		}
		d.Counts.LostConsents, d.Counts.LostSessions = lost.consents, lost.sessions
	}
	i.Counts.Add(d.Counts)
	i.Position, i.Updated = c.To, now
	if c.Last {
		i.Stage, i.Position = i.Stage+1, 0
	}
	advanced := &step{text: `
		UPDATE directory_import SET stage = $2, position = $3, counts = $4, updated_at = $5
		WHERE id = $1 AND stage = $6 AND position = $7 AND state = 'running'`,
		args: []any{i.ID, i.Stage, i.Position, document(i.Counts), micros(now), c.Stage, c.From}}
	if err := t.together(ctx, append(faultSteps(t, c, d, now), advanced)...); err != nil {
		return err
	}
	if advanced.changed == 0 {
		return dialtone.ErrConflict
	}
	return nil
}

func faultSteps(t tx, c dialtone.ImportChunk, d dialtone.ImportDecision, now time.Time) []*step {
	taken, faults := changing{of: takeWaiting}, changing{of: insertFaults}
	for _, line := range d.Taken {
		taken.rows = append(taken.rows, []any{c.ImportID, int64(line)})
	}
	for _, f := range d.Faults {
		faults.rows = append(faults.rows, []any{c.ImportID, int64(f.Line), f.Code, f.Problem, t.sealedCells(f.Cells), micros(now)})
	}
	return append(taken.steps(), faults.steps()...)
}

// wouldEnd counts what would end with lines that would.
func wouldEnd(ctx context.Context, t tx, changes []dialtone.LineChange) (lineLoss, error) {
	var lost lineLoss
	var ids []string
	for _, c := range changes {
		if c.Ends() {
			ids = append(ids, c.Is.ID)
		}
	}
	var n int
	consents, sessions := ofIDs(consentsOf, ids), ofIDs(sessionsOf, ids)
	for _, s := range consents {
		s.into, s.do = []any{&n}, func() { lost.consents += n }
	}
	for _, s := range sessions {
		s.into, s.do = []any{&n}, func() { lost.sessions += n }
	}
	err := t.together(ctx, append(consents, sessions...)...)
	return lost, err
}

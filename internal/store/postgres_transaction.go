package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresTransaction is a transaction that begins with its first statement, in the same round trip. It uses pgx directly,
// because database/sql cannot send several statements at once.
type postgresTransaction struct {
	conn  *pgx.Conn
	begin []string // the statements that open it
	open  bool
}

// rollbackTimeout is for the one statement that is sent although its caller may be gone.
const rollbackTimeout = 5 * time.Second

func (t *postgresTransaction) run(ctx context.Context, steps []*step) (failed int, err error) {
	if len(steps) == 1 && steps[0].do == nil && len(steps[0].args) == 0 {
		return 0, t.script(ctx, steps[0])
	}
	var batch pgx.Batch
	begin := t.opening()
	for _, text := range begin {
		batch.Queue(text)
	}
	for _, s := range steps {
		batch.Queue(s.text, s.args...)
	}
	results := t.conn.SendBatch(ctx, &batch)
	defer func() {
		if closing := results.Close(); err == nil {
			err = closing
		}
	}()
	for range begin {
		if _, err := results.Exec(); err != nil {
			return 0, err
		}
	}
	for i, s := range steps {
		if err := s.read(results); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// opening returns the statements that open the transaction, once.
func (t *postgresTransaction) opening() []string {
	if t.open {
		return nil
	}
	t.open = true
	return t.begin
}

// script runs a step without arguments, which may be several statements, as in a migration. A batch does not take those.
func (t *postgresTransaction) script(ctx context.Context, s *step) error {
	for _, text := range t.opening() {
		if _, err := t.conn.Exec(ctx, text); err != nil {
			return err
		}
	}
	done, err := t.conn.Exec(ctx, s.text)
	s.changed = done.RowsAffected()
	return err
}

// read takes the statement's answer out of the results, where it is the next one.
func (s *step) read(results pgx.BatchResults) error {
	if s.do == nil {
		done, err := results.Exec()
		s.changed = done.RowsAffected()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(s.into...); err != nil {
			return err
		}
		s.do()
	}
	return rows.Err()
}

func (t *postgresTransaction) commit(ctx context.Context) error {
	if !t.open {
		return nil
	}
	done, err := t.conn.Exec(ctx, `COMMIT`)
	if err == nil && done.String() != "COMMIT" {
		err = pgx.ErrTxCommitRollback
	}
	if err == nil {
		t.open = false
		err = replicated(t.conn)
	}
	if err != nil {
		return fmt.Errorf("commit: %w", classifyPostgres(err))
	}
	return nil
}

// end rolls back what was not committed. A connection that cannot is closed, and the pool drops it.
func (t *postgresTransaction) end() {
	if !t.open || t.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	if _, err := t.conn.Exec(ctx, `ROLLBACK`); err != nil {
		_ = t.conn.Close(ctx) // the cause tells more
	}
}

package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema. Steps only go forward, and the release before must still run on the new schema.
type migration struct {
	number int
	name   string // of the file
	text   string
}

// engineMark begins what is only for one engine, to the end or the next mark: triggers are no common SQL.
const engineMark = "\n--engine "

// of returns the statements of the step for an engine.
func (m migration) of(engine string) string {
	parts := strings.Split(m.text, engineMark)
	text := parts[0]
	for _, part := range parts[1:] {
		if whose, own, _ := strings.Cut(part, "\n"); whose == engine {
			text += "\n" + own
		}
	}
	return text
}

// hash tells whether the file is the one that was applied.
func (m migration) hash() string {
	sum := sha256.Sum256([]byte(m.text))
	return hex.EncodeToString(sum[:])
}

// Migrate brings the schema up to date, all of it or nothing. Nodes that start together wait for each other. Steps of a
// newer release that are there already stay. Error: ErrConflict if a step was applied in another form than we know.
func (db *DB) Migrate(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	err = db.engine.exclusive(ctx, func(ctx context.Context, t tx) error { return migrate(ctx, t, db.engine.name(), steps) })
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, t tx, engine string, steps []migration) error {
	_, err := t.exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migration (
		number BIGINT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
	if err != nil {
		return err
	}
	applied := make(map[int]string) // hash by number
	var number int
	var hash string
	err = t.each(ctx, []any{&number, &hash}, func() { applied[number] = hash }, `SELECT number, hash FROM schema_migration`)
	if err != nil {
		return err
	}
	for _, step := range steps {
		switch hash, ok := applied[step.number]; {
		case ok && hash == step.hash():
			continue
		case ok:
			return fmt.Errorf("%s: %w: the database was migrated with another file of this number", step.name, dialtone.ErrConflict)
		}
		if _, err := t.exec(ctx, step.of(engine)); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		_, err := t.exec(ctx, `INSERT INTO schema_migration (number, name, hash, applied_at) VALUES ($1, $2, $3, $4)`,
			step.number, step.name, step.hash(), time.Now().UnixMicro()) // for the record; nothing depends on it
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// migrations returns the files in the order of their numbers.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var steps []migration
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file := strings.TrimPrefix(name, "migrations/")
		digits, _, _ := strings.Cut(file, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || number != len(steps)+1 {
			return nil, fmt.Errorf("%s: its number is not %04d", file, len(steps)+1)
		}
		steps = append(steps, migration{number: number, name: file, text: string(text)})
	}
	return steps, nil
}

package store

import (
	"context"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Scopes returns the platform's scope catalogue, by name.
func (db *DB) Scopes(ctx context.Context) ([]dialtone.Scope, error) {
	var scopes []dialtone.Scope
	var s dialtone.Scope
	err := db.on(lookups).read().each(ctx, []any{&s.Name, &s.Category, &s.Developer, documented[map[string]string]{&s.Subscriber}},
		func() { scopes = append(scopes, s) },
		`SELECT name, category, developer, subscriber FROM scope ORDER BY name`)
	return scopes, err
}

// PutScope inserts or replaces a scope.
func (db *DB) PutScope(ctx context.Context, s dialtone.Scope) error {
	_, err := db.exec(ctx, `
		INSERT INTO scope (name, category, developer, subscriber) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET category = excluded.category, developer = excluded.developer, subscriber = excluded.subscriber`,
		s.Name, s.Category, s.Developer, document(s.Subscriber))
	return err
}

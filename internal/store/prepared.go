package store

import (
	"context"
	"database/sql"
	"sync"
)

// preparer is a *sql.DB or a *sql.Conn.
type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// prepared runs statements that are prepared once and kept. The texts are constants, so there are not many. SQLite needs it;
// pgx does the same by itself.
type prepared struct {
	on         preparer
	mu         sync.RWMutex
	statements map[string]*sql.Stmt
}

func newPrepared(on preparer) *prepared {
	return &prepared{on: on, statements: make(map[string]*sql.Stmt)}
}

func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	statement, err := p.statement(text)
	if err != nil {
		return nil, err
	}
	return statement.ExecContext(ctx, args...)
}

func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := p.statement(text)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

func (p *prepared) statement(text string) (*sql.Stmt, error) {
	p.mu.RLock()
	statement := p.statements[text]
	p.mu.RUnlock()
	if statement != nil {
		return statement, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if statement = p.statements[text]; statement != nil {
		return statement, nil
	}
	// The statement outlives the call that needs it first.
	statement, err := p.on.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	p.statements[text] = statement
	return statement, nil
}

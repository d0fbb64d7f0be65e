package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A commit that waits for a synchronous standby is done on its server already. When something ends the wait, as pg_cancel_backend
// or a statement_timeout of the role do, PostgreSQL warns and calls the commit a success all the same (its documentation, "Synchronous
// Replication"). If the standby becomes the primary, it is lost. So nobody is told that it was done.

// errUnreplicated is the error of a write that is on one server only, though it should be on its standby, too.
var errUnreplicated = errors.New("the wait for the synchronous standby was ended: the write may be on one server only")

// unreplicated is the name under which a connection keeps that its last commit is.
const unreplicated = "dialtone_unreplicated"

// noteUnreplicated knows the warning by the function that gives it, since its text is in the server's language and it has no code
// of its own.
func noteUnreplicated(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.Routine == "SyncRepWaitForLSN" {
		conn.CustomData()[unreplicated] = true
	}
}

// replicated returns errUnreplicated if the server warned at the last commit of the connection.
func replicated(conn *pgx.Conn) error {
	kept := conn.PgConn().CustomData()
	if kept[unreplicated] == nil {
		return nil
	}
	delete(kept, unreplicated)
	return errUnreplicated
}

// alone runs statements that change something, each by itself.
type alone struct{ pool *sql.DB }

func (a alone) run(ctx context.Context, steps []*step) (failed int, err error) {
	const attempts = 3 // as database/sql, when a connection turns out to be of no use before anything was sent
	for range attempts {
		if failed, err = a.once(ctx, steps); !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return failed, err
}

func (a alone) once(ctx context.Context, steps []*step) (int, error) {
	conn, err := a.pool.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close() // gives it back
	if failed, err := (sqlRunner{conn}).run(ctx, steps); err != nil {
		return failed, err
	}
	return 0, conn.Raw(func(driver any) error { return replicated(driver.(*stdlib.Conn).Conn()) })
}

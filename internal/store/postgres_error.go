package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The codes of PostgreSQL, Appendix A, by which errors are told apart.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	readOnlyTransaction  = "25006"
	diskFull             = "53100"
	outOfMemory          = "53200"
	ioError              = "58030"

	// The text has a NUL, is no UTF-8, or has a character that does not exist: nothing that people typed.
	notInRepertoire     = "22021"
	untranslatable      = "22P05"
	protocolViolation   = "08P01"
	insufficientRight   = "42501"
	noSuchStatement     = "26000" // a pooler gave us another server's connection
	statementTaken      = "42P05" // as before
	noSuchSchema        = "3F000"
	programLimitReached = "54000" // a key of kilobytes, for one
)

// awayClasses are the classes of codes that tell about the state of the server and not about the statement: 08 connection,
// 25 transaction state (a read-only server, a transaction that idled), 28 password, 3D database, 40 conflict, 53 resources,
// 55 locks, 57 operator intervention, 58 system, XX internal.
var awayClasses = map[string]bool{
	"08": true, "25": true, "28": true, "3D": true, "40": true, "53": true, "55": true, "57": true, "58": true, "XX": true,
}

// awayCodes are the codes of other classes that do.
var awayCodes = map[string]bool{insufficientRight: true, noSuchStatement: true, statementTaken: true, noSuchSchema: true}

// noWriteCodes say that no write can succeed now.
var noWriteCodes = map[string]bool{readOnlyTransaction: true, diskFull: true, outOfMemory: true, ioError: true}

// classifyPostgres tells the driver's errors apart, first by what failed: a connection that did not come about says nothing
// about the caller, whatever its code; then by PostgreSQL's codes.
func classifyPostgres(err error) error {
	if connectionLost(err) {
		return as(dialtone.ErrUnavailable, err)
	}
	if errors.Is(err, errUnreplicated) {
		return as(dialtone.ErrUnavailable, as(errNoWrites, err))
	}
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code {
	case uniqueViolation:
		return as(dialtone.ErrConflict, err)
	case foreignKeyViolation:
		return as(dialtone.ErrNotFound, err)
	case notInRepertoire, untranslatable, programLimitReached:
		return as(dialtone.ErrInvalid, err)
	}
	if noWriteCodes[failure.Code] {
		return as(dialtone.ErrUnavailable, as(errNoWrites, err))
	}
	if awayCodes[failure.Code] || len(failure.Code) == 5 && awayClasses[failure.Code[:2]] {
		return as(dialtone.ErrUnavailable, err)
	}
	return err
}

// connectionLost reports whether it was not the statement that failed.
func connectionLost(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, pgx.ErrTxCommitRollback) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// useless reports whether a connection broke, its server stops, or it leads to a server that became a standby. A new one may
// lead to a better server.
func useless(err error) bool {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code == readOnlyTransaction || failure.Code[:min(3, len(failure.Code))] == "57P"
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false // nothing is said about those that there are
	}
	return connectionLost(err)
}

// hungUp reports whether the connection turned out to be gone, as one that had rested in the pool while the server restarted.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// undone wraps what ended a transaction before its commit was sent: nothing of it was done.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

// retry repeats do when nothing of it was done and another try may do better: PostgreSQL chose it as the victim of a conflict, or
// its connection was gone before it could commit.
func retry(ctx context.Context, do func() error) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		err := do()
		var failure *pgconn.PgError
		conflict := errors.As(err, &failure) && (failure.Code == serializationFailure || failure.Code == deadlockDetected)
		if !conflict && !(errors.As(err, new(undone)) && hungUp(err)) {
			return err
		}
		if attempt == attempts || ctx.Err() != nil {
			return err
		}
	}
}

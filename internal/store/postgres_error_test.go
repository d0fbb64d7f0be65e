package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestAnErrorOfPostgreSQLIsWhoseItIs(t *testing.T) {
	t.Parallel()
	none := errors.New("none of ours")
	for code, want := range map[string]error{
		"23505": dialtone.ErrConflict, "23503": dialtone.ErrNotFound,
		"22021": dialtone.ErrInvalid, "22P05": dialtone.ErrInvalid, "54000": dialtone.ErrInvalid,
		"08006": dialtone.ErrUnavailable, "08P01": dialtone.ErrUnavailable, "25006": dialtone.ErrUnavailable, "25P02": dialtone.ErrUnavailable,
		"25P03": dialtone.ErrUnavailable, "26000": dialtone.ErrUnavailable, "28000": dialtone.ErrUnavailable, "28P01": dialtone.ErrUnavailable,
		"3D000": dialtone.ErrUnavailable, "3F000": dialtone.ErrUnavailable, "40001": dialtone.ErrUnavailable, "40P01": dialtone.ErrUnavailable,
		"42501": dialtone.ErrUnavailable, "42P05": dialtone.ErrUnavailable, "53100": dialtone.ErrUnavailable, "53200": dialtone.ErrUnavailable,
		"53300": dialtone.ErrUnavailable, "55006": dialtone.ErrUnavailable, "55P03": dialtone.ErrUnavailable, "57014": dialtone.ErrUnavailable,
		"57P01": dialtone.ErrUnavailable, "57P02": dialtone.ErrUnavailable, "57P03": dialtone.ErrUnavailable, "58030": dialtone.ErrUnavailable,
		"XX001": dialtone.ErrUnavailable,
		"42601": none, "42703": none, "22P02": none, "22003": none, "": none,
	} {
		got := none
		for _, ours := range []error{dialtone.ErrConflict, dialtone.ErrNotFound, dialtone.ErrInvalid, dialtone.ErrUnavailable} {
			if errors.Is(classifyPostgres(fmt.Errorf("query: %w", &pgconn.PgError{Code: code})), ours) {
				got = ours
			}
		}
		if got != want { //nolint:errorlint // the very values
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded} {
		if err := classifyPostgres(err); !errors.Is(err, dialtone.ErrUnavailable) {
			t.Errorf("%v is not the database's state", err)
		}
	}
}

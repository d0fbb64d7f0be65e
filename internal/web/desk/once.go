package desk

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// formLifetime is how long a form that works once may lie open.
const formLifetime = 24 * time.Hour

// Spender uses an id up until it expires; ErrConflict the second time.
type Spender interface {
	SpendToken(ctx context.Context, id string, expires time.Time) error
}

// NewFormToken returns what a form carries, in the field once, whose answer shows a secret: sent a second time, by a reload of
// that answer for instance, it makes nothing. The time in it bounds how long the spent one must be remembered.
func NewFormToken(now time.Time) string {
	return strconv.FormatInt(now.UnixMicro(), 10) + "." + secret.ID("form")
}

// SpendFormToken uses the token of a posted form up, before anything is made from the form. Errors: ErrConflict if it was sent
// before, ErrExpired if it lay open too long, ErrInvalid.
func SpendFormToken(s Spender, r *http.Request, v Visit) error {
	token := r.PostForm.Get("once")
	made, _, found := strings.Cut(token, ".")
	micros, err := strconv.ParseInt(made, 10, 64)
	if err != nil || !found {
		return fmt.Errorf("form token: %w", dialtone.ErrInvalid)
	}
	if age := v.Now.Sub(time.UnixMicro(micros)); age > formLifetime || age < -time.Hour {
		return fmt.Errorf("form token: %w", dialtone.ErrExpired)
	}
	// Under a name of its own: the table of what is spent knows tokens and codes too, which nobody may spend from here. The
	// account is in it, so that nobody spends a colleague's form, and the address, so that each form has its own.
	name := "form_" + secret.Hash(strings.Join([]string{v.Account.ID, r.URL.Path, token}, "\n"))
	return s.SpendToken(r.Context(), name, v.Now.Add(2*formLifetime))
}

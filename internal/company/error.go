package company

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Problem says why a company sign-in came to nothing, as a page tells the person.
type Problem string

const (
	ProblemNotSetUp     Problem = "not_set_up"    // the owner has no provider, or it does not take our client
	ProblemProviderAway Problem = "provider_away" // the provider does not answer, or not as one
	ProblemRefused      Problem = "refused"       // the provider said no; Code is its word for it
	ProblemNotInvited   Problem = "not_invited"   // the provider knows the person, and the owner lets nobody join
	ProblemExpired      Problem = "expired"       // too late, or a second time
	ProblemOtherBrowser Problem = "other_browser" // another browser began it
	ProblemMismatch     Problem = "mismatch"      // the answer is not the one that was asked for
)

// Error is why a company sign-in came to nothing. It wraps ErrNotFound, ErrUnavailable, ErrForbidden, ErrExpired or
// ErrInvalid.
type Error struct {
	Problem Problem
	Code    string // of ProblemRefused: the provider's error code, such as "access_denied"
	cause   error  // for the log; may hold the provider's words
}

func (e *Error) Error() string {
	text := "company sign-in: " + string(e.Problem)
	if e.Code != "" {
		text += ": " + e.Code
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns what sort of error it is, and the cause.
func (e *Error) Unwrap() []error {
	sort := dialtone.ErrInvalid
	switch e.Problem {
	case ProblemNotSetUp:
		sort = dialtone.ErrNotFound
	case ProblemProviderAway:
		sort = dialtone.ErrUnavailable
	case ProblemRefused, ProblemNotInvited:
		sort = dialtone.ErrForbidden
	case ProblemExpired:
		sort = dialtone.ErrExpired
	}
	return []error{sort, e.cause}
}

// suspicious reports whether it may be an attack, which the log should show even where the page just says "again".
func (e *Error) suspicious() bool {
	return e.Problem == ProblemMismatch || e.Problem == ProblemOtherBrowser
}

// failed is an *Error.
func failed(problem Problem, cause error) error {
	return &Error{Problem: problem, cause: cause}
}

// refusedBy is what a provider's error code means (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
func refusedBy(code string) error {
	cause := fmt.Errorf("the provider answered with an error: %w", dialtone.ErrForbidden)
	if code == "server_error" || code == "temporarily_unavailable" {
		return &Error{Problem: ProblemProviderAway, Code: code, cause: cause}
	}
	return &Error{Problem: ProblemRefused, Code: code, cause: cause}
}

const (
	maxErrorCode = 64
	maxWords     = 200
)

// errorCode returns a provider's error code if it looks like one, and "unknown" otherwise: it is shown to people.
func errorCode(text string) string {
	strange := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	}
	if len(text) > maxErrorCode || strings.ContainsFunc(text, strange) {
		return "unknown"
	}
	return text
}

// inShort keeps the start of an error that may repeat a provider's whole page.
func inShort(err error) error {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "?")), " ")
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "…"
	}
	return errors.New(text)
}

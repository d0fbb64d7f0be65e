package dialtone

import "strings"

// FieldError says what is wrong with one field of a form or of an API's body, in words for the person who filled it in.
type FieldError struct {
	Field   string // "name", "redirect_uris.1": the index counts from 0
	Problem string // a sentence that says what to do
}

// FieldErrors are all fields that are wrong. It wraps ErrInvalid.
type FieldErrors []FieldError

func (e FieldErrors) Error() string {
	problems := make([]string, len(e))
	for i, f := range e {
		problems[i] = f.Field + ": " + f.Problem
	}
	return strings.Join(problems, "; ")
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e FieldErrors) Unwrap() error { return ErrInvalid }

// Of returns the problem of a field, empty if there is none.
func (e FieldErrors) Of(field string) string {
	for _, f := range e {
		if f.Field == field {
			return f.Problem
		}
	}
	return ""
}

// ConflictError says that a thing was changed by somebody else since it was read. It wraps ErrConflict.
type ConflictError struct {
	Current any // the thing as it is now: a Product or a Client
}

func (e *ConflictError) Error() string { return "changed by somebody else meanwhile" }

// Unwrap makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// ForbiddenError says that somebody is known and may not do this. It wraps ErrForbidden.
type ForbiddenError struct {
	Right string // that it takes, "products:write"; empty: it is no matter of rights
	Why   string // a sentence that says what to do
}

func (e *ForbiddenError) Error() string { return e.Right + ": forbidden: " + e.Why }

// Unwrap makes errors.Is(err, ErrForbidden) true.
func (e *ForbiddenError) Unwrap() error { return ErrForbidden }

// Package legible tells text from bytes that only look like it. What comes from outside and is to be text must be UTF-8 without
// NUL: PostgreSQL keeps nothing else, and two readers of broken UTF-8 need not see the same value.
//
//	Text    a value              legible.go
//	Path    of an address        address.go
//	Query   of an address        address.go
//	Body    while it is read     body.go: forms and JSON, escapes included
//
// It refuses to repair: what is put in the place of a broken byte is nothing that anybody wrote.
package legible

import (
	"strings"
	"unicode/utf8"
)

// Text reports whether the value is UTF-8 without NUL.
func Text(value string) bool { return strings.IndexByte(value, 0) < 0 && utf8.ValidString(value) }

package dialtone

import (
	"strings"
	"unicode"
)

// TypedDigits takes away what people and keyboards put between the digits of a code (spaces, hyphens, marks of direction), and
// writes the digits of other scripts in ASCII. What else is typed stays, for the caller to refuse.
func TypedDigits(typed string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range []rune{'٠', '۰', '０'} { // Arabic-Indic, extended Arabic-Indic, full width
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		if r == '-' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, typed)
}

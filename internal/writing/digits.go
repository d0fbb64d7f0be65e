package writing

import (
	"strings"
	"unicode"
)

// Digit returns a decimal digit of any script, Arabic-Indic, Devanagari or full width, in ASCII.
func Digit(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r), true
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// The digits of a script follow each other, from zero (The Unicode Standard §4.6), but for the mathematical ones, whose
	// five sets stand side by side.
	if r >= '\U0001d7ce' && r <= '\U0001d7ff' {
		return byte('0' + (r-'\U0001d7ce')%10), true
	}
	first := r
	for first > 0 && unicode.Is(unicode.Nd, first-1) {
		first--
	}
	return byte('0' + (r-first)%10), true
}

// TypedDigits takes away what people and keyboards put between the digits of a code (spaces, hyphens, marks of direction), and
// writes the digits of other scripts in ASCII. What else is typed stays, for the caller to refuse.
func TypedDigits(typed string) string {
	return strings.Map(func(r rune) rune {
		if digit, ok := Digit(r); ok {
			return rune(digit)
		}
		if r == '-' || unicode.IsSpace(r) || Unseen(r) && !unicode.IsControl(r) {
			return -1
		}
		return r
	}, typed)
}

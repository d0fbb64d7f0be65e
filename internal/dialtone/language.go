package dialtone

import (
	"slices"
	"strings"
)

// Languages are those that pages and SMS speak, BCP 47. The first one is spoken when a person asks for none of them.
var Languages = []string{"en", "sv", "nb", "de", "fr", "es", "ar"}

// Spoken reports whether we speak the language: sv, and sv-FI too.
func Spoken(tag string) bool {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return slices.Contains(Languages, primary)
}

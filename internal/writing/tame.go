package writing

import "strings"

// Tame makes a name from outside, as of an element in somebody's file, fit to be quoted in a sentence of ours: printable ASCII without
// brackets.
func Tame(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, name)
}

package written

import (
	"slices"
	"strings"
)

// Unknown is the fault of a key that is none of the known ones.
func (f Field) Unknown(known []string) error {
	if near := Nearest(f.Key, known); near != "" {
		return f.At.Fault("there is no field %q: did you mean %q?", f.Key, near)
	}
	return f.At.Fault("there is no field %q here; the fields are %s", f.Key, strings.Join(known, ", "))
}

// Nearest returns the known word that a misspelt one was probably meant to be; empty if none is near.
func Nearest(word string, known []string) string {
	plain := func(s string) string { return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(s)) }
	best, distance := "", max(1, len(word)/3)+1
	for _, k := range known {
		if d := edits(plain(word), plain(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// edits is how many letters have to be put in, taken away, exchanged or swapped with their neighbour to make b from a.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			cost := 1
			if from[i-1] == to[j-1] {
				cost = 0
			}
			options := []int{rows[i-1][j] + 1, rows[i][j-1] + 1, rows[i-1][j-1] + cost}
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				options = append(options, rows[i-2][j-2]+1)
			}
			rows[i][j] = slices.Min(options)
		}
	}
	return rows[len(from)][len(to)]
}

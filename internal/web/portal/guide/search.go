package guide

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// hit is a section that has the words.
type hit struct {
	Title   string // of the page, and of the section
	Address string
	Excerpt string
	score   int
}

const (
	mostHits    = 20
	longestWord = 64
	excerpt     = 180 // characters around the first word
)

// search returns the sections that have every word of the query, the best first. A word in a heading counts for more.
func search(all []article, query string) []hit {
	words := strings.FieldsFunc(strings.ToLower(query), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' && r != ':'
	})
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) > longestWord })
	if len(words) == 0 {
		return nil
	}
	var hits []hit
	for _, a := range all {
		for _, s := range a.Sections {
			if h, ok := match(a, s, words); ok {
				hits = append(hits, h)
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	return hits[:min(len(hits), mostHits)]
}

func match(a article, s section, words []string) (hit, bool) {
	const inHeading = 10
	heading, text := strings.ToLower(a.Title+" "+s.Title), strings.ToLower(s.words)
	score := 0
	for _, word := range words {
		found := strings.Count(heading, word)*inHeading + strings.Count(text, word)
		if found == 0 {
			return hit{}, false
		}
		score += found
	}
	h := hit{Title: a.Title, Address: "/docs/" + a.Name, Excerpt: around(s.words, strings.Index(text, words[0])), score: score}
	if s.ID != "" {
		h.Title += ": " + s.Title
		h.Address += "#" + s.ID
	}
	return h, true
}

// around returns the words near a place in a text, cut between words.
func around(text string, at int) string {
	from := max(0, at-excerpt/2)
	to := min(len(text), from+excerpt)
	if space := strings.IndexByte(text[from:], ' '); from > 0 && space >= 0 {
		from += space + 1
	}
	if space := strings.LastIndexByte(text[:to], ' '); to < len(text) && space > from {
		to = space
	}
	return strings.ToValidUTF8(text[from:max(from, to)], "")
}

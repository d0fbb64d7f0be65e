package directory

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// vectors are the lines of testdata/rewritings.txt: what is typed, where, and what it is read as.
func vectors(t *testing.T) [][]string {
	file, err := os.Open("testdata/rewritings.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all [][]string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := lines.Text(); line != "" && line[0] != '#' {
			all = append(all, strings.Split(line, " | "))
		}
	}
	return all
}

func TestNumbersOfThePastAreReadAsTodays(t *testing.T) {
	t.Parallel()
	used := make(map[string]bool)
	for _, v := range vectors(t) {
		typed, region, want, also := v[0], strings.Trim(v[1], "-"), v[2], strings.Trim(v[3], "-")
		got, err := Read(typed, region)
		if err != nil || got.Number.E164() != want || got.Also.E164() != also {
			t.Errorf("%s in %q: %s and %q, %v; want %s and %q", typed, region, got.Number.E164(), got.Also.E164(), err, want, also)
		}
		if kept := strings.HasPrefix(v[4], "kept"); also == "" && region == "" && got.Guessed == kept {
			t.Errorf("%s: whether it is shown before anything is sent: %v", typed, got.Guessed)
		}
		for _, r := range rewritings {
			if r.old.MatchString(strings.TrimPrefix(v[4], "+")) {
				used[r.old.String()] = true
			}
		}
	}
	for _, r := range rewritings {
		if !used[r.old.String()] {
			t.Errorf("%s %s has no vector", r.country, r.old)
		}
	}
}

var dated = regexp.MustCompile(`\b(20[0-9][0-9]|as above|abroad)\b`)

func TestARewritingHasASourceAndLeadsToANumberThatIsPossibleToday(t *testing.T) {
	t.Parallel()
	for _, r := range rewritings {
		if !dated.MatchString(r.source) || r.country == "" {
			t.Errorf("%s: does not say since when: %q", r.old, r.source)
		}
	}
	for _, v := range vectors(t) {
		today := Today(dialtone.PhoneNumber(v[2]))
		if _, _, again := rewritingOf(today); again {
			t.Errorf("%s is rewritten again", today.E164())
		}
		if _, err := parse(today.E164(), noRegion); err != nil {
			t.Errorf("%s: %v", today.E164(), err)
		}
	}
}

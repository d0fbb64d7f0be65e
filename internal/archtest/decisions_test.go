package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A decision is cited by its number.
func TestEveryDecisionHasANumberOfItsOwn(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/decisions/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no decisions", err)
	}
	taken := make(map[string]string)
	for _, page := range pages {
		name := filepath.Base(page)
		number, _, _ := strings.Cut(name, "-")
		if other := taken[number]; other != "" {
			t.Errorf("%s and %s have the same number", other, name)
		}
		taken[number] = name
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# "+number+": ") {
			t.Errorf("%s does not begin with its number", name)
		}
	}
}

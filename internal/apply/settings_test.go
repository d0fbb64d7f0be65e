package apply_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestADocumentAndTheGuideNameEverySettingOfAClient(t *testing.T) {
	t.Parallel()
	keys := apply.Fields()["clients"]
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	guide, example := read("../../docs/guide/20-endpoints.md"), read("../../cmd/dialtone/example.yaml")
	for _, s := range new(dialtone.ClientSettings).Each() {
		if !slices.Contains(keys, s.Name) {
			t.Errorf("a client's entry has no key %s", s.Name)
		}
		if !strings.Contains(guide, "| `"+s.Name+"` |") {
			t.Errorf("the guide does not explain %s", s.Name)
		}
		if !strings.Contains(example, s.Name+":") {
			t.Errorf("the example file does not show %s", s.Name)
		}
	}
}

package page

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The rooms that write the log write its codes where they write the line: "client.update".
func TestEveryCodeOfTheLogHasWords(t *testing.T) {
	t.Parallel()
	codes, found := regexp.MustCompile(`"((?:api_key|client|company|invitation|listing|member|organization|product|tester)\.[a-z_.]+)"`), 0
	for _, room := range []string{"catalog", "operator"} {
		files, err := filepath.Glob("../../../" + room + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range codes.FindAllSubmatch(source, -1) {
				found++
				line := ActivityLines([]dialtone.Activity{{Action: string(code[1])}})[0]
				if line.Words() == "" {
					t.Errorf("%s: %s has no words", file, code[1])
				}
			}
		}
	}
	if found < len(activityWords) {
		t.Errorf("%d codes in the source, %d with words", found, len(activityWords))
	}
}

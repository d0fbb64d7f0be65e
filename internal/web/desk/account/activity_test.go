package account

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Package account writes the codes of its log where it names them: "account.sign_in".
func TestEveryCodeOfTheAccountsLogHasWords(t *testing.T) {
	t.Parallel()
	codes, found := regexp.MustCompile(`"(account\.[a-z_.]+)"`), 0
	files, err := filepath.Glob("../../../account/*.go")
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
			line := activityLines([]dialtone.Activity{{Action: string(code[1])}})[0]
			if line.Words() == "" {
				t.Errorf("%s: %s has no words", file, code[1])
			}
		}
	}
	if found < len(activityWords) {
		t.Errorf("%d codes in the source, %d with words", found, len(activityWords))
	}
}

package audit

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The rooms that write the audit log write an action where they make the line: desk.Line(actor, "staff.role", …).
func TestEveryActionOfTheAuditLogHasWords(t *testing.T) {
	t.Parallel()
	actions, found := regexp.MustCompile(`"((?:administrator|audit|consent|line|listing|operator|staff)\.[a-z_]+)"`), 0
	for _, room := range []string{"operator", "audit", "care"} {
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
			for _, action := range actions.FindAllSubmatch(source, -1) {
				if string(action[1]) == "listing.decide" {
					continue // the organization's own log
				}
				found++
				if line := auditLines([]dialtone.AuditEntry{{Action: string(action[1])}})[0]; line.Done() == "" {
					t.Errorf("%s: %s has no words", file, action[1])
				}
			}
		}
	}
	const fewest = 15
	if found < fewest {
		t.Errorf("%d actions in the source", found)
	}
}

package audit

import "github.com/dialtone-id/dialtone/internal/dialtone"

// auditLine is a line of the log, for reading.
type auditLine struct{ dialtone.AuditEntry }

func auditLines(log []dialtone.AuditEntry) []auditLine {
	lines := make([]auditLine, len(log))
	for i, e := range log {
		lines[i].AuditEntry = e
	}
	return lines
}

// Done says what was done, as the rest of a sentence that begins with who did it; empty if the log is newer than the words.
func (l auditLine) Done() string { return actionWords[l.Action] }

// Erased reports whether what people read was erased, because its time had come.
func (l auditLine) Erased() bool { return l.Words == dialtone.AuditWords{} }

var actionWords = map[string]string{
	"listing.enable":    "enabled a product",
	"listing.decline":   "declined a product",
	"listing.suspend":   "suspended a product",
	"line.find":         "looked for a line",
	"line.view":         "opened a line",
	"line.refused":      "was kept from a sensitive line",
	"line.reveal":       "had a number shown",
	"line.sign_out":     "signed a line out everywhere",
	"line.block":        "blocked a line",
	"line.unblock":      "unblocked a line",
	"line.sensitive":    "marked a line as sensitive",
	"line.unsensitive":  "marked a line as ordinary",
	"line.note":         "wrote a note about a line",
	"consent.revoke":    "took a consent back",
	"staff.sensitive":   "changed who opens sensitive lines",
	"staff.add":         "added somebody to the staff",
	"staff.invite":      "invited somebody to the staff",
	"staff.withdraw":    "withdrew an invitation",
	"staff.join":        "began to work here",
	"staff.role":        "changed somebody’s role",
	"staff.remove":      "removed somebody from the staff",
	"staff.leave":       "stopped working here",
	"operator.settings": "changed the settings",
	"audit.export":      "downloaded the audit log",
	"administrator.add": "added an administrator",
}

package account

import "github.com/dialtone-id/dialtone/internal/dialtone"

// activityLine is a line of the account's own log, for reading.
type activityLine struct{ dialtone.Activity }

func activityLines(log []dialtone.Activity) []activityLine {
	lines := make([]activityLine, len(log))
	for i, a := range log {
		lines[i].Activity = a
	}
	return lines
}

// Words say what was done, as the rest of a sentence that begins with who did it; empty if the log is newer than the words.
func (l activityLine) Words() string { return activityWords[l.Action] }

var activityWords = map[string]string{
	"account.sign_in":        "signed in",
	"account.session.end":    "signed a browser out",
	"account.passkey.add":    "added a passkey",
	"account.passkey.remove": "removed a passkey",
}

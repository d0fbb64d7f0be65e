package page

import "github.com/dialtone-id/dialtone/internal/dialtone"

// ActivityLine is a line of the log, for reading.
type ActivityLine struct{ dialtone.Activity }

// ActivityLines makes the lines of a log readable.
func ActivityLines(log []dialtone.Activity) []ActivityLine {
	lines := make([]ActivityLine, len(log))
	for i, a := range log {
		lines[i].Activity = a
	}
	return lines
}

// Words say what was done, as the rest of a sentence that begins with who did it; empty if the log is newer than the words.
func (l ActivityLine) Words() string { return activityWords[l.Action] }

var activityWords = map[string]string{
	"organization.create": "created the organization",
	"organization.rename": "renamed the organization",
	"company.set":         "set the company sign-in",
	"company.remove":      "removed the company sign-in",

	"member.add":          "added a member",
	"member.role":         "changed the role of a member",
	"member.remove":       "removed a member",
	"member.leave":        "left the organization",
	"member.transfer":     "transferred the organization",
	"invitation.create":   "invited somebody",
	"invitation.accept":   "accepted an invitation",
	"invitation.withdraw": "withdrew an invitation",

	"product.create": "created a product",
	"product.update": "changed a product",
	"product.icon":   "changed the icon of a product",
	"product.scopes": "changed the scopes of a product",
	"listing.offer":  "offered a product to an operator",
	"listing.decide": "decided on a product",
	"tester.name":    "named a number to try a product with",
	"tester.end":     "took a number from those that try a product",

	"client.create":        "created a client",
	"client.update":        "changed a client",
	"client.delete":        "deleted a client",
	"client.secret.create": "made a secret of a client",
	"client.secret.rotate": "rotated a secret of a client",
	"client.secret.revoke": "revoked a secret of a client",

	"api_key.create": "created an API key",
	"api_key.revoke": "revoked an API key",
}

package catalog

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// ourName is what no product and no organization may call itself.
const ourName = "Dialtone"

// checkNaming refuses a new name that would mislead whoever reads it in a message of ours or below an operator's logo: one that leads
// to an address or a number, or passes for somebody else. Names in documents of `dialtone apply` are the operator's own word, and
// names that are there stay: messages show them without what leads away (writing.InMessage). Error: dialtone.FieldErrors on name.
func (c *Catalog) checkNaming(ctx context.Context, name string) error {
	var f fields
	switch {
	case writing.Leads(name):
		f.refuse("name", "Leave addresses and numbers to call out of the name: it stands in messages to people.")
	case writing.MixesScripts(name):
		f.refuse("name", "Write each word in one alphabet: letters of two that look alike pass for another name.")
	case writing.Names(name, ourName):
		f.refuse("name", "Choose a name of your own: this one reads as ours.")
	default:
		operators, err := c.store.Operators(ctx)
		if err != nil {
			return fmt.Errorf("check name: %w", err)
		}
		for _, o := range operators {
			if o.ID != dialtone.SandboxOperatorID && (writing.PosesAs(name, o.Name) || posesAsSender(name, o.SMS.Sender)) {
				f.refuse("name", "Choose a name of your own: this one reads as the operator "+o.Name+".")
				break
			}
		}
	}
	return f.err()
}

// posesAsSender reports whether a name reads as the sender that people see above an operator's SMS. A number is nobody's name.
func posesAsSender(name, sender string) bool {
	return strings.ContainsFunc(sender, unicode.IsLetter) && writing.PosesAs(name, sender)
}

package apply

import (
	"context"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// administrator looks after the whole installation. Whoever proves the address in the console is one.
type administrator struct{ email string }

func administratorNoun() section {
	return noun[administrator]{
		word: "administrator", section: "administrators", identity: []string{"email"},
		find:  findAdministrator,
		valid: func(administrator) error { return nil },
		title: func(a administrator) (string, string) { return a.email, a.email },
		save: func(ctx context.Context, a Applier, _, is administrator, now time.Time) error {
			return a.office.AddAdministrator(ctx, is.email, actor, now)
		},
	}
}

func findAdministrator(ctx context.Context, p *planner, e entry, _ administrator) (administrator, bool, error) {
	f, there := e.field("email")
	if !there {
		return administrator{}, false, e.at.Fault("this administrator has no email")
	}
	address, err := f.Text()
	if err != nil {
		return administrator{}, false, err
	}
	email, err := writing.Email(address)
	if err != nil {
		return administrator{}, false, f.Fault("email: %s is not an e-mail address", quote(address))
	}
	known, err := p.applier.store.Administrators(ctx)
	found := slices.ContainsFunc(known, func(a dialtone.Account) bool { return a.Email == email })
	return administrator{email}, found, err
}

package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/writing"
	"github.com/dialtone-id/dialtone/internal/written"
)

// organization is one with the e-mail addresses of its owners. Whoever proves one of them in the portal is an owner.
type organization struct {
	dialtone.Organization
	owners []string
}

func organizationNoun() section {
	return noun[organization]{
		word: "organization", section: "organizations", identity: []string{"id"},
		fields: []field[organization]{
			keep("name", text, func(o *organization) *string { return &o.Name }).needed(),
			people("owners", func(o *organization) *[]string { return &o.owners }),
		},
		find: findOrganization,
		finish: func(_ context.Context, p *planner, e entry, _, _ *organization, _ bool) error {
			if f, given := e.field("owners"); given && f.Empty() {
				p.add(f.Fault("owners: a document lets owners in and takes none away: remove members in the portal, and leave this out"))
			}
			return nil
		},
		valid: func(o organization) error { return errors.Join(o.Validate(), seenAsWritten(o.Name)) },
		title: func(o organization) (string, string) { return o.ID, o.ID },
		save: func(ctx context.Context, a Applier, was, is organization, now time.Time) error {
			if was.Name != is.Name {
				if err := a.catalog.PutOrganization(ctx, is.Organization, now); err != nil {
					return err
				}
			}
			for _, email := range left(is.owners, was.owners) {
				if err := a.catalog.AddOwner(ctx, is.ID, email, actor, now); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// people are e-mail addresses that are added to those that are there. One who is left out stays what they are.
func people[N any](key string, of func(*N) *[]string) field[N] {
	f := keep(key, set, of)
	f.set = func(v *written.Value, n *N) error {
		items, err := v.List()
		if err != nil {
			return err
		}
		list := of(n)
		for _, item := range items {
			address, err := item.Text()
			if err != nil {
				return err
			}
			email, err := writing.Email(address)
			if err != nil {
				return item.Fault("%s: %s is not an e-mail address", key, quote(address))
			}
			if !slices.Contains(*list, email) {
				*list = append(slices.Clone(*list), email)
			}
		}
		return nil
	}
	return f
}

func findOrganization(ctx context.Context, p *planner, e entry, fresh organization) (organization, bool, error) {
	id, err := e.needed("organization", "id")
	if err != nil {
		return organization{}, false, err
	}
	found, err := p.applier.store.Organization(ctx, id)
	if errors.Is(err, dialtone.ErrNotFound) {
		fresh.ID = id
		return fresh, false, nil
	}
	if err != nil {
		return organization{}, false, err
	}
	members, err := p.applier.store.Members(ctx, id)
	o := organization{Organization: found}
	for _, m := range members {
		if m.Role == dialtone.RoleOwner {
			o.owners = append(o.owners, m.Account.Email)
		}
	}
	return o, true, err
}

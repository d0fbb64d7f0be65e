package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// whoMay is written by hand, not made from the catalogue's own table: a change there has to be made here, too, on purpose.
// Columns: owner, developer, viewer, API key that holds the right. A plus may.
const whoMay = `
organization:read   + + + +
organization:write  + - - +
members:read        + + + +
members:write       + - - +
products:read       + + + +
products:write      + + - +
clients:read        + + + +
clients:write       + + - +
traffic:read        + + + +
keys:read           + - - +
keys:write          + - - -
activity:read       + + - +
company:write       + - - -
`

// expectation is a line of whoMay.
type expectation struct {
	action                        catalog.Action
	owner, developer, viewer, key bool
}

func expectations(t *testing.T) []expectation {
	t.Helper()
	var list []expectation
	for text := range strings.Lines(strings.TrimSpace(whoMay)) {
		f := strings.Fields(text)
		if len(f) != 5 {
			t.Fatalf("%q is no line of the table", text)
		}
		list = append(list, expectation{catalog.Action(f[0]), f[1] == "+", f[2] == "+", f[3] == "+", f[4] == "+"})
	}
	return list
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, e := range expectations(t) {
		for _, c := range []struct {
			who   string
			actor dialtone.Actor
			may   bool
		}{
			{"owner", s.owner, e.owner}, {"developer", s.developer, e.developer}, {"viewer", s.viewer, e.viewer},
			{"key with the right", keyOf(s, e.action), e.key}, {"key with other rights", keyWithout(t, s, e.action), false},
		} {
			err := s.May(t.Context(), c.actor, s.organization.ID, e.action)
			var forbidden *dialtone.ForbiddenError
			switch {
			case c.may && err != nil:
				t.Errorf("%s, %s: got %v, want yes", c.who, e.action, err)
			case !c.may && (!errors.As(err, &forbidden) || !errors.Is(err, dialtone.ErrForbidden) || forbidden.Right != string(e.action) || forbidden.Why == ""):
				t.Errorf("%s, %s: got %v, want a *ForbiddenError that says why", c.who, e.action, err)
			case !c.may && strings.Contains(forbidden.Why, "needs the role") == (c.actor.APIKeyID != ""):
				t.Errorf("%s, %s: %s", c.who, e.action, forbidden.Why)
			}
			fails(t, c.who+" elsewhere, "+string(e.action), s.May(t.Context(), c.actor, s.elsewhere.ID, e.action), dialtone.ErrNotFound)
		}
		fails(t, "stranger, "+string(e.action), s.May(t.Context(), s.stranger, s.organization.ID, e.action), dialtone.ErrNotFound)
	}
}

// keyOf is a key as it would be if it could hold the right, whatever CreateAPIKey says.
func keyOf(s *stage, action catalog.Action) dialtone.Actor {
	return dialtone.Actor{APIKeyID: "key_1", OrganizationID: s.organization.ID, Rights: []string{string(action)}, Name: "deployment"}
}

func keyWithout(t *testing.T, s *stage, action catalog.Action) dialtone.Actor {
	t.Helper()
	actor := dialtone.Actor{APIKeyID: "key_2", OrganizationID: s.organization.ID, Name: "deployment"}
	for _, e := range expectations(t) {
		if e.action != action {
			actor.Rights = append(actor.Rights, string(e.action))
		}
	}
	return actor
}

func TestTheTablesNameTheSameActions(t *testing.T) {
	t.Parallel()
	list := expectations(t)
	table := catalog.Permissions()
	if len(table) != len(list) {
		t.Fatalf("%d actions, want %d", len(table), len(list))
	}
	for i, p := range table {
		e := list[i]
		if p.Action != e.action || p.ForKeys != e.key || p.Words == "" {
			t.Errorf("%+v is not what %+v says", p, e)
		}
		for role, want := range map[dialtone.Role]bool{
			dialtone.RoleOwner: e.owner, dialtone.RoleDeveloper: e.developer, dialtone.RoleViewer: e.viewer, "": false, "boss": false,
		} {
			if catalog.RoleMay(role, p.Action) != want {
				t.Errorf("RoleMay(%q, %s) is not %v", role, p.Action, want)
			}
		}
	}
	if catalog.RoleMay(dialtone.RoleOwner, "universe:write") {
		t.Error("an owner may do what nobody has heard of")
	}
}

func TestACompanySessionCountsInItsOrganizationOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	// The owner is a member elsewhere, too, but came through the provider of the one.
	if _, err := s.CreateOrganization(t.Context(), s.owner, "Second", now); err != nil {
		t.Fatal(err)
	}
	all := get(s.Organizations(t.Context(), s.owner))(t)
	confined := s.owner
	confined.OrganizationID = s.organization.ID
	for _, e := range expectations(t) {
		if err := s.May(t.Context(), confined, s.organization.ID, e.action); (err == nil) != e.owner {
			t.Errorf("%s inside: %v", e.action, err)
		}
		for _, m := range all {
			if m.Organization.ID != s.organization.ID {
				fails(t, string(e.action)+" outside", s.May(t.Context(), confined, m.Organization.ID, e.action), dialtone.ErrNotFound)
			}
		}
	}
	if seen := get(s.Organizations(t.Context(), confined))(t); len(all) != 2 || len(seen) != 1 || seen[0].Organization.ID != s.organization.ID || seen[0].Role != dialtone.RoleOwner {
		t.Errorf("of %d organizations the session sees %+v, want the one", len(all), seen)
	}
	_, err := s.CreateOrganization(t.Context(), confined, "Third", now)
	fails(t, "create an organization", err, dialtone.ErrForbidden)
	// A company cannot make somebody a member by naming the organization: the membership decides.
	notMember := s.stranger
	notMember.OrganizationID = s.organization.ID
	fails(t, "confined, but no member", s.May(t.Context(), notMember, s.organization.ID, catalog.ReadOrganization), dialtone.ErrNotFound)
}

func TestNobodyMayDoNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for name, actor := range map[string]dialtone.Actor{
		"nobody": {}, "a key of no organization": {APIKeyID: "key_1", Rights: []string{"organization:read"}},
	} {
		fails(t, name, s.May(t.Context(), actor, s.organization.ID, catalog.ReadOrganization), dialtone.ErrNotFound)
		fails(t, name+", no organization", s.May(t.Context(), actor, "", catalog.ReadOrganization), dialtone.ErrNotFound)
		if list, err := s.Organizations(t.Context(), actor); err != nil && !errors.Is(err, dialtone.ErrNotFound) || len(list) != 0 {
			t.Errorf("%s sees %v, %v", name, list, err)
		}
		_, err := s.CreateOrganization(t.Context(), actor, "Mine", now)
		fails(t, name+" creates", err, dialtone.ErrForbidden)
	}
}

package catalog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// badNames are names that nothing may have.
var badNames = map[string]string{
	"empty": "", "spaces": " \t ", "too long": strings.Repeat("Ö", 81), "a line break": "Ban\nk", "a control": "Ban\x00k",
	"text turned around": "gro.knab\u202e", "an isolate": "Bank\u2066x", "an invisible space": "Ba\u200bnk", "a byte order mark": "\ufeffBank",
	"broken UTF-8": "Ban\xffk", "nothing to be seen": "\u200d\u200c",
}

func TestAnOrganizationIsCreatedWithItsFirstOwnerAndRenamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if m := get(s.Organization(t.Context(), s.owner, s.organization.ID))(t); m.Organization != s.organization || m.Role != dialtone.RoleOwner {
		t.Errorf("got %+v", m)
	}
	get(s.Registration(t.Context(), s.client.ID))(t) // from now on it is in the cache
	must(t, s.RenameOrganization(t.Context(), s.owner, s.organization.ID, "  Näme 名前 ", now))
	if m := get(s.Organization(t.Context(), s.viewer, s.organization.ID))(t); m.Organization.Name != "Näme 名前" || m.Role != dialtone.RoleViewer {
		t.Errorf("got %+v", m)
	}
	if r := get(s.Registration(t.Context(), s.client.ID))(t); r.Organization.Name != "Näme 名前" {
		t.Errorf("subscribers still read %q", r.Organization.Name)
	}
	s.logged(t, s.owner, "organization.rename")
	fails(t, "a viewer renames", s.RenameOrganization(t.Context(), s.viewer, s.organization.ID, "Mine", now), dialtone.ErrForbidden)
	fails(t, "a stranger renames", s.RenameOrganization(t.Context(), s.stranger, s.organization.ID, "Mine", now), dialtone.ErrNotFound)
}

func TestNamesAreCheckedInCharacters(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for what, name := range badNames {
		_, err := s.CreateOrganization(t.Context(), s.owner, name, now)
		if problem := wrong(t, err, "name"); problem == "" {
			t.Errorf("an organization may be called %s", what)
		}
		_, err = s.CreateProduct(t.Context(), s.owner, s.organization.ID, catalog.ProductEdit{Name: name}, now)
		if wrong(t, err, "name") == "" {
			t.Errorf("a product may be called %s", what)
		}
	}
	for _, name := range []string{strings.Repeat("Ö", 80), "👩\u200d🔬 Lab", "اَلعَرَبِيَّةُ\u200f", "می\u200cخواهم", "A & B <i>"} {
		if o, err := s.CreateOrganization(t.Context(), s.owner, name, now); err != nil || o.Name != name {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOrganizationsPerDayAreLimited(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	someone := s.person(t)
	for range 20 {
		if _, err := s.CreateOrganization(t.Context(), someone, "One of many", now); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.CreateOrganization(t.Context(), someone, "One too many", now)
	fails(t, "one more", err, dialtone.ErrExhausted)
	if _, err := s.CreateOrganization(t.Context(), someone, "Tomorrow", now.Add(25*time.Hour)); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func TestRolesChangeAndTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	var last *catalog.LastOwnerError
	for what, err := range map[string]error{
		"the last owner steps down": s.ChangeRole(ctx, s.owner, org, s.owner.AccountID, dialtone.RoleViewer, now),
		"the last owner leaves":     s.RemoveMember(ctx, s.owner, org, s.owner.AccountID, now),
	} {
		if !errors.As(err, &last) || !errors.Is(err, dialtone.ErrConflict) {
			t.Errorf("%s: got %v, want *LastOwnerError", what, err)
		}
	}
	wrong(t, s.ChangeRole(ctx, s.owner, org, s.viewer.AccountID, "boss", now), "role")
	fails(t, "a developer", s.ChangeRole(ctx, s.developer, org, s.developer.AccountID, dialtone.RoleOwner, now), dialtone.ErrForbidden)
	fails(t, "no member", s.ChangeRole(ctx, s.owner, org, s.stranger.AccountID, dialtone.RoleOwner, now), dialtone.ErrNotFound)
	fails(t, "a stranger", s.ChangeRole(ctx, s.stranger, org, s.viewer.AccountID, dialtone.RoleOwner, now), dialtone.ErrNotFound)

	must(t, s.ChangeRole(ctx, s.owner, org, s.viewer.AccountID, dialtone.RoleOwner, now))
	if line := s.logged(t, s.owner, "member.role"); line.Target != s.viewer.AccountID || line.Detail != "owner, was viewer" {
		t.Errorf("the log says %+v", line)
	}
	lines := len(s.log(t))
	must(t, s.ChangeRole(ctx, s.owner, org, s.viewer.AccountID, dialtone.RoleOwner, now))
	if got := len(s.log(t)); got != lines {
		t.Error("a change of nothing is in the log")
	}
	must(t, s.RemoveMember(ctx, s.owner, org, s.owner.AccountID, now))
	fails(t, "who has left", s.May(ctx, s.owner, org, catalog.ReadOrganization), dialtone.ErrNotFound)
}

func TestEverybodyMayLeaveAndOwnersRemove(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	fails(t, "a viewer removes", s.RemoveMember(ctx, s.viewer, org, s.developer.AccountID, now), dialtone.ErrForbidden)
	fails(t, "a stranger leaves", s.RemoveMember(ctx, s.stranger, org, s.stranger.AccountID, now), dialtone.ErrNotFound)
	fails(t, "a stranger removes", s.RemoveMember(ctx, s.stranger, org, s.viewer.AccountID, now), dialtone.ErrNotFound)
	fails(t, "nobody is removed", s.RemoveMember(ctx, s.owner, org, "", now), dialtone.ErrNotFound)
	must(t, s.RemoveMember(ctx, s.viewer, org, s.viewer.AccountID, now))
	s.logged(t, s.viewer, "member.leave")
	must(t, s.RemoveMember(ctx, s.owner, org, s.developer.AccountID, now))
	s.logged(t, s.owner, "member.remove")
	if members := get(s.Members(ctx, s.owner, org))(t); len(members) != 1 || members[0].Account.ID != s.owner.AccountID {
		t.Errorf("members %+v, want the owner", members)
	}
}

func TestOwnershipIsTransferred(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	fails(t, "a developer", s.Transfer(ctx, s.developer, org, s.viewer.AccountID, now), dialtone.ErrForbidden)
	fails(t, "to a stranger", s.Transfer(ctx, s.owner, org, s.stranger.AccountID, now), dialtone.ErrNotFound)
	fails(t, "by a key", s.Transfer(ctx, s.key(t, catalog.WriteMembers), org, s.viewer.AccountID, now), dialtone.ErrForbidden)
	wrong(t, s.Transfer(ctx, s.owner, org, s.owner.AccountID, now), "account")
	wrong(t, s.Transfer(ctx, s.owner, org, "", now), "account")
	must(t, s.Transfer(ctx, s.owner, org, s.viewer.AccountID, now))
	roles := make(map[string]dialtone.Role)
	for _, m := range get(s.Members(ctx, s.viewer, org))(t) {
		roles[m.Account.ID] = m.Role
	}
	if roles[s.viewer.AccountID] != dialtone.RoleOwner || roles[s.owner.AccountID] != dialtone.RoleDeveloper {
		t.Errorf("roles %v", roles)
	}
	fails(t, "a second time", s.Transfer(ctx, s.owner, org, s.developer.AccountID, now), dialtone.ErrForbidden)
}

func TestAnAPIKeyCannotTouchOwners(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	key := s.key(t, catalog.WriteMembers)
	for what, err := range map[string]error{
		"make an owner":   s.ChangeRole(ctx, key, org, s.viewer.AccountID, dialtone.RoleOwner, now),
		"demote an owner": s.ChangeRole(ctx, key, org, s.owner.AccountID, dialtone.RoleViewer, now),
		"remove an owner": s.RemoveMember(ctx, key, org, s.owner.AccountID, now),
	} {
		fails(t, what, err, dialtone.ErrForbidden)
	}
	_, err := s.Invite(ctx, key, org, "kim@example.com", dialtone.RoleOwner, now)
	fails(t, "invite an owner", err, dialtone.ErrForbidden)
	must(t, s.ChangeRole(ctx, key, org, s.viewer.AccountID, dialtone.RoleDeveloper, now))
	must(t, s.RemoveMember(ctx, key, org, s.viewer.AccountID, now))
	if line := s.logged(t, key, "member.remove"); line.ActorName != "deployment" {
		t.Errorf("the log says %+v", line)
	}
}

func TestTheLogIsReadInPages(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	all := s.log(t)
	var paged []dialtone.Activity
	before, id := time.Time{}, ""
	for {
		page := get(s.Activities(t.Context(), s.developer, s.organization.ID, before, id, 2))(t)
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		before, id = page[len(page)-1].At, page[len(page)-1].ID
	}
	if len(all) < 5 || len(paged) != len(all) {
		t.Errorf("%d lines in pages, %d at once", len(paged), len(all))
	}
	_, err := s.Activities(t.Context(), s.viewer, s.organization.ID, time.Time{}, "", 0)
	fails(t, "a viewer", err, dialtone.ErrForbidden)
	_, err = s.Activities(t.Context(), s.stranger, s.organization.ID, time.Time{}, "", 0)
	fails(t, "a stranger", err, dialtone.ErrNotFound)
}

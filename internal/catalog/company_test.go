package catalog_test

import (
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestTheCompanysSignInIsSetAndItsSecretStaysWithItsProvider(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	_, err := s.CompanySignIn(ctx, s.owner, org)
	fails(t, "there is none", err, dialtone.ErrNotFound)
	edit := catalog.CompanyEdit{Issuer: " https://login.example.com/tenant/ ", ClientID: "portal", SealedSecret: "sealed", JoinAs: dialtone.RoleViewer}
	must(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now))
	edit.SealedSecret, edit.JoinAs = "", ""
	must(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now))
	got := get(s.CompanySignIn(ctx, s.owner, org))(t)
	if got.Issuer != "https://login.example.com/tenant/" || got.ClientID != "portal" || got.SealedSecret != "sealed" || got.JoinAs != "" {
		t.Errorf("got %+v, want the secret kept", got)
	}
	if line := s.logged(t, s.owner, "company.set"); line.Detail != "changed: role of new people" || strings.Contains(line.Detail, "sealed") {
		t.Errorf("the log says %q", line.Detail)
	}
	edit.Issuer = "https://evil.example"
	wrong(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now), "client_secret")
	edit.SealedSecret = "another"
	must(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now))
	must(t, s.RemoveCompanySignIn(ctx, s.owner, org, now))
	_, err = s.CompanySignIn(ctx, s.owner, org)
	fails(t, "it is gone", err, dialtone.ErrNotFound)
	fails(t, "remove it again", s.RemoveCompanySignIn(ctx, s.owner, org, now), dialtone.ErrNotFound)
}

func TestTheCompanysSignInIsChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	good := catalog.CompanyEdit{Issuer: "https://login.example.com", ClientID: "portal"}
	for _, issuer := range []string{"", "http://login.example.com", "https://login.example.com?x=y", "https://login.example.com?", "https://login.example.com#x", "login.example.com", "https://a:b@example.com"} {
		edit := good
		edit.Issuer = issuer
		wrong(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now), "issuer")
	}
	for _, id := range []string{"", "a\nb", strings.Repeat("x", 256)} {
		edit := good
		edit.ClientID = id
		wrong(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now), "client_id")
	}
	for _, role := range []dialtone.Role{dialtone.RoleOwner, "boss"} {
		edit := good
		edit.JoinAs = role
		wrong(t, s.SetCompanySignIn(ctx, s.owner, org, edit, now), "join_as")
	}
	for name, actor := range map[string]dialtone.Actor{"a developer": s.developer, "a viewer": s.viewer} {
		fails(t, name+" sets", s.SetCompanySignIn(ctx, actor, org, good, now), dialtone.ErrForbidden)
		fails(t, name+" removes", s.RemoveCompanySignIn(ctx, actor, org, now), dialtone.ErrForbidden)
		_, err := s.CompanySignIn(ctx, actor, org)
		fails(t, name+" reads", err, dialtone.ErrForbidden)
	}
	fails(t, "a stranger", s.SetCompanySignIn(ctx, s.stranger, org, good, now), dialtone.ErrNotFound)
}

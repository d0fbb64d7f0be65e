package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestAnAPIKeySpeaksForItsOrganizationUntilItEnds(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	rights := []string{"products:write", "products:read", "products:read"}
	k, text, err := s.CreateAPIKey(ctx, s.owner, org, catalog.APIKeyEdit{Name: "deployment", Rights: rights, Expires: now.Add(time.Hour)}, now)
	must(t, err)
	if !strings.HasPrefix(text.Reveal(), "dt_ak_") || k.Hash != secret.Hash(text.Reveal()) || k.CreatedBy != s.owner.Name {
		t.Errorf("got %+v", k)
	}
	actor := get(s.AuthenticateAPIKey(ctx, text.Reveal(), now))(t)
	if actor.ID() != k.ID || actor.OrganizationID != org || !slices.Equal(actor.Rights, []string{"products:read", "products:write"}) || actor.Name != "deployment" {
		t.Errorf("got %+v", actor)
	}
	p := get(s.CreateProduct(ctx, actor, org, catalog.ProductEdit{Name: "By a program"}, now))(t)
	s.logged(t, actor, "product.create")
	if _, role, err := s.Product(ctx, actor, p.ID); err != nil || role != "" {
		t.Errorf("a key has the role %q, %v", role, err)
	}
	_, err = s.AuthenticateAPIKey(ctx, text.Reveal(), now.Add(time.Hour))
	fails(t, "an hour later", err, dialtone.ErrNotFound)
	for _, other := range []string{"", "dt_ak_", "dt_cs_x", text.Reveal() + "x", strings.TrimPrefix(text.Reveal(), "dt_ak_"), k.Hash, "dt_ak_" + k.Hash} {
		_, err := s.AuthenticateAPIKey(ctx, other, now)
		fails(t, "another text", err, dialtone.ErrNotFound)
	}
	must(t, s.FlushLastUsed(ctx))
	keys := get(s.APIKeys(ctx, s.owner, org))(t)
	if len(keys) != 1 || !keys[0].LastUsed.Equal(now) {
		t.Errorf("got %+v, want it used now", keys)
	}
	fails(t, "revoked from elsewhere", s.RevokeAPIKey(ctx, s.stranger, s.elsewhere.ID, k.ID, now), dialtone.ErrNotFound)
	fails(t, "revoked by a developer", s.RevokeAPIKey(ctx, s.developer, org, k.ID, now), dialtone.ErrForbidden)
	must(t, s.RevokeAPIKey(ctx, s.owner, org, k.ID, now))
	_, err = s.AuthenticateAPIKey(ctx, text.Reveal(), now)
	fails(t, "a revoked key", err, dialtone.ErrNotFound)
	s.logged(t, s.owner, "api_key.revoke")
}

func TestAPIKeysAreChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	good := []string{"products:read"}
	for field, edits := range map[string][]catalog.APIKeyEdit{
		"name":    {{Rights: good}, {Name: strings.Repeat("ä", 61), Rights: good}, {Name: "a\nb", Rights: good}},
		"rights":  {{Name: "x"}, {Name: "x", Rights: []string{"keys:write"}}, {Name: "x", Rights: []string{"products:read", "company:write"}}, {Name: "x", Rights: []string{"everything"}}},
		"expires": {{Name: "x", Rights: good, Expires: now}, {Name: "x", Rights: good, Expires: now.AddDate(3, 0, 0)}},
	} {
		for _, edit := range edits {
			_, text, err := s.CreateAPIKey(ctx, s.owner, org, edit, now)
			if wrong(t, err, field) == "" || text != "" {
				t.Errorf("%+v is allowed", edit)
			}
		}
	}
	for name, actor := range map[string]dialtone.Actor{"a developer": s.developer, "a viewer": s.viewer, "a key": s.key(t, catalog.ReadKeys)} {
		_, _, err := s.CreateAPIKey(ctx, actor, org, catalog.APIKeyEdit{Name: "x", Rights: good}, now)
		fails(t, name, err, dialtone.ErrForbidden)
	}
	_, _, err := s.CreateAPIKey(ctx, s.stranger, org, catalog.APIKeyEdit{Name: "x", Rights: good}, now)
	fails(t, "a stranger", err, dialtone.ErrNotFound)
	_, err = s.APIKeys(ctx, s.developer, org)
	fails(t, "a developer lists", err, dialtone.ErrForbidden)
	for range 49 {
		s.key(t, catalog.ReadProducts)
	}
	_, _, err = s.CreateAPIKey(ctx, s.owner, org, catalog.APIKeyEdit{Name: "x", Rights: good}, now)
	wrong(t, err, "name")
}

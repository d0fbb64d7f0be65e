package catalog_test

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestAProductIsCreatedAndSaved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	edit := catalog.ProductEdit{
		Name: " Weather ", Subtitle: "Rain or shine", Description: "First line\r\n\r\nSecond line\r\n", Price: strings.Repeat("€", 40),
		TermsURL: "https://example.com/terms", PrivacyURL: "http://localhost:9000/privacy", Support: "Help@Example.com",
	}
	get(s.Registration(t.Context(), s.client.ID))(t) // from now on it is in the cache
	p := get(s.SaveProduct(t.Context(), s.developer, s.product.ID, edit, s.product.Updated, now))(t)
	if r := get(s.Registration(t.Context(), s.client.ID))(t); r.Product.Subtitle != "Rain or shine" {
		t.Error("subscribers still read what was before")
	}
	want := s.product
	want.Name, want.Subtitle, want.Description, want.Price = "Weather", "Rain or shine", "First line\n\nSecond line", edit.Price
	want.TermsURL, want.PrivacyURL, want.Support = edit.TermsURL, edit.PrivacyURL, "help@example.com"
	want.ConsentVersion, want.Updated = 2, p.Updated
	stored, role, err := s.Product(t.Context(), s.viewer, s.product.ID)
	if err != nil || fmt.Sprint(p) != fmt.Sprint(want) || fmt.Sprint(stored) != fmt.Sprint(want) || role != dialtone.RoleViewer {
		t.Errorf("got %+v as %s, %v\nstored %+v\nwant %+v", p, role, err, stored, want)
	}
	line := s.logged(t, s.developer, "product.update")
	for _, word := range []string{"subtitle", "price", "terms", "consent version 2"} {
		if !strings.Contains(line.Detail, word) {
			t.Errorf("the log says %q, without %q", line.Detail, word)
		}
	}
	if strings.Contains(line.Detail, "name") || strings.Contains(line.Detail, "€") {
		t.Errorf("the log says %q", line.Detail)
	}
	if again := get(s.SaveProduct(t.Context(), s.developer, s.product.ID, edit, p.Updated, now.Add(time.Hour)))(t); !again.Updated.Equal(p.Updated) {
		t.Error("saving the same again is a change")
	}
}

func TestEachFieldOfAProductIsChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	type edit = catalog.ProductEdit
	long := func(n int) string { return strings.Repeat("ä", n) }
	for name, c := range map[string]struct {
		field string
		edit  edit
	}{
		"no name":                  {"name", edit{Name: ""}},
		"a long subtitle":          {"subtitle", edit{Subtitle: long(121)}},
		"a subtitle of two lines":  {"subtitle", edit{Subtitle: "a\nb"}},
		"a long description":       {"description", edit{Description: long(4001)}},
		"a turned description":     {"description", edit{Description: "a\u202eb"}},
		"a long price":             {"price", edit{Price: long(41)}},
		"terms without https":      {"terms_url", edit{TermsURL: "http://example.com/terms"}},
		"terms that run":           {"terms_url", edit{TermsURL: "javascript:alert(1)"}},
		"terms with a password":    {"terms_url", edit{TermsURL: "https://example.com@evil.example/"}},
		"terms with a space":       {"terms_url", edit{TermsURL: "https://example.com/a b"}},
		"terms with a backslash":   {"terms_url", edit{TermsURL: `https://example.com\.evil.example/`}},
		"terms without a host":     {"terms_url", edit{TermsURL: "https:///terms"}},
		"terms that are too long":  {"terms_url", edit{TermsURL: "https://example.com/" + long(1100)}},
		"privacy policy of a file": {"privacy_url", edit{PrivacyURL: "file:///etc/passwd"}},
		"support by no address":    {"support", edit{Support: "call us"}},
		"support that runs":        {"support", edit{Support: "javascript:alert(1)//@example.com"}},
	} {
		c.edit.Name = map[bool]string{true: "", false: "Weather"}[c.field == "name"]
		_, err := s.SaveProduct(t.Context(), s.developer, s.product.ID, c.edit, s.product.Updated, now)
		var list dialtone.FieldErrors
		if !errors.As(err, &list) || len(list) != 1 || list.Of(c.field) == "" || !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: got %v, want one problem, at %s", name, err, c.field)
		}
	}
	_, err := s.CreateProduct(t.Context(), s.developer, s.organization.ID, edit{Subtitle: long(121), Price: long(41)}, now)
	var list dialtone.FieldErrors
	if !errors.As(err, &list) || len(list) != 3 {
		t.Errorf("got %v, want all three problems at once", err)
	}
	edge := edit{Name: long(80), Subtitle: long(120), Description: long(4000), Price: long(40)}
	if _, err := s.CreateProduct(t.Context(), s.developer, s.organization.ID, edge, now); err != nil {
		t.Errorf("the longest that is allowed: %v", err)
	}
}

func TestProductsOfOthersAreNotFoundAndViewersChangeNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, edit := t.Context(), catalog.ProductEdit{Name: "Mine"}
	for name, c := range map[string]struct {
		actor     dialtone.Actor
		productID string
		want      error
	}{
		"a stranger":               {s.stranger, s.product.ID, dialtone.ErrNotFound},
		"another one's product":    {s.owner, s.foreign.ID, dialtone.ErrNotFound},
		"no product":               {s.owner, "product_none", dialtone.ErrNotFound},
		"an empty id":              {s.owner, "", dialtone.ErrNotFound},
		"a viewer":                 {s.viewer, s.product.ID, dialtone.ErrForbidden},
		"a key that reads":         {s.key(t, catalog.ReadProducts), s.product.ID, dialtone.ErrForbidden},
		"a key, another product":   {s.key(t, catalog.WriteProducts), s.foreign.ID, dialtone.ErrNotFound},
		"a session from a company": {dialtone.Actor{AccountID: s.owner.AccountID, OrganizationID: s.elsewhere.ID}, s.product.ID, dialtone.ErrNotFound},
	} {
		_, err := s.SaveProduct(ctx, c.actor, c.productID, edit, s.product.Updated, now)
		fails(t, name+" saves", err, c.want)
		_, err = s.SetScopes(ctx, c.actor, c.productID, nil, s.product.Updated, now)
		fails(t, name+" sets scopes", err, c.want)
		_, err = s.Offer(ctx, c.actor, c.productID, "sandbox", now)
		fails(t, name+" offers", err, c.want)
		if errors.Is(c.want, dialtone.ErrNotFound) {
			_, _, err = s.Product(ctx, c.actor, c.productID)
			fails(t, name+" reads", err, c.want)
			_, err = s.Readiness(ctx, c.actor, c.productID)
			fails(t, name+" reads what is missing", err, c.want)
			_, err = s.OperatorListings(ctx, c.actor, c.productID, now)
			fails(t, name+" reads listings", err, c.want)
			if strings.Contains(err.Error(), s.elsewhere.ID) {
				t.Errorf("%s: the error says whose it is: %v", name, err)
			}
		}
	}
	_, err := s.CreateProduct(ctx, s.viewer, s.organization.ID, edit, now)
	fails(t, "a viewer creates", err, dialtone.ErrForbidden)
	_, err = s.CreateProduct(ctx, s.stranger, s.organization.ID, edit, now)
	fails(t, "a stranger creates", err, dialtone.ErrNotFound)
	if p, _, err := s.Product(ctx, s.viewer, s.product.ID); err != nil || fmt.Sprint(p) != fmt.Sprint(s.product) {
		t.Errorf("something was saved: %+v, %v", p, err)
	}
}

func TestTheSecondOfTwoWhoEditIsToldAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	first := get(s.SaveProduct(ctx, s.owner, s.product.ID, catalog.ProductEdit{Name: "Weather", Subtitle: "By the owner"}, s.product.Updated, now))(t)
	if !first.Updated.After(s.product.Updated) {
		t.Fatal("two changes within a microsecond cannot be told apart")
	}
	_, err := s.SaveProduct(ctx, s.developer, s.product.ID, catalog.ProductEdit{Name: "Climate"}, s.product.Updated, now)
	var conflict *dialtone.ConflictError
	if !errors.As(err, &conflict) || !errors.Is(err, dialtone.ErrConflict) {
		t.Fatalf("got %v, want *ConflictError", err)
	}
	if current, ok := conflict.Current.(dialtone.Product); !ok || current.Subtitle != "By the owner" {
		t.Errorf("the error shows %+v", conflict.Current)
	}
	_, err = s.SetScopes(ctx, s.developer, s.product.ID, []dialtone.ProductScope{{Name: "openid"}}, s.product.Updated, now)
	fails(t, "scopes from an old page", err, dialtone.ErrConflict)
	if p, _, err := s.Product(ctx, s.viewer, s.product.ID); err != nil || p.Name != "Weather" || p.Subtitle != "By the owner" {
		t.Errorf("got %+v, %v", p, err)
	}
	get(s.SaveProduct(ctx, s.developer, s.product.ID, catalog.ProductEdit{Name: "Climate"}, first.Updated, now))(t)
}

func TestScopesAreChosenFromTheCatalogue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	for what, c := range map[string]struct {
		scopes []dialtone.ProductScope
		field  string
	}{
		"an unknown one": {[]dialtone.ProductScope{{Name: "openid"}, {Name: "nothing"}}, "scopes.1"},
		"one twice":      {[]dialtone.ProductScope{{Name: "openid"}, {Name: "openid", Optional: true}}, "scopes.1"},
		"an empty one":   {[]dialtone.ProductScope{{}}, "scopes.0"},
	} {
		_, err := s.SetScopes(ctx, s.developer, s.product.ID, c.scopes, s.product.Updated, now)
		if wrong(t, err, c.field) == "" {
			t.Errorf("%s may be chosen", what)
		}
	}
	p, version := s.product, 1
	for _, step := range []struct {
		what   string
		scopes []dialtone.ProductScope
		asks   bool
	}{
		{"an optional one", []dialtone.ProductScope{{Name: "phone", Optional: true}}, false},
		{"a required one more", []dialtone.ProductScope{{Name: "phone", Optional: true}, {Name: "openid"}}, true},
		{"optional no more", []dialtone.ProductScope{{Name: "phone"}, {Name: "openid"}}, true},
		{"in another order", []dialtone.ProductScope{{Name: "openid"}, {Name: "phone"}}, false},
		{"now optional", []dialtone.ProductScope{{Name: "openid", Optional: true}, {Name: "phone"}}, false},
		{"none", nil, false},
	} {
		if step.asks {
			version++
		}
		p = get(s.SetScopes(ctx, s.developer, p.ID, step.scopes, p.Updated, now))(t)
		if p.ConsentVersion != version || !slices.Equal(p.Scopes, step.scopes) {
			t.Errorf("%s: consent version %d with %v, want %d", step.what, p.ConsentVersion, p.Scopes, version)
		}
	}
	s.logged(t, s.developer, "product.scopes")
}

func TestConsentImpactSaysWhy(t *testing.T) {
	t.Parallel()
	before := dialtone.Product{Name: "Weather", Price: "Free", Scopes: []dialtone.ProductScope{{Name: "openid"}, {Name: "phone", Optional: true}}}
	after := before
	after.Name, after.Price, after.TermsURL = "Climate", "5 €", "https://example.com/terms"
	after.Scopes = []dialtone.ProductScope{{Name: "phone"}, {Name: "sms.text:send"}, {Name: "offline_access", Optional: true}}
	asks, why := catalog.ConsentImpact(before, after)
	want := []string{"name", "price", "terms", "scope phone is no longer optional", "scope sms.text:send is new"}
	if !asks || !slices.Equal(why, want) {
		t.Errorf("got %v %q, want %q", asks, why, want)
	}
	after = before
	after.Subtitle, after.PrivacyURL, after.Support, after.IconID, after.Scopes = "x", "y", "z", "i", nil
	if asks, why := catalog.ConsentImpact(before, after); asks || why != nil {
		t.Errorf("got %v %q, want nothing", asks, why)
	}
}

func TestProductsAreListedInPagesAndFound(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	for i := range 5 {
		get(s.CreateProduct(ctx, s.owner, org, catalog.ProductEdit{Name: fmt.Sprintf("ÖL %d%%", i)}, now.Add(time.Duration(i+1)*time.Second)))(t)
	}
	var names []string
	after := ""
	for {
		page := get(s.Products(ctx, s.viewer, org, catalog.ProductQuery{After: after, Limit: 2}))(t)
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			names = append(names, p.Name)
		}
		after = page[len(page)-1].ID
	}
	if want := []string{"ÖL 4%", "ÖL 3%", "ÖL 2%", "ÖL 1%", "ÖL 0%", "Weather"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if found := get(s.Products(ctx, s.viewer, org, catalog.ProductQuery{Search: " öl 3% "}))(t); len(found) != 1 {
		t.Errorf("found %+v", found)
	}
	_, err := s.Products(ctx, s.viewer, org, catalog.ProductQuery{After: s.foreign.ID})
	fails(t, "after another organization's", err, dialtone.ErrNotFound)
	_, err = s.Products(ctx, s.viewer, org, catalog.ProductQuery{Search: strings.Repeat("x", 81)})
	wrong(t, err, "search")
	_, err = s.Products(ctx, s.stranger, org, catalog.ProductQuery{})
	fails(t, "a stranger", err, dialtone.ErrNotFound)
}

func TestADocumentsOwnersGetInWhoeverTheyWereBefore(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	known := s.accounts[s.developer.AccountID].Email
	text := fmt.Sprintf("organizations: [{id: %s, name: Example Apps, owners: [%s, New@Example.com]}]\n", s.organization.ID, known)
	for range 2 { // the second time nothing happens
		put(t, s.Catalog, s.db, text, now)
	}
	roles := make(map[string]dialtone.Role)
	for _, m := range get(s.Members(t.Context(), s.owner, s.organization.ID))(t) {
		roles[m.Account.Email] = m.Role
	}
	if roles[known] != dialtone.RoleOwner || roles["new@example.com"] != dialtone.RoleOwner || len(roles) != 4 {
		t.Errorf("the members are %v", roles)
	}
	added := 0
	for _, line := range get(s.Activities(t.Context(), s.owner, s.organization.ID, time.Time{}, "", 50))(t) {
		if line.Action == "member.add" {
			added++
		}
	}
	if added != 2 {
		t.Errorf("the log has %d lines about new owners, want 2", added)
	}
	_, err := apply.New(s.Catalog, s.db).Apply(t.Context(), parse(t, strings.Replace(text, "New@Example.com", "nobody", 1)), nil, now)
	fails(t, "an owner without an address", err, dialtone.ErrInvalid)
}

func TestApplyingAgainKeepsThePictures(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	text := operators + fmt.Sprintf("organizations: [{id: %s, name: Example Apps}]\nproducts: [{id: %s, organization: %s, name: Weather, subtitle: Rain}]\n",
		s.organization.ID, s.product.ID, s.organization.ID)
	icon := get(s.SetIcon(t.Context(), s.developer, s.product.ID, encodePNG(t, image.NewGray(image.Rect(0, 0, 8, 8))), now))(t).IconID
	tundra := get(s.Operator(t.Context(), "tundra"))(t)
	tundra.Brand.LogoID = icon
	must(t, s.PutOperator(t.Context(), tundra, now))
	put(t, s.Catalog, s.db, strings.Replace(text, "name: Tundra", "name: Tundra Mobile", 1), now)
	if p, _, err := s.Product(t.Context(), s.viewer, s.product.ID); err != nil || p.IconID != icon || p.Subtitle != "Rain" {
		t.Errorf("got %+v, %v", p, err)
	}
	if o := get(s.Operator(t.Context(), "tundra"))(t); o.Brand.LogoID != icon || o.Name != "Tundra Mobile" {
		t.Errorf("got %+v", o)
	}
}

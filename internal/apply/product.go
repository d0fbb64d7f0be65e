package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/written"
)

type product = dialtone.Product

func productNoun() section {
	return noun[product]{
		word: "product", section: "products", identity: []string{"id", "listing"},
		fields: []field[product]{
			keep("organization", text, func(p *product) *string { return &p.OrganizationID }).needed(),
			keep("name", text, func(p *product) *string { return &p.Name }).needed(),
			keep("subtitle", text, func(p *product) *string { return &p.Subtitle }),
			keep("description", text, func(p *product) *string { return &p.Description }),
			keep("price", text, func(p *product) *string { return &p.Price }),
			keep("terms_url", text, func(p *product) *string { return &p.TermsURL }),
			keep("privacy_url", text, func(p *product) *string { return &p.PrivacyURL }),
			keep("support", text, func(p *product) *string { return &p.Support }),
			keep("scopes", productScopes, func(p *product) *[]dialtone.ProductScope { return &p.Scopes }),
		},
		find:   findProduct,
		finish: finishProduct,
		valid:  validProduct,
		title:  func(p product) (string, string) { return p.ID, p.ID },
		risks:  productRisks,
		save: func(ctx context.Context, a Applier, _, is product, now time.Time) error {
			return a.catalog.PutProduct(ctx, is, now)
		},
		inner: planListings,
	}
}

// productScopes is a list of mappings: the name of a scope, and whether a subscriber may leave it out.
var productScopes = form[[]dialtone.ProductScope]{
	read: func(v *written.Value) ([]dialtone.ProductScope, error) {
		items, err := v.List()
		if err != nil {
			return nil, err
		}
		var list []dialtone.ProductScope
		for _, item := range items {
			one, err := readProductScope(item)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(list, func(s dialtone.ProductScope) bool { return s.Name == one.Name }) {
				return nil, item.Fault("scopes: %s is in the list twice: take one of the two away", one.Name)
			}
			list = append(list, one)
		}
		return list, nil
	},
	same: slices.Equal[[]dialtone.ProductScope],
	show: func(list []dialtone.ProductScope) string {
		names := make([]string, len(list))
		for i, s := range list {
			names[i] = s.Name
			if s.Optional {
				names[i] += " (optional)"
			}
		}
		return strings.Join(names, ", ")
	},
}

func readProductScope(v *written.Value) (s dialtone.ProductScope, err error) {
	fields, err := v.Fields()
	if err != nil {
		return s, v.Fault("scopes: each is a mapping: write \"- name: phone\"")
	}
	known := []string{"name", "optional"}
	for _, f := range fields {
		switch f.Key {
		case known[0]:
			s.Name, err = f.Text()
		case known[1]:
			if !f.Null() {
				s.Optional, err = f.Bool()
			}
		default:
			err = f.Unknown(known)
		}
		if err != nil {
			return s, err
		}
	}
	if s.Name == "" {
		return s, v.Fault("scopes: this one has no name")
	}
	return s, nil
}

func findProduct(ctx context.Context, p *planner, e entry, fresh product) (product, bool, error) {
	id, err := e.needed("product", "id")
	if err != nil {
		return product{}, false, err
	}
	found, err := p.applier.store.Product(ctx, id)
	if errors.Is(err, dialtone.ErrNotFound) {
		fresh.ID = id
		return fresh, false, nil
	}
	return found, err == nil, err
}

func finishProduct(ctx context.Context, p *planner, e entry, was, is *product, found bool) error {
	if f, given := e.field("organization"); given && found && was.OrganizationID != is.OrganizationID {
		p.add(f.Fault("organization: the product belongs to %s and cannot move", was.OrganizationID))
		is.OrganizationID = was.OrganizationID
	}
	known, err := p.applier.catalog.Scopes(ctx)
	if err != nil {
		return err
	}
	if f, given := e.field("scopes"); given {
		for _, s := range is.Scopes {
			if _, ok := known[s.Name]; !ok && !p.coming["scope"][s.Name] {
				p.add(f.Fault("scopes: there is no scope %s: name one that is there, or add it to the document", quote(s.Name)))
			}
		}
	}
	return p.refer(ctx, e, "organization", "organization", is.OrganizationID, func(ctx context.Context, id string) error {
		_, err := p.applier.store.Organization(ctx, id)
		return err
	})
}

// validProduct holds the product against the rules of the portal's form, too.
func validProduct(p product) error {
	if err := p.Validate(); err != nil {
		return err
	}
	return catalog.CheckProduct(p)
}

func productRisks(was, is *product) map[string]string {
	risks := make(map[string]string)
	if again, why := catalog.ConsentImpact(*was, *is); again {
		for _, reason := range why {
			key := reason
			switch {
			case strings.HasPrefix(reason, "scope "):
				key = "scopes"
			case reason == "terms":
				key = "terms_url"
			}
			risks[key] = "asks subscribers again: " + reason
		}
	}
	var names []string
	for _, s := range was.Scopes {
		if _, still := is.Scope(s.Name); !still {
			names = append(names, s.Name)
		}
	}
	if len(names) > 0 {
		broken := "breaks live sign-ins: apps lose " + strings.Join(names, ", ")
		risks["scopes"] = strings.TrimPrefix(risks["scopes"]+"; "+broken, "; ")
	}
	return risks
}

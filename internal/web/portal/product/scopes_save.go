package product

import (
	"errors"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SaveScopes saves which scopes the product enables, unless somebody else changed the product since the form was read.
func (m *Room) SaveScopes(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, ok := m.openToSave(w, r, v)
	if !ok {
		return
	}
	chosen := o.Product
	chosen.Scopes = chosenScopes(r, o.Product)
	saved, err := m.Catalog.SetScopes(r.Context(), v.Actor, o.Product.ID, chosen.Scopes, o.seen, v.Now)
	if err != nil {
		m.refuseScopes(w, r, v, o, chosen, err)
		return
	}
	if len(o.Product.Scopes) == 0 {
		// A product that could ask for nothing is being set up: what comes next matters, not who is asked again.
		desk.See(w, "/products/"+saved.ID+"/scopes?done=scopes")
		return
	}
	desk.See(w, m.savedAddress(r, v, "/products/"+saved.ID+"/scopes", o.Product, saved))
}

// refuseScopes shows the form again with the person's own ticks and with what is wrong.
func (m *Room) refuseScopes(w http.ResponseWriter, r *http.Request, v desk.Visit, o view, chosen dialtone.Product, cause error) {
	wrong, isWrong := errors.AsType[dialtone.FieldErrors](cause)
	conflict, isConflict := errors.AsType[*dialtone.ConflictError](cause)
	if !isWrong && !isConflict {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	shown, err := m.scopes(r, o, chosen)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if isWrong {
		shown.Seen = o.seen.UnixMicro()
		shown.Problem = Entries(nil).refuse(wrong)
		m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
		return
	}
	if current, ok := conflict.Current.(dialtone.Product); ok {
		shown.Seen, shown.Conflict = current.Updated.UnixMicro(), true
		shown.meanwhile(current)
	}
	m.pages.Render(w, v, http.StatusConflict, shown)
}

// meanwhile puts beside each scope how somebody else set it, where that is something else.
func (s *Scopes) meanwhile(current dialtone.Product) {
	for _, category := range s.Categories {
		for i := range category.Scopes {
			row := &category.Scopes[i]
			setting, enabled := current.Scope(row.Scope.Name)
			if enabled == row.Enabled && setting.Optional == row.Optional {
				continue
			}
			switch {
			case !enabled:
				row.Meanwhile = "not enabled"
			case setting.Optional:
				row.Meanwhile = "enabled, optional"
			default:
				row.Meanwhile = "enabled, not optional"
			}
		}
	}
}

// chosenScopes reads the ticks of the table: first those of the product that stay, in the product's order, then the new ones.
// Optional without Enabled says nothing.
func chosenScopes(r *http.Request, p dialtone.Product) []dialtone.ProductScope {
	names := slices.Clone(r.PostForm["enabled"])
	slices.SortStableFunc(names, func(a, b string) int { return position(p, a) - position(p, b) })
	var chosen []dialtone.ProductScope
	for _, name := range names {
		chosen = append(chosen, dialtone.ProductScope{Name: name, Optional: slices.Contains(r.PostForm["optional"], name)})
	}
	return chosen
}

// position is where the product has the scope; behind all others if it has it not.
func position(p dialtone.Product, name string) int {
	i := slices.IndexFunc(p.Scopes, func(s dialtone.ProductScope) bool { return s.Name == name })
	if i < 0 {
		return len(p.Scopes)
	}
	return i
}

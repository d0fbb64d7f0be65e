package product

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Scopes is the tab Scopes: what the product may ask its subscribers for.
type Scopes struct {
	desk.Shell
	view
	Categories []ScopeCategory
	Seen       int64
	Conflict   bool // somebody else saved the scopes while this form was open
}

// Differs reports whether what somebody else saved contradicts the form.
func (s *Scopes) Differs() bool {
	for _, category := range s.Categories {
		if slices.ContainsFunc(category.Scopes, func(row ScopeRow) bool { return row.Meanwhile != "" }) {
			return true
		}
	}
	return false
}

// ScopeCategory is a part of the scope catalogue.
type ScopeCategory struct {
	Name   string
	Scopes []ScopeRow
}

// ScopeRow is a scope with the product's setting.
type ScopeRow struct {
	Scope     dialtone.Scope
	Enabled   bool
	Optional  bool
	Meanwhile string // how somebody else set it while this form was open; empty: the same
}

// Sentence is what subscribers read, in English.
func (s ScopeRow) Sentence() string { return s.Scope.Sentence("en") }

// ShowScopes shows the scope catalogue with the product's settings.
func (m *Room) ShowScopes(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown, err := m.scopes(r, o, o.Product)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown.Notice = savedNotice(r, o.Product)
	m.pages.Render(w, v, http.StatusOK, shown)
}

// scopes is the tab with the settings of chosen in its form.
func (m *Room) scopes(r *http.Request, o view, chosen dialtone.Product) (*Scopes, error) {
	catalogue, err := m.Catalog.Scopes(r.Context())
	if err != nil {
		return nil, err
	}
	shown := &Scopes{Shell: o.shell(tabScopes), view: o, Seen: o.Product.Updated.UnixMicro()}
	// The built-in category first: everybody needs it.
	first := catalogue[dialtone.ScopeOpenID].Category
	all := slices.SortedFunc(maps.Values(catalogue), func(a, b dialtone.Scope) int {
		return cmp.Or(rank(a.Category == first)-rank(b.Category == first), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Name, b.Name))
	})
	for _, scope := range all {
		setting, enabled := chosen.Scope(scope.Name)
		last := len(shown.Categories) - 1
		if last < 0 || shown.Categories[last].Name != scope.Category {
			shown.Categories, last = append(shown.Categories, ScopeCategory{Name: scope.Category}), last+1
		}
		shown.Categories[last].Scopes = append(shown.Categories[last].Scopes, ScopeRow{Scope: scope, Enabled: enabled, Optional: setting.Optional})
	}
	return shown, nil
}

// rank sorts what is wanted first to the front.
func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

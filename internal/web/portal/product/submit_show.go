package product

import (
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Submit is the tab Submit: what operators want to see of a product before they let it to their subscribers.
type Submit struct {
	desk.Shell
	view
	Missing   []Item
	Done      []Item
	Operators []OperatorRow // those that the product can be offered to
	Waiting   []OperatorRow // those that it was offered to already
	Chosen    []string      // ids of the operators that are ticked
}

// Ready reports whether nothing is missing.
func (s *Submit) Ready() bool { return len(s.Missing) == 0 }

// Of is how many things must be there.
func (s *Submit) Of() int { return len(s.Missing) + len(s.Done) }

// Everywhere reports whether the product is offered to every operator that there is.
func (s *Submit) Everywhere() bool { return len(s.Operators) == 0 && len(s.Waiting) > 0 }

// Item is one thing that must be there.
type Item struct {
	catalog.ReadinessItem
	Way desk.Link // where it is put right
}

// Ticked reports whether the operator is chosen.
func (s *Submit) Ticked(operatorID string) bool { return slices.Contains(s.Chosen, operatorID) }

// ShowSubmit shows what is there and what is missing.
func (m *Room) ShowSubmit(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown, err := m.submit(r, v, o)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown.Notice = notice(r)
	m.pages.Render(w, v, http.StatusOK, shown)
}

func (m *Room) submit(r *http.Request, v desk.Visit, o view) (*Submit, error) {
	items, err := m.Catalog.Readiness(r.Context(), v.Actor, o.Product.ID)
	if err != nil {
		return nil, err
	}
	rows, err := m.operators(r, v, o)
	if err != nil {
		return nil, err
	}
	shown := &Submit{Shell: o.shell(tabSubmit), view: o}
	for _, item := range items {
		list := &shown.Missing
		if item.Done {
			list = &shown.Done
		}
		*list = append(*list, Item{ReadinessItem: item, Way: wayTo(o.Product.ID, item.Tab)})
	}
	for _, row := range rows {
		if offerable(row.Listing.State) {
			shown.Operators = append(shown.Operators, row)
		} else {
			shown.Waiting = append(shown.Waiting, row)
		}
	}
	return shown, nil
}

// wayTo is the tab on which something is put right.
func wayTo(productID, tab string) desk.Link {
	base := "/products/" + productID
	switch tab {
	case tabScopes:
		return desk.Link{Words: "To Scopes", Address: base + "/" + tabScopes}
	case tabClients:
		return desk.Link{Words: "To Clients", Address: base + "/" + tabClients}
	}
	return desk.Link{Words: "To General", Address: base}
}

package organization

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Products is the organization's first page.
type Products struct {
	desk.Shell
	Address  string // of this page
	New      string // of the form for a product; empty: the person may not create one
	Search   desk.Field
	Products []dialtone.Product
	First    string // the address of the first page; empty: this is it
	Next     string // of the next one; empty: there is none
}

// productsShown on one page.
const productsShown = 25

var productNotices = map[string]string{
	"created": "Organization created. Next, create your first product.",
	"joined":  "Welcome. You are a member now.",
}

// ShowProducts lists the products, the newest first: ?q= searches by name, ?after= turns the page.
func (m *Room) ShowProducts(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	h, err := m.house(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	query := r.URL.Query()
	p := &Products{
		Shell: h.shell(tabProducts), Address: h.address,
		Search: desk.Field{Name: "q", Label: "Search by name", Type: "search", Value: query.Get("q"), Most: 80, Optional: true},
	}
	p.Notice = productNotices[query.Get("done")]
	if h.may(catalog.WriteProducts) {
		p.New = h.address + "/products/new"
	}
	asked := catalog.ProductQuery{After: query.Get("after"), Search: p.Search.Value, Limit: productsShown + 1}
	p.Products, err = m.Catalog.Products(r.Context(), v.Actor, h.Organization.ID, asked)
	status := http.StatusOK
	if wrong, isField := errors.AsType[dialtone.FieldErrors](err); isField {
		p.Search.Problem, status, err = wrong.Of("search"), http.StatusUnprocessableEntity, nil
	}
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.turn(asked)
	if p.New != "" && (len(p.Products) > 0 || asked.Search != "") {
		p.Action = desk.Link{Words: "New product", Address: p.New}
	}
	m.pages.Render(w, v, status, p)
}

// turn keeps one page of what was read, and sets the ways to the others.
func (p *Products) turn(asked catalog.ProductQuery) {
	if asked.After != "" {
		p.First = p.at("")
	}
	if len(p.Products) > productsShown {
		p.Products = p.Products[:productsShown]
		p.Next = p.at(p.Products[productsShown-1].ID)
	}
}

func (p *Products) at(after string) string {
	query := url.Values{}
	for name, value := range map[string]string{"q": p.Search.Value, "after": after} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return p.Address
	}
	return p.Address + "?" + query.Encode()
}

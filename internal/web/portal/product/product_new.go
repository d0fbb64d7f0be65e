package product

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// NewProduct asks for a product's name; the rest can come later.
type NewProduct struct {
	desk.Shell
	Organization dialtone.Organization
	Name         Entry
	More         Entries
	Open         bool // show the fields behind "more" at once: something is wrong there
}

// ShowNewProduct shows the form for a new product.
func (m *Room) ShowNewProduct(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	shown, err := m.newProduct(r, v, catalog.ProductEdit{})
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, shown)
}

// CreateProduct makes the product and leads to its clients, where somebody new goes on.
func (m *Room) CreateProduct(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	made, err := m.Catalog.CreateProduct(r.Context(), v.Actor, r.PathValue("organization"), formEdit(r), v.Now)
	wrong, isWrong := errors.AsType[dialtone.FieldErrors](err)
	if err != nil && !isWrong {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if !isWrong {
		desk.See(w, "/products/"+made.ID+"/clients?done=created")
		return
	}
	shown, err := m.newProduct(r, v, formEdit(r))
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	all := append(Entries{shown.Name}, shown.More...)
	shown.Problem = all.refuse(wrong)
	shown.Wrong = all.wrong()
	shown.Name, shown.More = all[0], all[1:]
	for _, entry := range shown.More {
		shown.Open = shown.Open || entry.Problem != ""
	}
	m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
}

func (m *Room) newProduct(r *http.Request, v desk.Visit, edit catalog.ProductEdit) (*NewProduct, error) {
	organizationID := r.PathValue("organization")
	membership, err := m.Catalog.Organization(r.Context(), v.Actor, organizationID)
	if err != nil {
		return nil, err
	}
	if err := m.Catalog.May(r.Context(), v.Actor, organizationID, catalog.WriteProducts); err != nil {
		return nil, err
	}
	fields := productFields(edit)
	fields[0].Focus = true
	return &NewProduct{
		Shell: desk.Shell{
			Title:  "New product",
			Crumbs: []desk.Link{{Words: membership.Organization.Name, Address: "/organizations/" + organizationID}},
		},
		Organization: membership.Organization, Name: fields[0], More: fields[1:],
	}, nil
}

package product

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SendSubmit offers the product to the operators that were chosen.
func (m *Room) SendSubmit(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if err := m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteProducts); err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	chosen := r.PostForm["operator"]
	if len(chosen) == 0 {
		m.refuseSubmit(w, r, v, o, "Choose at least one operator.")
		return
	}
	for _, operatorID := range chosen {
		// One after the other: what was offered before a fault stays offered, and offering it again changes nothing.
		_, err := m.Catalog.Offer(r.Context(), v.Actor, o.Product.ID, operatorID, v.Now)
		if _, ok := errors.AsType[*catalog.IncompleteError](err); ok {
			m.refuseSubmit(w, r, v, o, "Something is still missing. The list below says what.")
			return
		}
		if err != nil {
			m.Desk.Fail(w, r, v, err)
			return
		}
	}
	desk.See(w, "/products/"+o.Product.ID+"/submit?done=submitted")
}

func (m *Room) refuseSubmit(w http.ResponseWriter, r *http.Request, v desk.Visit, o view, problem string) {
	shown, err := m.submit(r, v, o)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown.Problem, shown.Chosen = problem, r.PostForm["operator"]
	m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
}

package product

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SaveGeneral saves the product's own fields, unless somebody else did so since the form was read: then it shows both.
func (m *Room) SaveGeneral(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, ok := m.openToSave(w, r, v)
	if !ok {
		return
	}
	saved, err := m.Catalog.SaveProduct(r.Context(), v.Actor, o.Product.ID, formEdit(r), o.seen, v.Now)
	if err != nil {
		m.refuseGeneral(w, r, v, o, err)
		return
	}
	desk.See(w, m.savedAddress(r, v, "/products/"+saved.ID, o.Product, saved))
}

// refuseGeneral shows the form again with the person's own values and with what is wrong.
func (m *Room) refuseGeneral(w http.ResponseWriter, r *http.Request, v desk.Visit, o view, cause error) {
	wrong, isWrong := errors.AsType[dialtone.FieldErrors](cause)
	conflict, isConflict := errors.AsType[*dialtone.ConflictError](cause)
	if !isWrong && !isConflict {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	shown := general(o, formEdit(r))
	if isWrong {
		// As old as the values are that the person has seen: a conflict must come up at the next try, too.
		shown.Seen = o.seen.UnixMicro()
		shown.Problem = shown.Fields.refuse(wrong)
		shown.Wrong = shown.Fields.wrong()
		m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
		return
	}
	if current, ok := conflict.Current.(dialtone.Product); ok {
		shown.Seen, shown.Conflict = current.Updated.UnixMicro(), true
		shown.Fields.meanwhile(productFields(catalog.EditOf(current)))
	}
	m.pages.Render(w, v, http.StatusConflict, shown)
}

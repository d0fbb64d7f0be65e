package account

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Rename changes how colleagues read the person.
func (m *Room) Rename(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	name := r.PostForm.Get("name")
	err := m.People.Rename(r.Context(), v.Actor, name)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case err == nil:
		desk.See(w, "/account?done=saved")
	case isField:
		p, err := m.accountPage(r, v)
		if err != nil {
			m.Fail(w, r, v, err)
			return
		}
		p.Name.Value, p.Name.Problem = name, wrong.Of("name")
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
	default:
		m.Fail(w, r, v, err)
	}
}

package account

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// RenamePasskey gives a passkey another name.
func (m *Room) RenamePasskey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	err := m.People.RenamePasskey(r.Context(), v.Actor, r.PathValue("passkey"), r.PostForm.Get("name"))
	m.changed(w, r, v, err, "renamed")
}

// RemovePasskey takes a passkey away from the account.
func (m *Room) RemovePasskey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	err := m.People.RemovePasskey(r.Context(), v.Actor, r.PathValue("passkey"), v.Now)
	m.changed(w, r, v, err, "removed")
}

// changed goes back to the account's page after something was done there, or says what is wrong.
func (m *Room) changed(w http.ResponseWriter, r *http.Request, v desk.Visit, err error, done string) {
	if err == nil {
		desk.See(w, "/account?done="+done)
		return
	}
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	if !isField {
		m.Fail(w, r, v, err)
		return
	}
	p, err := m.accountPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Problem = wrong[0].Problem
	m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
}

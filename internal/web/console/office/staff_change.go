package office

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ChangeRole gives one of the staff another role.
func (m *Room) ChangeRole(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	operatorID, role := r.PathValue("operator"), dialtone.StaffRole(r.PostForm.Get("role"))
	if err := m.Office.ChangeRole(r.Context(), v.Actor, operatorID, r.PathValue("account"), role, v.Now); err != nil {
		m.refuseStaff(w, r, v, err)
		return
	}
	desk.See(w, page.Address(operatorID)+"/staff?done=role")
}

// RemoveStaff ends somebody's work for the operator; one's own: that is leaving.
func (m *Room) RemoveStaff(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	operatorID, accountID := r.PathValue("operator"), r.PathValue("account")
	err := m.Office.Remove(r.Context(), v.Actor, operatorID, accountID, v.Now)
	switch {
	case err != nil:
		m.refuseStaff(w, r, v, err)
	case accountID == v.Account.ID:
		desk.See(w, "/?done=left")
	default:
		desk.See(w, page.Address(operatorID)+"/staff?done=removed")
	}
}

// SetSensitive says whether one of the staff may open sensitive lines.
func (m *Room) SetSensitive(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	operatorID, may := r.PathValue("operator"), r.PostForm.Get("may") == "yes"
	if err := m.Office.SetSensitive(r.Context(), v.Actor, operatorID, r.PathValue("account"), may, v.Now); err != nil {
		m.refuseStaff(w, r, v, err)
		return
	}
	desk.See(w, page.Address(operatorID)+"/staff?done=sensitive")
}

// Withdraw takes an invitation back.
func (m *Room) Withdraw(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	operatorID := r.PathValue("operator")
	if err := m.Office.Withdraw(r.Context(), v.Actor, operatorID, r.PathValue("invitation"), v.Now); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	desk.See(w, page.Address(operatorID)+"/staff?done=withdrawn")
}

// refuseStaff shows the staff with the reason, where the person can do something about it there.
func (m *Room) refuseStaff(w http.ResponseWriter, r *http.Request, v desk.Visit, err error) {
	_, isLast := errors.AsType[*operator.LastAdminError](err)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	if !isLast && !isField {
		m.Fail(w, r, v, err)
		return
	}
	p, err := m.staffPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	status := http.StatusConflict
	p.Problem = "An operator keeps at least one admin who can sign in. Make somebody else an admin first, and wait until they have accepted and can sign in."
	if isField {
		p.Problem, status = wrong[0].Problem, http.StatusUnprocessableEntity
	}
	m.pages.Render(w, v, status, p)
}

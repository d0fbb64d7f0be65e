package organization

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ChangeRole gives a member another role.
func (m *Room) ChangeRole(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	organizationID, role := r.PathValue("organization"), dialtone.Role(r.PostForm.Get("role"))
	if err := m.Catalog.ChangeRole(r.Context(), v.Actor, organizationID, r.PathValue("account"), role, v.Now); err != nil {
		m.refuseMember(w, r, v, err)
		return
	}
	desk.See(w, "/organizations/"+organizationID+"/members?done=role")
}

// RemoveMember takes a member out; oneself: that is leaving.
func (m *Room) RemoveMember(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	organizationID, accountID := r.PathValue("organization"), r.PathValue("account")
	err := m.Catalog.RemoveMember(r.Context(), v.Actor, organizationID, accountID, v.Now)
	switch {
	case err != nil:
		m.refuseMember(w, r, v, err)
	case accountID == v.Account.ID:
		desk.See(w, "/?done=left")
	default:
		desk.See(w, "/organizations/"+organizationID+"/members?done=removed&account="+accountID)
	}
}

// refuseMember shows the members with the reason, where the person can do something about it there.
func (m *Room) refuseMember(w http.ResponseWriter, r *http.Request, v desk.Visit, err error) {
	_, isLast := errors.AsType[*catalog.LastOwnerError](err)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	if !isLast && !isField {
		m.Fail(w, r, v, err)
		return
	}
	p, err := m.membersPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	status := http.StatusConflict
	p.Problem = "An organization keeps at least one owner. Make another member an owner first, or transfer the organization."
	if isField {
		p.Problem, status = wrong[0].Problem, http.StatusUnprocessableEntity
	}
	m.pages.Render(w, v, status, p)
}

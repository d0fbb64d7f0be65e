package organization

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Transfer asks to whom to hand the organization, and says what that means.
type Transfer struct {
	desk.Shell
	Name      string // the organization's
	Address   string // of this page
	Back      string
	Others    []dialtone.Member
	Chosen    string // account id
	ToProblem string
}

// ShowTransfer asks to whom to hand the organization.
func (m *Room) ShowTransfer(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.transferPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) transferPage(r *http.Request, v desk.Visit) (*Transfer, error) {
	h, err := m.house(r, v)
	if err == nil && !h.may(catalog.WriteMembers) {
		err = dialtone.ErrForbidden
	}
	if err != nil {
		return nil, err
	}
	members, err := m.Catalog.Members(r.Context(), v.Actor, h.Organization.ID)
	if err != nil {
		return nil, err
	}
	back := h.address + "/members"
	p := &Transfer{
		Shell: h.inside("Transfer "+h.Organization.Name, tabMembers, "Members"), Name: h.Organization.Name, Address: back + "/transfer", Back: back,
	}
	for _, member := range members {
		if member.Account.ID != v.Account.ID {
			p.Others = append(p.Others, member)
		}
	}
	return p, nil
}

// Transfer makes another member the owner in the person's place.
func (m *Room) Transfer(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	organizationID, accountID := r.PathValue("organization"), r.PostForm.Get("account")
	err := m.Catalog.Transfer(r.Context(), v.Actor, organizationID, accountID, v.Now)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case err == nil:
		desk.See(w, "/organizations/"+organizationID+"/members?done=transferred")
	case isField:
		p, err := m.transferPage(r, v)
		if err != nil {
			m.Fail(w, r, v, err)
			return
		}
		p.ToProblem = wrong.Of("account")
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
	default:
		m.Fail(w, r, v, err)
	}
}

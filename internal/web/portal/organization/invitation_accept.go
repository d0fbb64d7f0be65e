package organization

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Invitation asks the invited person to accept, or says why that cannot be.
type Invitation struct {
	desk.Shell
	State        InvitationState
	Organization dialtone.Organization
	InvitedBy    string
	Email        string // that was invited
	Role         dialtone.Role
	RoleHint     string
	Address      string // of this page
	SignIn       string // address
	SignedIn     string // the address of who is signed in
	Home         string // the organization's page, for who is in it
}

// InvitationState chooses the words of an Invitation.
type InvitationState string

const (
	InvitationOpen      InvitationState = "open"
	InvitationSignedOut InvitationState = "signed_out" // sign in first
	InvitationNotYours  InvitationState = "not_yours"  // signed in as somebody else
	InvitationConfined  InvitationState = "confined"   // signed in through another company
	InvitationUsed      InvitationState = "used"
	InvitationExpired   InvitationState = "expired"
	InvitationGone      InvitationState = "gone" // withdrawn, or never there
)

// ShowInvitation asks to accept. Whoever is signed out signs in first, and comes back.
func (m *Room) ShowInvitation(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.invitationPage(r, v)
	if err == nil {
		switch {
		case v.Account.ID == "":
			p.State = InvitationSignedOut
		case v.Session.OrganizationID != "" && v.Session.OrganizationID != p.Organization.ID:
			p.State = InvitationConfined
		case v.Account.Email != p.Email:
			p.State = InvitationNotYours
		}
		m.pages.Render(w, v, http.StatusOK, p)
		return
	}
	m.refuseInvitation(w, r, v, p, err)
}

func (m *Room) invitationPage(r *http.Request, v desk.Visit) (*Invitation, error) {
	link := r.PathValue("link")
	i, organization, err := m.Catalog.InvitationByLink(r.Context(), link, v.Now)
	here := "/invitations/" + url.PathEscape(link)
	signIn := url.Values{"to": {here}, "email": {i.Email}}
	p := &Invitation{
		Shell: desk.Shell{Title: "Invitation"}, State: InvitationOpen, Organization: organization, InvitedBy: i.InvitedBy, Email: i.Email,
		Role: i.Role, RoleHint: roleHints[i.Role], Address: here, SignIn: "/signin?" + signIn.Encode(), SignedIn: v.Account.Display(),
	}
	if organization.ID != "" {
		p.Title = "Join " + organization.Name
	}
	return p, err
}

// Accept makes the invited person a member.
func (m *Room) Accept(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	organization, err := m.Catalog.AcceptInvitation(r.Context(), v.Actor, v.Account, r.PathValue("link"), v.Now)
	if err == nil {
		desk.See(w, "/organizations/"+organization.ID+"?done=joined")
		return
	}
	p, lookedUp := m.invitationPage(r, v)
	if lookedUp != nil {
		err = lookedUp // says the same, or that the invitation changed meanwhile
	}
	m.refuseInvitation(w, r, v, p, err)
}

func (m *Room) refuseInvitation(w http.ResponseWriter, r *http.Request, v desk.Visit, p *Invitation, err error) {
	var status int
	_, notYours := errors.AsType[*catalog.WrongAddressError](err)
	switch {
	case notYours:
		p.State, status = InvitationNotYours, http.StatusForbidden
	case errors.Is(err, dialtone.ErrForbidden):
		p.State, status = InvitationConfined, http.StatusForbidden
	case errors.Is(err, dialtone.ErrConflict):
		p.State, status = InvitationUsed, http.StatusConflict
		if _, err := m.Catalog.Organization(r.Context(), v.Actor, p.Organization.ID); err == nil {
			p.Home = "/organizations/" + p.Organization.ID
		}
	case errors.Is(err, dialtone.ErrExpired):
		p.State, status = InvitationExpired, http.StatusGone
	case errors.Is(err, dialtone.ErrNotFound):
		p.State, status = InvitationGone, http.StatusNotFound
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

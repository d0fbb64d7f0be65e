package office

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Invitation asks the invited person to accept, or says why that cannot be.
type Invitation struct {
	desk.Shell
	State     InvitationState
	Operator  dialtone.Operator
	InvitedBy string
	Email     string // that was invited
	Role      dialtone.StaffRole
	RoleHint  string
	Address   string // of this page
	SignIn    string // address
	SignedIn  string // the address of who is signed in
	Home      string // the operator's page, for who works there
}

// InvitationState chooses the words of an Invitation.
type InvitationState string

const (
	InvitationOpen      InvitationState = "open"
	InvitationSignedOut InvitationState = "signed_out" // sign in first
	InvitationNotYours  InvitationState = "not_yours"  // signed in as somebody else
	InvitationUsed      InvitationState = "used"
	InvitationExpired   InvitationState = "expired"
	InvitationGone      InvitationState = "gone" // withdrawn, or never there
)

// ShowInvitation asks to accept. Whoever is signed out signs in first, and comes back.
func (m *Room) ShowInvitation(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.invitationPage(r, v)
	if err != nil {
		m.refuseInvitation(w, r, v, p, err)
		return
	}
	switch {
	case v.Account.ID == "":
		p.State = InvitationSignedOut
	case v.Account.Email != p.Email:
		p.State = InvitationNotYours
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) invitationPage(r *http.Request, v desk.Visit) (*Invitation, error) {
	link := r.PathValue("link")
	i, at, err := m.Office.InvitationByLink(r.Context(), link, v.Now)
	here := "/invitations/" + url.PathEscape(link)
	signIn := url.Values{"to": {here}, "email": {i.Email}}
	p := &Invitation{
		Shell: desk.Shell{Title: "Invitation"}, State: InvitationOpen, Operator: at, InvitedBy: i.InvitedBy, Email: i.Email,
		Role: i.Role, RoleHint: operator.RoleWords(i.Role), Address: here, SignIn: "/signin?" + signIn.Encode(), SignedIn: v.Account.Display(),
	}
	if at.ID != "" {
		p.Title = "Work for " + at.Name
	}
	return p, err
}

// Accept has the invited person work for the operator.
func (m *Room) Accept(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := m.Office.Accept(r.Context(), v.Actor, v.Account, r.PathValue("link"), v.Now)
	if err == nil {
		desk.See(w, page.Address(at.ID)+"?done=joined")
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
	_, notYours := errors.AsType[*operator.WrongAddressError](err)
	switch {
	case notYours:
		p.State, status = InvitationNotYours, http.StatusForbidden
	case errors.Is(err, dialtone.ErrConflict):
		p.State, status = InvitationUsed, http.StatusConflict
		if _, err := m.Office.May(r.Context(), v.Actor, p.Operator.ID, operator.ReadOperator); err == nil {
			p.Home = page.Address(p.Operator.ID)
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

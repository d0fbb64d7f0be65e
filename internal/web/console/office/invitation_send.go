package office

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// InviteForm asks whom to invite: in a dialog of the list of staff, or on a page of its own.
type InviteForm struct {
	Address     string // of the page with the form
	Back        string
	Email       desk.Field
	Roles       []choice
	RoleProblem string
}

// Invite is the page with the form.
type Invite struct {
	desk.Shell
	Form InviteForm
}

// Invited shows the link of a new invitation, which exists in this answer only.
type Invited struct {
	desk.Shell
	Email   string
	Role    dialtone.StaffRole
	Link    string
	Expires time.Time
	Mailed  bool
	ErrorID string // under which the log says why it was not mailed
	Back    string
	Another string
}

func inviteForm(staff, email string, role dialtone.StaffRole) InviteForm {
	return InviteForm{
		Address: staff + "/invite", Back: staff, Roles: roleChoices(role),
		Email: desk.Field{Name: "email", Label: "E-mail address", Type: "email", Value: email, Most: 254, Autocomplete: "off", Focus: true},
	}
}

// ShowInvite asks whom to invite.
func (m *Room) ShowInvite(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := page.Enter(r, v, m.Office, operator.WriteStaff)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, invitePage(at, "", dialtone.StaffCare))
}

func invitePage(at page.Place, email string, role dialtone.StaffRole) *Invite {
	return &Invite{Shell: at.Inside("Invite to "+at.Operator.Name, page.TabStaff), Form: inviteForm(at.Address+"/staff", email, role)}
}

// Invite makes an invitation and has it mailed. Where the mail server is away the invitation stands: its link is shown, and can
// be handed over by other means.
func (m *Room) Invite(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	at, err := page.Enter(r, v, m.Office, operator.WriteStaff)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	email, role := r.PostForm.Get("email"), dialtone.StaffRole(r.PostForm.Get("role"))
	invited, err := m.Office.Invite(r.Context(), v.Actor, at.Operator.ID, email, role, v.Now)
	if err != nil {
		m.refuseInvite(w, r, v, invitePage(at, email, role), err)
		return
	}
	i := invited.Invitation
	p := &Invited{
		Shell: at.Inside(writing.ShownEmail(i.Email)+" is invited", page.TabStaff), Email: i.Email, Role: role, Expires: i.Expires, Mailed: true,
		Link: m.address(invited), Back: at.Address + "/staff", Another: at.Address + "/staff/invite",
	}
	if err := m.Mail.SendMail(r.Context(), invitationMail(invited, p.Link)); err != nil {
		p.Mailed, p.ErrorID = false, m.Note(r, slog.LevelError, fmt.Errorf("mail invitation %s: %w", i.ID, err))
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) refuseInvite(w http.ResponseWriter, r *http.Request, v desk.Visit, p *Invite, err error) {
	status := http.StatusUnprocessableEntity
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case isField:
		p.Form.Email.Problem, p.Form.RoleProblem = wrong.Of("email"), wrong.Of("role")
	case errors.Is(err, dialtone.ErrExhausted):
		p.Problem = "Too many invitations were sent today. Wait " + desk.Later(w, err) + ", then invite more."
		status = http.StatusTooManyRequests
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

// address is where an invitation is accepted.
func (m *Room) address(invited operator.Invited) string {
	return m.Origin + "/invitations/" + invited.Link.Reveal()
}

// invitationMail is the e-mail that asks somebody to work for an operator. First stands who invites, by the address that was proved.
func invitationMail(invited operator.Invited, link string) message.Mail {
	i, name := invited.Invitation, writing.InMessage(invited.Operator.Name)
	return message.Mail{
		To:      i.Email,
		Subject: fmt.Sprintf("Invitation to the console of %s", name),
		Text: fmt.Sprintf(`%s invites you to the console of %s on Dialtone, as %s.

To accept, open this address and sign in as %s:

%s

It works once, until %s.
If you do not know who invites you, ignore this e-mail: nothing happens.
`, writing.ShownEmail(invited.InviterEmail), name, i.Role, writing.ShownEmail(i.Email), link, i.Expires.Format("2 January 2006 15:04 UTC")),
	}
}

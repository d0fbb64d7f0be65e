package organization

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// InviteForm asks whom to invite: in a dialog of the list of members, or on a page of its own.
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
	Role    dialtone.Role
	Link    string
	Expires time.Time
	Mailed  bool
	ErrorID string // under which the log says why it was not mailed
	Back    string
	Another string
}

func inviteForm(members, email string, role dialtone.Role) InviteForm {
	return InviteForm{
		Address: members + "/invite", Back: members, Roles: roleChoices(role),
		Email: desk.Field{Name: "email", Label: "E-mail address", Type: "email", Value: email, Most: 254, Autocomplete: "off", Focus: true},
	}
}

// ShowInvite asks whom to invite.
func (m *Room) ShowInvite(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	h, err := m.house(r, v)
	if err == nil && !h.may(catalog.WriteMembers) {
		err = dialtone.ErrForbidden
	}
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, invitePage(h, "", dialtone.RoleDeveloper))
}

func invitePage(h house, email string, role dialtone.Role) *Invite {
	return &Invite{Shell: h.inside("Invite to "+h.Organization.Name, tabMembers, "Members"), Form: inviteForm(h.address+"/members", email, role)}
}

// Invite makes an invitation and has it mailed. Where the mail server is away the invitation stands: its link is shown, and can
// be handed over by other means.
func (m *Room) Invite(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	h, err := m.house(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	email, role := r.PostForm.Get("email"), dialtone.Role(r.PostForm.Get("role"))
	invited, err := m.Catalog.Invite(r.Context(), v.Actor, h.Organization.ID, email, role, v.Now)
	if err != nil {
		m.refuseInvite(w, r, v, invitePage(h, email, role), err)
		return
	}
	p := &Invited{
		Shell: h.inside(writing.ShownEmail(invited.Invitation.Email)+" is invited", tabMembers, "Members"), Email: invited.Invitation.Email, Role: role,
		Link: m.address(invited.Link.Reveal()), Expires: invited.Invitation.Expires, Mailed: true, Back: h.address + "/members",
		Another: h.address + "/members/invite",
	}
	if err := m.SendInvitation(r.Context(), invited); err != nil {
		p.Mailed, p.ErrorID = false, m.Note(r, slog.LevelError, err)
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
		if young, ok := errors.AsType[*catalog.YoungError](err); ok {
			p.Problem = young.Why() + " Wait " + desk.Later(w, err) + ", then invite more."
		}
		status = http.StatusTooManyRequests
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

// SendInvitation mails an invitation to the address that it is for: made here, or by the management API.
func (m *Room) SendInvitation(ctx context.Context, invited catalog.Invited) error {
	link := invited.Link.Reveal()
	_, organization, err := m.Catalog.InvitationByLink(ctx, link, m.Now())
	if err != nil {
		return fmt.Errorf("mail invitation %s: %w", invited.Invitation.ID, err)
	}
	if err := m.Mail.SendMail(ctx, invitationMail(invited, organization.Name, m.address(link))); err != nil {
		return fmt.Errorf("mail invitation %s: %w: %w", invited.Invitation.ID, dialtone.ErrUnavailable, err)
	}
	return nil
}

// address is where an invitation is accepted.
func (m *Room) address(link string) string { return m.Origin + "/invitations/" + link }

// invitationMail is the e-mail that asks somebody into an organization. First stands who invites, by what was proved and not by a
// name, which anybody chooses; the organization's name follows, without anything that a mail program would make a link of.
func invitationMail(invited catalog.Invited, organization, link string) message.Mail {
	i, named, subject := invited.Invitation, "", "Invitation to join an organization on Dialtone"
	if name := writing.InMessage(organization); name != "" {
		named = fmt.Sprintf("\nIt calls itself “%s”.", name)
		subject = fmt.Sprintf("Invitation to join “%s” on Dialtone", name)
	}
	return message.Mail{
		To:      i.Email,
		Subject: subject,
		Text: fmt.Sprintf(`%s invites you to join an organization on Dialtone for developers, as %s.%s

To accept, open this address and sign in as %s:

%s

It works once, until %s.
If you do not know who invites you, ignore this e-mail: nothing happens.
`, inviter(invited), i.Role, named, writing.ShownEmail(i.Email), link, i.Expires.Format("2 January 2006 15:04 UTC")),
	}
}

// inviter is who invites, as the first words of the mail.
func inviter(invited catalog.Invited) string {
	switch {
	case invited.InviterEmail != "":
		return writing.ShownEmail(invited.InviterEmail)
	case invited.Invitation.InviterID == "":
		return "A program with an API key"
	}
	return "Somebody who signs in through a company"
}

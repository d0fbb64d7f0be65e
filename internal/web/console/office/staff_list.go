package office

import (
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Staff lists who works for the operator and who is invited.
type Staff struct {
	desk.Shell
	Address    string // of this page
	Staff      []staffLine
	MayChange  bool
	Invite     InviteForm
	Open, Past []invitationLine
}

// staffLine is one of the staff as a colleague sees it.
type staffLine struct {
	dialtone.Staff
	Self    bool
	Locked  bool     // has no passkey, and the operator asks for one
	Roles   []choice // empty: the person who looks may not change it
	Base    string   // of the addresses that change this one
	Summary string   // what the role may do
}

// invitationLine is an invitation as staff see it.
type invitationLine struct {
	dialtone.StaffInvitation
	State    string // open, accepted, withdrawn, expired
	Withdraw string // the address that takes it back; empty: nothing to take back, or not for this person
}

var staffNotices = map[string]string{
	"role":      "The role is changed, from now on.",
	"removed":   "This person does not work here any more, from now on. Open invitations from them are withdrawn.",
	"sensitive": "Saved: it counts from now on.",
	"withdrawn": "The invitation is withdrawn: its link does not work any more.",
}

// ShowStaff lists who works for the operator and who is invited.
func (m *Room) ShowStaff(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.staffPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Notice = staffNotices[r.URL.Query().Get("done")]
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) staffPage(r *http.Request, v desk.Visit) (*Staff, error) {
	at, err := page.Enter(r, v, m.Office, operator.ReadStaff)
	if err != nil {
		return nil, err
	}
	p := &Staff{Shell: at.Shell(page.TabStaff), Address: at.Address + "/" + page.TabStaff, MayChange: at.May(operator.WriteStaff)}
	staff, err := m.Office.Staff(r.Context(), v.Actor, at.Operator.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		line := staffLine{
			Staff: s, Self: s.Account.ID == v.Account.ID, Locked: at.Operator.PasskeyRequired && s.Passkeys == 0,
			Base: p.Address + "/" + s.Account.ID, Summary: operator.RoleWords(s.Role),
		}
		if p.MayChange {
			line.Roles = roleChoices(s.Role)
		}
		p.Staff = append(p.Staff, line)
	}
	if p.MayChange {
		p.Invite = inviteForm(p.Address, "", dialtone.StaffCare)
		p.Action, p.Dialog = desk.Link{Words: "Invite", Address: p.Invite.Address}, "invite"
	}
	invitations, err := m.Office.Invitations(r.Context(), v.Actor, at.Operator.ID)
	if err != nil {
		return nil, err
	}
	p.sort(at, invitations, v.Now)
	return p, nil
}

// sort puts invitations that can still be accepted apart from the others.
func (p *Staff) sort(at page.Place, invitations []dialtone.StaffInvitation, now time.Time) {
	for _, i := range invitations {
		line := invitationLine{StaffInvitation: i, State: stateOf(i, now)}
		if !i.Open(now) {
			p.Past = append(p.Past, line)
			continue
		}
		if p.MayChange {
			line.Withdraw = at.Address + "/invitations/" + i.ID + "/withdraw"
		}
		p.Open = append(p.Open, line)
	}
}

func stateOf(i dialtone.StaffInvitation, now time.Time) string {
	switch {
	case !i.Accepted.IsZero():
		return "accepted"
	case !i.Withdrawn.IsZero():
		return "withdrawn"
	case !i.Open(now):
		return "expired"
	}
	return "open"
}

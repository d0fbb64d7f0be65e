package organization

import (
	"net/http"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Members lists who is a member and who is invited.
type Members struct {
	desk.Shell
	Address   string // of this page
	Members   []memberLine
	MayChange bool
	Transfer  bool // there is somebody to hand the organization to
	Invite    InviteForm
	Open      []invitationLine
	Past      []invitationLine
	Left      []dialtone.APIKey // live ones that a person made who was just removed
	Keys      string            // with Left: where they are revoked
}

// memberLine is a member as another one sees it.
type memberLine struct {
	dialtone.Member
	Self  bool
	Roles []choice // empty: the person who looks may not change it
	Base  string   // of the addresses that change this member
}

// choice is one of several values in a form.
type choice struct {
	Value, Words, Hint string
	Chosen             bool
}

// invitationLine is an invitation as members see it.
type invitationLine struct {
	dialtone.Invitation
	State    string // open, accepted, withdrawn, expired
	Withdraw string // the address that takes it back; empty: nothing to take back, or not for this person
}

var memberNotices = map[string]string{
	"role":        "The role is changed.",
	"removed":     "The member is removed, and signed out of everything here. Open invitations from this person are withdrawn.",
	"withdrawn":   "The invitation is withdrawn: its link does not work any more.",
	"transferred": "The organization is handed over. You are a developer in it now.",
}

// ShowMembers lists who is a member and who is invited.
func (m *Room) ShowMembers(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.membersPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Notice = memberNotices[r.URL.Query().Get("done")]
	if err := m.addKeysLeft(r, v, p); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) membersPage(r *http.Request, v desk.Visit) (*Members, error) {
	h, err := m.house(r, v)
	if err != nil {
		return nil, err
	}
	p := &Members{Shell: h.shell(tabMembers), Address: h.address + "/members", MayChange: h.may(catalog.WriteMembers)}
	members, err := m.Catalog.Members(r.Context(), v.Actor, h.Organization.ID)
	if err != nil {
		return nil, err
	}
	for _, member := range members {
		line := memberLine{Member: member, Self: member.Account.ID == v.Account.ID, Base: p.Address + "/" + member.Account.ID}
		if p.MayChange {
			line.Roles = roleChoices(member.Role)
		}
		p.Members = append(p.Members, line)
	}
	p.Transfer = p.MayChange && len(members) > 1
	if p.MayChange {
		p.Invite = inviteForm(p.Address, "", dialtone.RoleDeveloper)
		p.Action, p.Dialog = desk.Link{Words: "Invite", Address: p.Invite.Address}, "invite"
	}
	invitations, err := m.Catalog.Invitations(r.Context(), v.Actor, h.Organization.ID)
	if err != nil {
		return nil, err
	}
	p.sort(h, invitations, v.Now)
	return p, nil
}

// addKeysLeft says, after a person was removed, which API keys of theirs still work: whoever made a key may have kept it.
func (m *Room) addKeysLeft(r *http.Request, v desk.Visit, p *Members) error {
	made, organizationID := r.URL.Query().Get("account"), r.PathValue("organization")
	if made == "" || !p.MayChange {
		return nil
	}
	keys, err := m.Catalog.APIKeys(r.Context(), v.Actor, organizationID)
	if err != nil {
		return err
	}
	p.Left = slices.DeleteFunc(keys, func(k dialtone.APIKey) bool { return k.CreatorID != made || !k.Live(v.Now) })
	p.Keys = "/organizations/" + organizationID + "/" + tabKeys
	return nil
}

// sort puts invitations that can still be accepted apart from the others.
func (p *Members) sort(h house, invitations []dialtone.Invitation, now time.Time) {
	for _, i := range invitations {
		line := invitationLine{Invitation: i, State: stateOf(i, now)}
		if !i.Open(now) {
			p.Past = append(p.Past, line)
			continue
		}
		if p.MayChange {
			line.Withdraw = h.address + "/invitations/" + i.ID + "/withdraw"
		}
		p.Open = append(p.Open, line)
	}
}

func stateOf(i dialtone.Invitation, now time.Time) string {
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

// roleHints say what a role is, in the words of the pages.
var roleHints = map[dialtone.Role]string{
	dialtone.RoleOwner:     "everything: members, API keys and settings too",
	dialtone.RoleDeveloper: "creates and changes products and clients, makes secrets",
	dialtone.RoleViewer:    "reads, and changes nothing",
}

func roleChoices(chosen dialtone.Role) []choice {
	list := make([]choice, len(dialtone.Roles))
	for i, role := range dialtone.Roles {
		list[i] = choice{Value: string(role), Words: string(role), Hint: roleHints[role], Chosen: role == chosen}
	}
	return list
}

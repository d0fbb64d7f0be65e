package account

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Account is the page of one's own account.
type Account struct {
	desk.Shell
	Name     desk.Field
	Email    string
	Confined bool // signed in through a company: nothing can be changed
	// PasskeysPossible says whether this host can have passkeys at all.
	PasskeysPossible bool
	Passkeys         []dialtone.Passkey
	Sessions         []sessionLine
	Others           bool // there are sessions besides this one
	Recent           []activityLine
}

// sessionLine is a signed-in browser, as its owner recognises it.
type sessionLine struct {
	dialtone.AccountSession
	Here bool // it is the one that looks
}

// recentLines of the account's own log are shown.
const recentLines = 20

var notices = map[string]string{
	"saved":   "Saved.",
	"passkey": "Your passkey is added. Next time, sign in with it instead of a code.",
	"renamed": "The passkey is renamed.",
	"removed": "The passkey is removed. It does not open your account any more; take it out of your device or password manager too.",
	"ended":   "That browser is signed out.",
	"others":  "All other browsers are signed out.",
}

// ShowAccount shows the account of who is signed in.
func (m *Room) ShowAccount(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.accountPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Notice = notices[r.URL.Query().Get("done")]
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) accountPage(r *http.Request, v desk.Visit) (*Account, error) {
	p := &Account{
		Shell: desk.Shell{Title: "Your account"}, Email: v.Account.Email, Confined: v.Session.OrganizationID != "",
		Name: desk.Field{
			Name: "name", Label: "Name", Value: v.Account.Name, Optional: true, Most: 64, Autocomplete: "name",
			Hint: "As " + m.Colleagues + " read it.",
		},
	}
	ctx := r.Context()
	sessions, err := m.People.Sessions(ctx, v.Actor, v.Now)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, sessionLine{s, s.ID == v.Session.ID})
	}
	if p.Confined {
		return p, nil
	}
	p.Others, p.PasskeysPossible = len(sessions) > 1, m.People.PasskeysPossible()
	if p.Passkeys, err = m.People.Passkeys(ctx, v.Actor); err != nil {
		return nil, err
	}
	log, err := m.Activities.AccountActivities(ctx, v.Account.ID, recentLines)
	p.Recent = activityLines(log)
	return p, err
}

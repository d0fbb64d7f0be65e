package office

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Settings is how products are approved and staff sign in.
type Settings struct {
	desk.Shell
	page.Place
	Here            string // address of this page
	MayChange       bool
	Approvals       []choice
	ApprovalProblem string
	Passkey         bool
	PasskeyProblem  string
	Seen            int64
}

// ShowSettings shows the settings.
func (m *Room) ShowSettings(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := page.Enter(r, v, m.Office, operator.ReadOperator)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p := settingsPage(at, operator.Settings{Approval: at.Operator.Approval, PasskeyRequired: at.Operator.PasskeyRequired})
	if r.URL.Query().Get("done") == "saved" {
		p.Notice = "Saved."
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

func settingsPage(at page.Place, s operator.Settings) *Settings {
	p := &Settings{
		Shell: at.Shell(page.TabSettings), Place: at, Here: at.Address + "/" + page.TabSettings, MayChange: at.May(operator.WriteOperator),
		Passkey: s.PasskeyRequired,
	}
	if !at.Operator.Updated.IsZero() {
		p.Seen = at.Operator.Updated.UnixMicro()
	}
	for _, c := range []choice{
		{Value: string(dialtone.ApprovalManual), Words: "Staff decide", Hint: "A product that is offered waits until somebody enables it."},
		{Value: string(dialtone.ApprovalAutomatic), Words: "At once", Hint: "Every complete product is enabled when it is offered. Staff can still suspend it."},
	} {
		c.Chosen = c.Value == string(s.Approval)
		p.Approvals = append(p.Approvals, c)
	}
	return p
}

// SaveSettings changes them.
func (m *Room) SaveSettings(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	at, err := page.Enter(r, v, m.Office, operator.WriteOperator)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	asked := operator.Settings{Approval: dialtone.ApprovalPolicy(r.PostForm.Get("approval")), PasskeyRequired: r.PostForm.Get("passkey") == "yes"}
	err = m.Office.SetSettings(r.Context(), v.Actor, at.Operator.ID, asked, seen(r.PostForm.Get("seen")), v.Now)
	if err == nil {
		desk.See(w, at.Address+"/settings?done=saved")
		return
	}
	p, status := settingsPage(at, asked), http.StatusUnprocessableEntity
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case isField:
		p.ApprovalProblem, p.PasskeyProblem = wrong.Of("approval"), wrong.Of("passkey")
	case errors.Is(err, dialtone.ErrConflict):
		status = http.StatusConflict
		p.Problem = "Somebody else changed the settings while this page was open, or no admin here has a passkey yet. Look at them again, then save once more."
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

// seen reads the time that a form carries of what the person saw; the zero time if it is none, which conflicts with everything.
func seen(text string) time.Time {
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil || micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

package care

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/dialtone-id/dialtone/internal/care"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// What the form of a line can ask for besides care.Act.
const (
	actReveal  = "reveal"
	actSignOut = "sign_out"
)

// Act does what the button says, with the reason.
func (m *Room) Act(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	operatorID, lineID, reason := r.PathValue("operator"), r.PathValue("line"), r.PostForm.Get("reason")
	here := page.Address(operatorID) + "/lines/" + lineID
	switch what := r.PostForm.Get("act"); what {
	case actReveal:
		number, err := m.Care.Reveal(r.Context(), v.Actor, operatorID, lineID, reason, v.Now)
		if err != nil {
			m.refuse(w, r, v, err)
			return
		}
		p, err := m.linePage(r, v)
		if err != nil {
			m.fail(w, r, v, err)
			return
		}
		p.Number = display(number)
		m.pages.Render(w, v, http.StatusOK, p)
	case actSignOut:
		ended, err := m.Care.EndSessions(r.Context(), v.Actor, operatorID, lineID, reason, v.Now)
		if err != nil {
			m.refuse(w, r, v, err)
			return
		}
		desk.See(w, here+"?signed_out="+strconv.Itoa(ended))
	default:
		if err := m.Care.Do(r.Context(), v.Actor, operatorID, lineID, care.Act(what), reason, v.Now); err != nil {
			m.refuse(w, r, v, err)
			return
		}
		desk.See(w, here+"?done=done")
	}
}

// RemoveConsent takes one of the line's consents back.
func (m *Room) RemoveConsent(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	operatorID, lineID := r.PathValue("operator"), r.PathValue("line")
	err := m.Care.Revoke(r.Context(), v.Actor, operatorID, lineID, r.PathValue("product"), r.PostForm.Get("reason"), v.Now)
	if err != nil {
		m.refuse(w, r, v, err)
		return
	}
	desk.See(w, page.Address(operatorID)+"/lines/"+lineID+"?done=removed")
}

// Note writes a note for colleagues.
func (m *Room) Note(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	operatorID, lineID := r.PathValue("operator"), r.PathValue("line")
	if err := m.Care.Note(r.Context(), v.Actor, operatorID, lineID, r.PostForm.Get("note"), v.Now); err != nil {
		m.refuse(w, r, v, err)
		return
	}
	desk.See(w, page.Address(operatorID)+"/lines/"+lineID+"?done=note")
}

// refuse shows the line again with what is wrong, and what was typed.
func (m *Room) refuse(w http.ResponseWriter, r *http.Request, v desk.Visit, err error) {
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	if !isField && !errors.Is(err, dialtone.ErrConflict) {
		m.fail(w, r, v, err)
		return
	}
	p, err := m.linePage(r, v)
	if err != nil {
		m.fail(w, r, v, err)
		return
	}
	status := http.StatusUnprocessableEntity
	if !isField {
		status = http.StatusConflict
		p.Problem = "Somebody changed the line at the same moment, or it has ended. Below is how it stands now."
	}
	p.Problem += wrong.Of("act")
	p.Note.Value, p.Note.Problem = r.PostForm.Get("note"), wrong.Of("note")
	reason := &p.Reason
	for i := range p.Held {
		if p.Held[i].Product.ID == r.PathValue("product") {
			reason = &p.Held[i].Reason
		}
	}
	reason.Value, reason.Problem = r.PostForm.Get("reason"), wrong.Of("reason")
	m.pages.Render(w, v, status, p)
}

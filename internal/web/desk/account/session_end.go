package account

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// EndSession signs out one browser of the account; where it is this one, that is signing out.
func (m *Room) EndSession(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	id := r.PathValue("session")
	if id == v.Session.ID {
		m.SignOut(w, r, v)
		return
	}
	m.changed(w, r, v, m.People.EndSession(r.Context(), v.Actor, id, v.Now), "ended")
}

// EndOtherSessions signs out every other browser of the account.
func (m *Room) EndOtherSessions(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	_, err := m.People.EndOtherSessions(r.Context(), v.Actor, v.Session.ID, v.Now)
	m.changed(w, r, v, err, "others")
}

package account

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// BeginPasskey answers the script of the sign-in page with what an authenticator is asked.
func (m *Room) BeginPasskey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	options, state, err := m.People.BeginPasskey(r.Context(), v.Now)
	if err != nil {
		m.failPasskey(w, r, err)
		return
	}
	answer(w, http.StatusOK, ceremony{Options: options, State: state})
}

// FinishPasskey signs in with what the authenticator answered.
func (m *Room) FinishPasskey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, ok := m.readCredential(w, r)
	if !ok {
		return
	}
	in, err := m.People.FinishPasskey(r.Context(), c.State, c.Response, r.UserAgent(), v.Now)
	if err == nil {
		in.Known = m.People.Remember(m.Cookies.Get(r, m.Face.Cookie(knownCookie)), in.Account)
		err = m.enter(w, r, v, in)
	}
	if err != nil {
		m.failPasskey(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		To string `json:"to"`
	}{desk.Inside(c.To)})
}

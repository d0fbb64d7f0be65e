package account

import (
	"net/http"

	people "github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// BeginAddPasskey answers the script of the account's page with what an authenticator is asked.
func (m *Room) BeginAddPasskey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	options, state, err := m.People.BeginAddPasskey(r.Context(), v.Actor, v.Now)
	if err != nil {
		m.failPasskey(w, r, err)
		return
	}
	answer(w, http.StatusOK, ceremony{Options: options, State: state})
}

// FinishAddPasskey keeps the passkey that the authenticator made.
func (m *Room) FinishAddPasskey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, ok := m.readCredential(w, r)
	if !ok {
		return
	}
	made := people.NewPasskey{State: c.State, Name: c.Name, Response: c.Response, Agent: r.UserAgent()}
	if _, err := m.People.FinishAddPasskey(r.Context(), v.Actor, made, v.Now); err != nil {
		m.failPasskey(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		To string `json:"to"`
	}{"/account?done=passkey"})
}

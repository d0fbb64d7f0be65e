package account

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SignOut ends the session of this browser, and goes on to where the form says.
func (m *Room) SignOut(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	if cookie := m.Cookies.Get(r, m.Face.SessionCookie()); cookie != "" {
		if err := m.People.SignOut(r.Context(), cookie, v.Now); err != nil {
			m.Fail(w, r, v, err)
			return
		}
	}
	m.Cookies.Clear(w, m.Face.SessionCookie())
	desk.See(w, desk.Inside(r.PostForm.Get("to")))
}

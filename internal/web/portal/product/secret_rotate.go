package product

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// RotateSecret makes a secret that takes the place of another one, which goes on counting for the overlap that was chosen.
func (m *Room) RotateSecret(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, o, ok := m.openSecretForm(w, r, v)
	if !ok {
		return
	}
	overlap, err := parseOverlap(r.PostForm.Get("overlap"))
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if !m.spendSecretForm(w, r, v, c, o) {
		return
	}
	made, text, err := m.Catalog.RotateSecret(r.Context(), v.Actor, c.ID, r.PathValue("secret"), overlap, v.Now)
	if err != nil {
		m.refuseRotation(w, r, v, clientPage(c, o, settingTexts(c.ClientSettings), v.Now), err)
		return
	}
	m.showSecret(w, v, o, SecretCreated{
		Client: c, Made: SecretRow{ClientSecret: made}, Secret: text, OldUntil: v.Now.Add(overlap),
	})
}

// refuseRotation shows the client's page with what stands in the way.
func (m *Room) refuseRotation(w http.ResponseWriter, r *http.Request, v desk.Visit, shown *Client, cause error) {
	wrong, ok := errors.AsType[dialtone.FieldErrors](cause)
	if !ok {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	shown.Problem = Entries(nil).refuse(wrong)
	m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
}

// parseOverlap reads one of the overlaps that the page offers. Error: ErrInvalid.
func parseOverlap(text string) (time.Duration, error) {
	if !slices.ContainsFunc(overlaps, func(o Option) bool { return o.Value == text }) {
		return 0, dialtone.ErrInvalid
	}
	return time.ParseDuration(text)
}

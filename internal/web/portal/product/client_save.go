package product

import (
	"errors"
	"maps"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SaveClient saves a client, unless somebody else did so since the form was read: then it shows both.
func (m *Room) SaveClient(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	c, o, err := m.openClient(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	read, err := seen(r)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	edit := catalog.ClientEdit{ClientSettings: c.ClientSettings, Type: c.Type} // the type cannot change
	texts := settingTexts(c.ClientSettings)
	maps.Copy(texts, r.PostForm)
	if err = readSettings(r.PostForm, &edit.ClientSettings); err == nil {
		_, err = m.Catalog.SaveClient(r.Context(), v.Actor, c.ID, edit, read, v.Now)
	}
	if err != nil {
		shown := clientPage(c, o, texts, v.Now)
		// As old as the values are that the person has seen: a conflict must come up at the next try, too.
		shown.Form.Seen = read.UnixMicro()
		m.refuseClient(w, r, v, shown, err)
		return
	}
	desk.See(w, "/clients/"+c.ID+"?done=saved")
}

// refuseClient shows the form again with the person's own values and with what is wrong.
func (m *Room) refuseClient(w http.ResponseWriter, r *http.Request, v desk.Visit, shown *Client, cause error) {
	if wrong, ok := errors.AsType[dialtone.FieldErrors](cause); ok {
		shown.Problem = shown.Form.refuse(wrong)
		shown.Wrong = shown.Form.wrong()
		m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
		return
	}
	conflict, ok := errors.AsType[*dialtone.ConflictError](cause)
	if !ok {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	if current, ok := conflict.Current.(dialtone.Client); ok {
		shown.Form.Seen, shown.Conflict = current.Updated.UnixMicro(), true
		shown.Form.meanwhile(clientForm(settingTexts(current.ClientSettings), current.Type, ""))
	}
	m.pages.Render(w, v, http.StatusConflict, shown)
}

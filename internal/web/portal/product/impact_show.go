package product

import (
	"encoding/json"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ShowImpact says, before a form is saved, whether it will ask subscribers again: {"warning": ""} or a sentence. The form of
// General or of Scopes is posted as it is; nothing is changed.
func (m *Room) ShowImpact(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	after := o.Product
	if r.PostForm.Get("of") == tabScopes {
		after.Scopes = chosenScopes(r, o.Product)
	} else {
		edit := formEdit(r)
		after.Name, after.Price, after.TermsURL = edit.Name, edit.Price, edit.TermsURL
	}
	warning := ""
	if again, why := catalog.ConsentImpact(o.Product, after); again && m.everAdded(r, v, o.Product) {
		warning = askedAgain(why)
	}
	answerJSON(w, map[string]string{"warning": warning})
}

// answerJSON answers a question that a script of ours asked.
func answerJSON(w http.ResponseWriter, answer any) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(answer) // nobody is left to tell when the browser went away
}

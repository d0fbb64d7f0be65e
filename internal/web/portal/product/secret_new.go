package product

import (
	"errors"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SecretCreated shows a new secret of a client, this once.
type SecretCreated struct {
	desk.Shell
	Client   dialtone.Client
	Made     SecretRow
	Secret   secret.Text
	OldUntil time.Time // how long the secret counts that this one takes the place of; zero: it takes no place
}

// CreateSecret makes one more secret for a client and answers with it.
func (m *Room) CreateSecret(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, o, ok := m.openSecretForm(w, r, v)
	if !ok {
		return
	}
	expires, err := parseDay("expires", r.PostForm.Get("expires"))
	if err != nil {
		m.refuseSecret(w, r, v, c, o, err)
		return
	}
	if !m.spendSecretForm(w, r, v, c, o) {
		return
	}
	made, text, err := m.Catalog.IssueSecret(r.Context(), v.Actor, c.ID, r.PostForm.Get("name"), expires, v.Now)
	if err != nil {
		m.refuseSecret(w, r, v, c, o, err)
		return
	}
	m.showSecret(w, v, o, SecretCreated{Client: c, Made: SecretRow{ClientSecret: made}, Secret: text})
}

// openSecretForm reads a form that makes a secret of a client. When it returns false, the request is answered.
func (m *Room) openSecretForm(w http.ResponseWriter, r *http.Request, v desk.Visit) (dialtone.Client, view, bool) {
	if !m.Desk.Form(w, r, v) {
		return dialtone.Client{}, view{}, false
	}
	c, o, err := m.openClient(r, v)
	if err == nil {
		// Before the form is spent: who may not do this must not read that it was done.
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteClients)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return dialtone.Client{}, view{}, false
	}
	return c, o, true
}

// spendSecretForm makes sure that the form makes one secret and not two. When it returns false, the request is answered.
func (m *Room) spendSecretForm(w http.ResponseWriter, r *http.Request, v desk.Visit, c dialtone.Client, o view) bool {
	err := desk.SpendFormToken(m.Store, r, v)
	if err != nil {
		back := desk.Link{Words: "To the client", Address: "/clients/" + c.ID}
		m.refuseRepeated(w, r, v, err, Repeated{Shell: clientSubShell(c, o, ""), List: back, Again: back})
	}
	return err == nil
}

// refuseSecret shows the client's page with what is wrong with the form for a new secret.
func (m *Room) refuseSecret(w http.ResponseWriter, r *http.Request, v desk.Visit, c dialtone.Client, o view, cause error) {
	wrong, ok := errors.AsType[dialtone.FieldErrors](cause)
	if !ok {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	shown := clientPage(c, o, settingTexts(c.ClientSettings), v.Now)
	shown.NewSecret = secretFields("name", "expires", r.PostForm.Get("name"), r.PostForm.Get("expires"))
	shown.Problem = shown.NewSecret.refuse(wrong)
	shown.Wrong = shown.NewSecret.wrong()
	m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
}

func (m *Room) showSecret(w http.ResponseWriter, v desk.Visit, o view, shown SecretCreated) {
	shown.Shell = clientSubShell(shown.Client, o, "Your new secret")
	m.pages.Render(w, v, http.StatusCreated, &shown)
}

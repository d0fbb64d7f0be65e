package product

import (
	"errors"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// NewClient is the form for a new client on a page of its own.
type NewClient struct {
	page.Shell
	view
	Form *ClientForm
}

// ClientCreated shows the credentials of a new client, this once.
type ClientCreated struct {
	page.Shell
	Product dialtone.Product
	Client  dialtone.Client
	Secret  secret.Text // empty: a public client
	Issuer  string
}

// RedirectURI is the example's; empty if the client has none.
func (c *ClientCreated) RedirectURI() string { return first(c.Client.RedirectURIs) }

// PostRevokeRedirectURI is the example's; empty if the client has none.
func (c *ClientCreated) PostRevokeRedirectURI() string { return first(c.Client.PostRevokeRedirectURIs) }

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// ShowNewClient shows the form.
func (m *Room) ShowNewClient(w http.ResponseWriter, r *http.Request, v page.Visit) {
	o, err := m.open(r, v)
	if err == nil {
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteClients)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	form := newClientForm(o.Product, newClientDefaults(), "", v.Now)
	form.Main[0].Focus = true
	m.pages.Render(w, v, http.StatusOK, &NewClient{Shell: newClientShell(o), view: o, Form: form})
}

func newClientForm(p dialtone.Product, edit catalog.ClientEdit, lastDay string, now time.Time) *ClientForm {
	form := clientForm(edit, "/products/"+p.ID+"/clients/new").withSecret(edit.SecretName, lastDay)
	form.Once = page.NewFormToken(now)
	return form
}

func newClientShell(o view) page.Shell {
	shell := o.shell(tabClients)
	shell.Title, shell.Wide, shell.Crumbs = "New client", false, clientCrumbs(o)
	return shell
}

// clientCrumbs is the way to a page below the tab CLIENTS.
func clientCrumbs(o view) []page.Link {
	address := "/products/" + o.Product.ID
	return append(page.ProductCrumbs(o.owner), page.Link{Words: o.Product.Name, Address: address}, page.Link{Words: "Clients", Address: address + "/clients"})
}

// CreateClient makes a client and answers with its credentials: they stand in no address, and a reload of the answer makes no
// second client.
func (m *Room) CreateClient(w http.ResponseWriter, r *http.Request, v page.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	o, err := m.open(r, v)
	if err == nil {
		// Before the form is spent: who may not do this must not read that it was done.
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteClients)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	edit := newClientEdit(r)
	if edit.SecretExpires, err = parseDay("secret_expires", r.PostForm.Get("secret_expires")); err != nil {
		m.refuseNewClient(w, r, v, o, edit, err)
		return
	}
	if err := page.SpendFormToken(m.Store, r, v); err != nil {
		list := "/products/" + o.Product.ID + "/clients"
		m.refuseRepeated(w, r, v, err, Repeated{
			Client: true, Shell: newClientShell(o), List: page.Link{Words: "See the clients", Address: list},
			Again: page.Link{Words: "New client", Address: list + "/new"},
		})
		return
	}
	made, text, err := m.Catalog.CreateClient(r.Context(), v.Actor, o.Product.ID, edit, v.Now)
	if err != nil {
		m.refuseNewClient(w, r, v, o, edit, err)
		return
	}
	shell := newClientShell(o)
	shell.Title = "Your client is ready"
	m.pages.Render(w, v, http.StatusCreated, &ClientCreated{
		Shell: shell, Product: o.Product, Client: made, Secret: text, Issuer: m.Issuer,
	})
}

// newClientEdit reads the form. What stands behind "more options" has the usual values where it was left out.
func newClientEdit(r *http.Request) catalog.ClientEdit {
	edit, usual := clientEdit(r), newClientDefaults()
	if edit.Type == "" {
		edit.Type = usual.Type
	}
	if edit.AuthMethod == "" {
		edit.AuthMethod = usual.AuthMethod
	}
	if edit.Type == dialtone.ClientPublic {
		edit.AuthMethod, edit.SecretName = dialtone.AuthNone, "" // the form shows both, whatever type is chosen
	}
	if edit.IDTokenAlgorithm == "" {
		edit.IDTokenAlgorithm = usual.IDTokenAlgorithm
	}
	return edit
}

// refuseNewClient shows the form again with what is wrong. Its token is a new one: nothing was made of the old one.
func (m *Room) refuseNewClient(w http.ResponseWriter, r *http.Request, v page.Visit, o view, edit catalog.ClientEdit, cause error) {
	wrong, ok := errors.AsType[dialtone.FieldErrors](cause)
	if !ok {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	edit.SecretName = r.PostForm.Get("secret_name")
	form := newClientForm(o.Product, edit, r.PostForm.Get("secret_expires"), v.Now)
	shell := newClientShell(o)
	shell.Problem = form.refuse(wrong)
	shell.Wrong = form.wrong()
	m.pages.Render(w, v, http.StatusUnprocessableEntity, &NewClient{Shell: shell, view: o, Form: form})
}

package product

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// NewClient is the form for a new client on a page of its own.
type NewClient struct {
	desk.Shell
	view
	Form *ClientForm
}

// ClientCreated shows the credentials of a new client, this once.
type ClientCreated struct {
	desk.Shell
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
func (m *Room) ShowNewClient(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err == nil {
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteClients)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	form := newClientForm(o.Product, nil, v.Now)
	form.Main[0].Focus = true
	m.pages.Render(w, v, http.StatusOK, &NewClient{Shell: newClientShell(o), view: o, Form: form})
}

// newClientForm is the form with what was posted in it; what was not is as usual.
func newClientForm(p dialtone.Product, posted url.Values, now time.Time) *ClientForm {
	usual := newClientDefaults()
	texts := settingTexts(usual.ClientSettings)
	maps.Copy(texts, posted)
	kind := cmp.Or(dialtone.ClientType(posted.Get("type")), usual.Type)
	form := clientForm(texts, kind, "/products/"+p.ID+"/clients/new").withSecret(posted.Get("secret_name"), posted.Get("secret_expires"))
	form.Once = desk.NewFormToken(now)
	return form
}

func newClientShell(o view) desk.Shell {
	shell := o.shell(tabClients)
	shell.Title, shell.Wide, shell.Crumbs = "New client", false, clientCrumbs(o)
	return shell
}

// clientCrumbs is the way to a page below the tab Clients.
func clientCrumbs(o view) []desk.Link {
	address := "/products/" + o.Product.ID
	return append(page.ProductCrumbs(o.owner), desk.Link{Words: o.Product.Name, Address: address}, desk.Link{Words: "Clients", Address: address + "/clients"})
}

// CreateClient makes a client and answers with its credentials: they stand in no address, and a reload of the answer makes no
// second client.
func (m *Room) CreateClient(w http.ResponseWriter, r *http.Request, v desk.Visit) {
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
	edit, err := newClientEdit(r.PostForm)
	if err != nil {
		m.refuseNewClient(w, r, v, o, err)
		return
	}
	if err := desk.SpendFormToken(m.Store, r, v); err != nil {
		list := "/products/" + o.Product.ID + "/clients"
		m.refuseRepeated(w, r, v, err, Repeated{
			Client: true, Shell: newClientShell(o), List: desk.Link{Words: "See the clients", Address: list},
			Again: desk.Link{Words: "New client", Address: list + "/new"},
		})
		return
	}
	made, text, err := m.Catalog.CreateClient(r.Context(), v.Actor, o.Product.ID, edit, v.Now)
	if err != nil {
		m.refuseNewClient(w, r, v, o, err)
		return
	}
	shell := newClientShell(o)
	shell.Title = "Your client is ready"
	m.pages.Render(w, v, http.StatusCreated, &ClientCreated{
		Shell: shell, Product: o.Product, Client: made, Secret: text, Issuer: m.Issuer,
	})
}

// refuseNewClient shows the form again with what is wrong. Its token is a new one: nothing was made of the old one.
func (m *Room) refuseNewClient(w http.ResponseWriter, r *http.Request, v desk.Visit, o view, cause error) {
	wrong, ok := errors.AsType[dialtone.FieldErrors](cause)
	if !ok {
		m.Desk.Fail(w, r, v, cause)
		return
	}
	form := newClientForm(o.Product, r.PostForm, v.Now)
	shell := newClientShell(o)
	shell.Problem = form.refuse(wrong)
	shell.Wrong = form.wrong()
	m.pages.Render(w, v, http.StatusUnprocessableEntity, &NewClient{Shell: shell, view: o, Form: form})
}

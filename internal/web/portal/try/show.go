package try

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Try is the tab.
type Try struct {
	desk.Shell
	Address  string // of the tab
	Product  dialtone.Product
	Clients  []dialtone.Client
	Client   dialtone.Client // the chosen one; ID "": the product has none
	May      bool            // begin a run: it makes a secret
	Listed   bool            // at the sandbox operator
	Numbers  []Number
	Scopes   []string  // that the product enables
	Steps    []Shown   // what was done, and what comes
	Run      string    // the run, sealed; empty: none began
	Next     step      // Name "": the run is over, or none began
	Over     bool      // the run ended well
	Browser  string    // while the code is awaited: the address with which a real browser does the steps up to it
	Redirect string    // where that browser lands
	Snippets []Snippet // none if there is nowhere to land
	Snippet  Snippet   // the one that is shown
}

// Number is a sandbox number with its PIN.
type Number struct {
	Number dialtone.PhoneNumber
	PIN    string
}

// E164 is the number in full: sandbox numbers are published.
func (n Number) E164() string { return n.Number.E164() }

// Shown is a step with what was sent and answered, if it was.
type Shown struct {
	step
	Done     bool
	Exchange exchange
}

// offeredNumbers is how many of the sandbox's numbers the page offers.
const offeredNumbers = 5

// ShowTry shows what a run does, and the snippets.
func (m *Room) ShowTry(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	shown, err := m.page(r, v, r.URL.Query().Get("client"))
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, shown)
}

func (m *Room) page(r *http.Request, v desk.Visit, clientID string) (*Try, error) {
	product, role, err := m.Catalog.Product(r.Context(), v.Actor, r.PathValue("product"))
	if err != nil {
		return nil, err
	}
	clients, err := m.Catalog.Clients(r.Context(), v.Actor, product.ID)
	if err != nil {
		return nil, err
	}
	membership, err := m.Catalog.Organization(r.Context(), v.Actor, product.OrganizationID)
	if err != nil {
		return nil, err
	}
	shown := &Try{
		Shell:   desk.Shell{Title: product.Name, Crumbs: page.ProductCrumbs(membership.Organization), Tabs: page.ProductTabs(product.ID, "try"), Wide: true},
		Address: "/products/" + product.ID + "/try", Product: product, Clients: clients, May: role != dialtone.RoleViewer,
	}
	for _, s := range product.Scopes {
		shown.Scopes = append(shown.Scopes, s.Name)
	}
	for _, number := range directory.SandboxNumbers()[:offeredNumbers] {
		shown.Numbers = append(shown.Numbers, Number{number, directory.SandboxPIN(number)})
	}
	shown.Client = chosenClient(clients, clientID)
	if shown.Client.ID != "" {
		if shown.Listed, err = m.listed(r.Context(), shown.Client); err != nil {
			return nil, err
		}
	}
	if len(shown.Client.RedirectURIs) > 0 { // a client that was made by `dialtone apply` may have none
		shown.Snippets = snippets(values{
			Issuer: m.Issuer, Client: shown.Client, Scopes: shown.Scopes, Number: shown.Numbers[0],
		})
		shown.Snippet = chosen(shown.Snippets, r.URL.Query().Get("snippet"))
	}
	for _, s := range steps {
		shown.Steps = append(shown.Steps, Shown{step: s})
	}
	return shown, nil
}

// chosenClient returns the named client; if there is none, the first that can be tried; the zero value if there is no client.
func chosenClient(clients []dialtone.Client, id string) dialtone.Client {
	for _, isIt := range []func(dialtone.Client) bool{
		func(c dialtone.Client) bool { return c.ID == id },
		func(c dialtone.Client) bool { return len(c.RedirectURIs) > 0 },
		func(dialtone.Client) bool { return true },
	} {
		if i := slices.IndexFunc(clients, isIt); i >= 0 {
			return clients[i]
		}
	}
	return dialtone.Client{}
}

// listed reports whether the sandbox's numbers can sign in to the client's product.
func (m *Room) listed(ctx context.Context, client dialtone.Client) (bool, error) {
	registration, err := m.Catalog.Registration(ctx, client.ID)
	return registration.EnabledAt(directory.SandboxOperatorID), err
}

// show fills in how far a run is.
func (t *Try) show(m *Room, r run) {
	t.Run = m.seal(r)
	t.Next, _ = stepNamed(r.Next)
	for i := range t.Steps {
		for _, e := range r.Done {
			if e.Step == t.Steps[i].Name {
				t.Steps[i].Done, t.Steps[i].Exchange = true, e
			}
		}
	}
	if r.Next != "" && r.Code == "" {
		t.Browser, t.Redirect = m.Issuer+r.authorizePath(), r.RedirectURI
	}
}

// TabAddress is the tab with another snippet or client.
func (t *Try) TabAddress(snippet string) string {
	return t.Address + "?" + url.Values{"client": {t.Client.ID}, "snippet": {snippet}}.Encode() + "#snippets"
}

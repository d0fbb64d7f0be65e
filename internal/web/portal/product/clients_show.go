package product

import (
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Clients is the tab Clients: the product's OAuth clients, and the form for a new one.
type Clients struct {
	desk.Shell
	view
	Clients []ClientRow
	Form    *ClientForm // of the dialog
}

// ClientRow is a client with its secrets as they stand.
type ClientRow struct {
	dialtone.Client
	Secrets []SecretRow
}

// SecretRow is a secret of a client.
type SecretRow struct {
	dialtone.ClientSecret
	Expired  bool
	Replaced bool // by rotation
	Soon     bool // it expires within expiresSoon
	Only     bool // no other secret of the client is live
}

// expiresSoon is when a page begins to warn: time enough to rotate.
const expiresSoon = 14 * 24 * time.Hour

func secretRows(c dialtone.Client, now time.Time) []SecretRow {
	var rows []SecretRow
	live := count(c.Secrets, func(s dialtone.ClientSecret) bool { return s.Live(now) })
	for _, s := range c.Secrets {
		rows = append(rows, SecretRow{
			ClientSecret: s, Expired: !s.Live(now), Replaced: catalog.Replaced(c, s), Only: s.Live(now) && live == 1,
			Soon: s.Live(now) && !s.Expires.IsZero() && s.Expires.Before(now.Add(expiresSoon)),
		})
	}
	return rows
}

// Called is what people call the secret.
func (s SecretRow) Called() string {
	if s.Name != "" {
		return s.Name
	}
	return "without a name"
}

// ShowClients shows the product's clients.
func (m *Room) ShowClients(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	clients, err := m.Catalog.Clients(r.Context(), v.Actor, o.Product.ID)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := &Clients{Shell: o.shell(tabClients), view: o, Form: newClientForm(o.Product, nil, v.Now)}
	shown.Notice = notice(r)
	for _, c := range clients {
		shown.Clients = append(shown.Clients, ClientRow{Client: c, Secrets: secretRows(c, v.Now)})
	}
	m.pages.Render(w, v, http.StatusOK, shown)
}

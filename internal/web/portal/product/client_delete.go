package product

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Traffic says what a product's clients did.
type Traffic interface {
	LastWeek(ctx context.Context, actor dialtone.Actor, clientID string, now time.Time) (traffic.Week, error)
	// EverAdded reports whether a subscriber can have added the product.
	EverAdded(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) (bool, error)
}

// DeleteClientAsk asks whether a client shall go, and says what that breaks.
type DeleteClientAsk struct {
	desk.Shell
	Client   dialtone.Client
	Week     traffic.Week
	LastUsed time.Time // of a secret; zero: never
	Live     int       // secrets that count
}

// ShowDeleteClient says what deleting a client breaks.
func (m *Room) ShowDeleteClient(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, o, err := m.openClient(r, v)
	if err == nil {
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteClients)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	week, err := m.Traffic.LastWeek(r.Context(), v.Actor, c.ID, v.Now)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := &DeleteClientAsk{
		Shell: clientSubShell(c, o, "Delete the client “"+clientName(c)+"”?"), Client: c,
		Week: week, Live: count(c.Secrets, func(s dialtone.ClientSecret) bool { return s.Live(v.Now) }),
	}
	for _, s := range c.Secrets {
		if s.LastUsed.After(shown.LastUsed) {
			shown.LastUsed = s.LastUsed
		}
	}
	m.pages.Render(w, v, http.StatusOK, shown)
}

// DeleteClient deletes a client with its secrets.
func (m *Room) DeleteClient(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	c, o, err := m.openClient(r, v)
	if err == nil {
		err = m.Catalog.DeleteClient(r.Context(), v.Actor, c.ID, v.Now)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	desk.See(w, "/products/"+o.Product.ID+"/clients?done=deleted")
}

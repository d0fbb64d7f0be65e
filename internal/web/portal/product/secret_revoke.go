package product

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// RevokeSecretAsk asks whether a secret shall stop counting now.
type RevokeSecretAsk struct {
	desk.Shell
	Client dialtone.Client
	Secret SecretRow
}

// ShowRevokeSecret says what revoking a secret breaks.
func (m *Room) ShowRevokeSecret(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, o, err := m.openClient(r, v)
	if err == nil {
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteClients)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	rows := secretRows(c, v.Now)
	i := slices.IndexFunc(rows, func(s SecretRow) bool { return s.ID == r.PathValue("secret") })
	if i < 0 {
		m.Desk.Fail(w, r, v, fmt.Errorf("secret of client %s: %w", c.ID, dialtone.ErrNotFound))
		return
	}
	m.pages.Render(w, v, http.StatusOK, &RevokeSecretAsk{
		Shell: clientSubShell(c, o, "Revoke the secret “"+rows[i].Called()+"”?"), Client: c, Secret: rows[i],
	})
}

// RevokeSecret makes a secret stop counting at once.
func (m *Room) RevokeSecret(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	clientID := r.PathValue("client")
	if err := m.Catalog.RevokeSecret(r.Context(), v.Actor, clientID, r.PathValue("secret"), v.Now); err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	desk.See(w, "/clients/"+clientID+"?done=revoked")
}

package organization

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// RevokeKey makes an API key useless, at once and for good.
func (m *Room) RevokeKey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	organizationID := r.PathValue("organization")
	if err := m.Catalog.RevokeAPIKey(r.Context(), v.Actor, organizationID, r.PathValue("key"), v.Now); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	desk.See(w, "/organizations/"+organizationID+"/keys?done=revoked")
}

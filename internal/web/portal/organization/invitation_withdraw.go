package organization

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Withdraw takes an invitation back.
func (m *Room) Withdraw(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	organizationID := r.PathValue("organization")
	if err := m.Catalog.WithdrawInvitation(r.Context(), v.Actor, organizationID, r.PathValue("invitation"), v.Now); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	desk.See(w, "/organizations/"+organizationID+"/members?done=withdrawn")
}

package organization

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Withdraw takes an invitation back.
func (m *Room) Withdraw(w http.ResponseWriter, r *http.Request, v page.Visit) {
	organizationID := r.PathValue("organization")
	if err := m.Catalog.WithdrawInvitation(r.Context(), v.Actor, organizationID, r.PathValue("invitation"), v.Now); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	page.See(w, "/organizations/"+organizationID+"/members?done=withdrawn")
}

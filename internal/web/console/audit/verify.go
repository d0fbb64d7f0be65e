package audit

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Verify checks that no line was taken out or changed, and says up to where it looked.
func (m *Room) Verify(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := page.Enter(r, v, m.Office, operator.ReadAudit)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	proof, err := m.Book.Verify(r.Context(), at.Operator.ID)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p, status, err := m.logPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Proof = &proof
	m.pages.Render(w, v, status, p)
}

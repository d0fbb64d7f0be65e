package office

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Installation lists all operators, for those who look after them.
type Installation struct {
	desk.Shell
	Operators []operator.Standing
}

// ShowInstallation lists all operators. Who is no administrator learns nothing of the page.
func (m *Room) ShowInstallation(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	list, err := m.Office.Installation(r.Context(), v.Actor)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, &Installation{
		Shell: desk.Shell{Title: "Installation", Crumbs: []desk.Link{{Words: "Operators", Address: "/"}}, Wide: true}, Operators: list,
	})
}

package guide

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Reference is the management API's reference.
type Reference struct {
	page.Shell
	Contents Contents
	Portal   string
	Groups   []group
}

// ShowReference shows every operation of the management API, as its OpenAPI document says.
func (m *Room) ShowReference(w http.ResponseWriter, r *http.Request, v page.Visit) {
	m.pages.RenderShared(w, r, v, &m.shared, apiName, &Reference{
		Shell: page.Shell{Title: "Management API reference", Wide: true}, Contents: m.contents(apiName), Portal: m.Portal, Groups: m.operations,
	})
}

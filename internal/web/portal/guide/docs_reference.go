package guide

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Reference is the management API's reference.
type Reference struct {
	desk.Shell
	Contents Contents
	Portal   string
	Groups   []group
}

// ShowReference shows every operation of the management API, as its OpenAPI document says.
func (m *Room) ShowReference(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	m.pages.RenderShared(w, r, v, &m.shared, apiName, &Reference{
		Shell: desk.Shell{Title: "Management API reference", Wide: true}, Contents: m.contents(apiName), Portal: m.Portal, Groups: m.operations,
	})
}

package product

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ShowAsset serves a product's icon. Its address is the hash of its content, and subscribers see it too: it is nobody's secret.
func (m *Room) ShowAsset(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	asset, err := m.Store.Asset(r.Context(), r.PathValue("asset"))
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	web.ServePicture(w, asset)
}

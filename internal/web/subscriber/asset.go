package subscriber

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// showAsset serves an operator's logo or a product's icon. Its address is the hash of its content.
func (h *Handler) showAsset(w http.ResponseWriter, r *http.Request) {
	asset, err := h.Store.Asset(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		h.showError(w, r, http.StatusNotFound, pages.Error{Problem: pages.ProblemNotFound})
	case err != nil:
		h.Refuse(w, r, err)
	default:
		web.ServePicture(w, asset)
	}
}

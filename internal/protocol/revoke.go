package protocol

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/oauth"
)

// revoke is RFC 7009: 200 for every token, known or not. token_type_hint is not needed: a token's prefix tells its type.
func (h *handler) revoke(w http.ResponseWriter, r *http.Request) {
	now := h.Now()
	params, reg, ok := h.open(w, r, now)
	if !ok {
		return
	}
	text := params.Get("token")
	if text == "" {
		h.fail(w, r, reg.Client.ID, oauth.NewError(oauth.InvalidRequest, "token is missing"))
		return
	}
	if err := h.Flow.Revoke(r.Context(), reg, text, now); err != nil {
		h.fail(w, r, reg.Client.ID, err)
		return
	}
	// RFC 7009 §2.2: clients ignore the content. Strict ones want it to be of the type that all answers here have.
	writeJSON(w, http.StatusOK, struct{}{})
}

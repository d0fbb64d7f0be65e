package protocol

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
)

// authorize is the authorization endpoint (RFC 6749 §3.1): parse, find the client, check, begin.
func (h *handler) authorize(w http.ResponseWriter, r *http.Request) {
	params, err := oauth.ParseQuery(r.URL.RawQuery)
	if err != nil {
		h.People.Refuse(w, r, err)
		return
	}
	reg, err := h.Clients.Registration(r.Context(), params.Get("client_id"))
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		h.People.Refuse(w, r, err)
		return
	}
	scopes, err := h.Clients.Scopes(r.Context())
	if err != nil {
		h.People.Refuse(w, r, err)
		return
	}
	request, err := oauth.Check(params, reg, scopes)
	if err != nil {
		h.People.Refuse(w, r, err)
		return
	}
	h.People.Proceed(w, r, flow.Begin(request, h.Now()))
}

// maxAddress is the longest query, in bytes, that a posted request is turned into: browsers and proxies cut longer ones.
const maxAddress = 16 << 10

// authorizeByPost takes the request as a form (OpenID Connect Core 1.0 §3.1.2.1) and sends the browser to the same request
// by GET. A form that comes from another site carries no SameSite=Lax cookie, so that the person would seem signed out;
// the redirect is a navigation of our own and carries it.
func (h *handler) authorizeByPost(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		h.People.Refuse(w, r, err)
		return
	}
	query, err := oauth.FormQuery(r.Header.Get("Content-Type"), body)
	if err == nil && len(query) > maxAddress {
		err = oauth.NewError(oauth.InvalidRequest, "the request is longer than 16 KiB")
	}
	if err != nil {
		h.People.Refuse(w, r, err)
		return
	}
	w.Header().Set("Location", "/oauth2/auth?"+query)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

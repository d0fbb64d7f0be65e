package subscriber

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/token"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// showRevokeConsent is the page of a revoke-consent link. Looking at it does not use the link up: mail scanners and previews
// look at links, too.
func (h *Handler) showRevokeConsent(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("revoke_token")
	link, page, ok := h.openRevokeLink(w, r, text)
	if !ok {
		return
	}
	spent, err := h.Store.TokenSpent(r.Context(), link.ID)
	if err != nil {
		h.refuseRevoke(w, r, link, text, err)
		return
	}
	if spent {
		h.showError(w, r, http.StatusGone, pages.Error{Frame: page.Frame, Problem: pages.ProblemLink, Product: page.Product, Back: backFrom(link, oauth.AccessDenied)})
		return
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// openRevokeLink opens the link and makes its page. When it returns false, the request is answered.
func (h *Handler) openRevokeLink(w http.ResponseWriter, r *http.Request, text string) (token.RevokeLink, pages.Revoke, bool) {
	link, err := h.Minter.OpenRevokeLink(text)
	if err != nil || !h.Now().Before(link.Expires) {
		if r.Method == http.MethodPost && repeat(w, "/revoke-consent", "revoke_token", text) {
			return token.RevokeLink{}, pages.Revoke{}, false
		}
		h.showError(w, r, http.StatusGone, pages.Error{Problem: pages.ProblemLink})
		return token.RevokeLink{}, pages.Revoke{}, false
	}
	reg, err := h.Catalog.Registration(r.Context(), link.ClientID)
	if errors.Is(err, dialtone.ErrNotFound) {
		h.showError(w, r, http.StatusGone, pages.Error{Problem: pages.ProblemLink}) // the app is no more
		return token.RevokeLink{}, pages.Revoke{}, false
	}
	if err != nil {
		h.refuseRevoke(w, r, link, text, err)
		return token.RevokeLink{}, pages.Revoke{}, false
	}
	line, err := h.Store.Subscription(r.Context(), link.SubscriptionID)
	if err != nil {
		h.refuseRevoke(w, r, link, text, err)
		return token.RevokeLink{}, pages.Revoke{}, false
	}
	return link, pages.Revoke{
		Frame: web.Frame{
			Language: h.Renderer.Match(nil, r.Header.Get("Accept-Language")),
			Operator: h.brand(r, link.OperatorID),
			Forms:    web.FormsLeave,
		},
		State: text, Product: reg.Product, Organization: reg.Organization.Name, Number: line.PhoneNumber,
	}, true
}

// refuseRevoke answers what failed with a link in hand: it still works, so the page leads to it once more, and to the app.
func (h *Handler) refuseRevoke(w http.ResponseWriter, r *http.Request, link token.RevokeLink, text string, err error) {
	h.refuse(w, r, err, exits{
		again: "/revoke-consent?" + url.Values{"revoke_token": {text}}.Encode(),
		back:  func(failure *oauth.Error) string { return backFrom(link, failure.Code) },
	})
}

// backFrom is the address that takes the person to the app without an answer: a link that is used up gives none.
func backFrom(link token.RevokeLink, code oauth.Code) string {
	params := []oauth.Param{{Name: "error", Value: string(code)}}
	if link.State != "" {
		params = append(params, oauth.Param{Name: "state", Value: link.State})
	}
	return oauth.RedirectLocation(link.RedirectTo, params)
}

// answerRevokeConsent removes the product, or not, and returns to the app. Either answer uses the link up.
func (h *Handler) answerRevokeConsent(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	text := r.PostForm.Get("r")
	link, page, ok := h.openRevokeLink(w, r, text)
	if !ok {
		return
	}
	var params []oauth.Param
	var err error
	switch r.PostForm.Get("decision") {
	case "remove":
		err = h.Consents.RevokeByLink(r.Context(), link.ID, link.Expires, consent.Removal{
			OperatorID: link.OperatorID, SubscriptionID: link.SubscriptionID, ProductID: link.ProductID, ClientID: link.ClientID,
			Language: page.Language, Text: h.Renderer.Words(page), Channel: dialtone.ChannelRevokeLink, Actor: "subscriber",
		}, h.Now())
		if errors.Is(err, dialtone.ErrNotFound) {
			err = nil // removed on another way meanwhile: what the person wants is so
		}
	case "cancel":
		err = h.Store.SpendToken(r.Context(), link.ID, link.Expires)
		params = append(params, oauth.Param{Name: "error", Value: string(oauth.AccessDenied)})
	default:
		repeat(w, "/revoke-consent", "revoke_token", text)
		return
	}
	if errors.Is(err, dialtone.ErrConflict) {
		repeat(w, "/revoke-consent", "revoke_token", text) // the page says that the link was used
		return
	}
	if err != nil {
		h.refuseRevoke(w, r, link, text, err)
		return
	}
	if link.State != "" {
		params = append(params, oauth.Param{Name: "state", Value: link.State})
	}
	seeOther(w, oauth.RedirectLocation(link.RedirectTo, params))
}

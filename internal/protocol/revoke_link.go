package protocol

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

const revokeLinkPath = "/ext-api/v0/auth/create-revoke-consent-magic-link"

// revokeLinkLifetime is how long a revoke-consent link works.
const revokeLinkLifetime = 10 * time.Minute

// revokeLinkAnswer has the same shape for success and failure; members that do not apply are null.
type revokeLinkAnswer struct {
	RedirectTo       *string `json:"redirectTo"`
	Error            *string `json:"error"`
	ErrorDescription *string `json:"errorDescription"`
	ErrorHint        *string `json:"errorHint"`
}

// createRevokeLink makes a link on which a person can remove the product. The caller is a client with its own token; the
// form names a person by one of the product's access tokens, and where the browser goes afterwards.
func (h *handler) createRevokeLink(w http.ResponseWriter, r *http.Request) {
	now := h.Now()
	caller, err := h.bearer(r.Context(), r.Header.Get("Authorization"), nil, now)
	fail := func(err error, hint string) { h.failRevokeLink(w, r, caller.Access.ClientID, err, hint) }
	if err == nil && caller.Access.SubscriptionID != "" {
		err = oauth.NewError(oauth.InvalidToken, "use a client_credentials token as bearer")
	}
	if err != nil {
		fail(err, "send Authorization: Bearer with a token of the client_credentials grant")
		return
	}
	params, err := readForm(w, r)
	if err != nil {
		fail(err, "send token, redirectTo and state as a form")
		return
	}
	reg, err := h.Clients.Registration(r.Context(), caller.Access.ClientID)
	if err != nil {
		fail(err, "")
		return
	}
	redirectTo, state := params.Get("redirectTo"), params.Get("state")
	if !slices.Contains(reg.Client.PostRevokeRedirectURIs, redirectTo) {
		fail(oauth.NewError(oauth.InvalidRequest, "redirectTo is not registered").
			WithCause(oauth.Mismatch("redirectTo", reg.Client.PostRevokeRedirectURIs, redirectTo)),
			"register it among the client's post revoke consent redirect URIs, byte for byte")
		return
	}
	if len(state) > oauth.MaxStateLength {
		fail(oauth.NewError(oauth.InvalidRequest, "state is too long"), "use at most 2048 characters")
		return
	}
	if params.Get("token") == "" {
		fail(oauth.NewError(oauth.InvalidRequest, "token is missing"), "send the person's access token in the form field token")
		return
	}
	person, err := h.Flow.Access(r.Context(), params.Get("token"), now)
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		fail(err, "")
		return
	}
	if err != nil || person.Access.SubscriptionID == "" || person.Access.ProductID != reg.Product.ID {
		fail(oauth.NewError(oauth.InvalidRequest, "token is not a live access token of a person at this product"),
			"send the person's access token in the form field token; refresh it first if it has expired")
		return
	}
	link := h.Minter.RevokeLink(token.RevokeLink{
		ID: secret.ID("rl"), ClientID: reg.Client.ID, ProductID: reg.Product.ID, OperatorID: person.Access.OperatorID,
		SubscriptionID: person.Access.SubscriptionID, RedirectTo: redirectTo, State: state, Expires: now.Add(revokeLinkLifetime),
	})
	address := h.Issuer + "/revoke-consent?revoke_token=" + url.QueryEscape(link)
	writeJSON(w, http.StatusOK, revokeLinkAnswer{RedirectTo: &address})
}

// failRevokeLink answers 400 in the shape that the endpoint promises, for every fault of the caller. The shape has no room
// for an error id: the log and the portal have it.
func (h *handler) failRevokeLink(w http.ResponseWriter, r *http.Request, clientID string, err error, hint string) {
	var known *oauth.Error
	if !errors.As(err, &known) {
		h.faulty(w, r, err)
		return
	}
	h.refuse(r, clientID, known)
	code := wireCode(known)
	writeJSON(w, http.StatusBadRequest, revokeLinkAnswer{Error: &code, ErrorDescription: &known.Description, ErrorHint: &hint})
}

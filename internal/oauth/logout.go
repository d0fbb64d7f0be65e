package oauth

import (
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// LogoutRequest is a request to sign the person out (OpenID Connect RP-Initiated Logout 1.0 §2).
type LogoutRequest struct {
	IDTokenHint string // as sent: whether we signed it is not known yet
	ClientID    string // empty if omitted
	RedirectURI string // where the client wants the browser to go afterwards; not checked yet, see Target
	State       string
	UILocales   []string
}

// ParseLogout reads a logout request. The error is an *Error. It is never redirected: whoever sent it is not known yet.
func ParseLogout(params Parameters) (LogoutRequest, error) {
	if err := params.Fault(); err != nil {
		return LogoutRequest{}, err
	}
	request := LogoutRequest{
		IDTokenHint: params.Get("id_token_hint"),
		ClientID:    params.Get("client_id"),
		RedirectURI: params.Get("post_logout_redirect_uri"),
		State:       params.Get("state"),
		UILocales:   ParseLocales(params.Get("ui_locales")),
	}
	switch {
	case len(request.State) > MaxStateLength:
		return LogoutRequest{}, NewError(InvalidRequest, "state is longer than 2048 characters")
	case len(request.IDTokenHint) > maxHintLength:
		return LogoutRequest{}, NewError(InvalidRequest, "id_token_hint is longer than 4096 characters")
	}
	return request, nil
}

// Client returns the id of the client that asks; audience is that of the verified id_token_hint, empty if there is none.
// It is empty if nobody can tell. The error, an *Error, says that the two differ.
func (r LogoutRequest) Client(audience string) (string, error) {
	switch {
	case r.ClientID == "":
		return audience, nil
	case audience != "" && audience != r.ClientID:
		return "", NewError(InvalidRequest, "client_id is not the client that the id_token_hint was issued to")
	}
	return r.ClientID, nil
}

// Target returns the address where the browser goes after signing out, with state; empty if the client wants none, or nobody
// can tell which client asks: the person can sign out all the same (RP-Initiated Logout 1.0 §2, §3). An address that the client
// did not register is an *Error, and must not be followed (§3).
func (r LogoutRequest) Target(client dialtone.Client) (string, error) {
	switch {
	case r.RedirectURI == "", client.ID == "":
		return "", nil
	case !slices.Contains(client.PostLogoutRedirectURIs, r.RedirectURI):
		return "", NewError(InvalidRequest, "post_logout_redirect_uri is not registered for this client").
			WithCause(Mismatch("post_logout_redirect_uri", client.PostLogoutRedirectURIs, r.RedirectURI))
	case r.State == "":
		return r.RedirectURI, nil
	}
	return RedirectLocation(r.RedirectURI, []Param{{"state", r.State}}), nil
}

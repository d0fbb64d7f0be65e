package protocol

import (
	"errors"
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
)

// introspection is RFC 7662 §2.2. Only Active is there for a token that does not work.
type introspection struct {
	Active    bool   `json:"active"`
	Audience  string `json:"aud,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Expires   int64  `json:"exp,omitempty"` // seconds since 1970, UTC
	Issued    int64  `json:"iat,omitempty"`
	Issuer    string `json:"iss,omitempty"`
	Scope     string `json:"scope,omitempty"`
	SessionID string `json:"sid,omitempty"`
	Subject   string `json:"sub,omitempty"`
	TokenType string `json:"token_type,omitempty"`
	TokenUse  string `json:"token_use,omitempty"` // access_token or refresh_token
}

// introspect says whether a token works (RFC 7662). A client learns of its own product's tokens only; any other one is
// inactive to it, so that a stolen token can't be examined with another client's credentials.
func (h *handler) introspect(w http.ResponseWriter, r *http.Request) {
	now := h.Now()
	params, reg, ok := h.open(w, r, now)
	if !ok {
		return
	}
	text := params.Get("token")
	switch {
	case text == "":
		h.fail(w, r, reg.Client.ID, oauth.NewError(oauth.InvalidRequest, "token is missing"))
		return
	case reg.Client.Public():
		// RFC 7662 §2.1: the endpoint requires authorization, and a public client proves nothing.
		h.fail(w, r, reg.Client.ID, oauth.NewError(oauth.UnauthorizedClient, "a public client cannot introspect tokens"))
		return
	}
	answer, err := h.examine(r, reg, text)
	if err != nil {
		h.fail(w, r, reg.Client.ID, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (h *handler) examine(r *http.Request, reg dialtone.Registration, text string) (introspection, error) {
	now := h.Now()
	active, err := h.Flow.Access(r.Context(), text, now)
	switch {
	case err == nil && active.Access.ProductID == reg.Product.ID:
		answer := introspection{
			Active: true, Audience: active.Access.ClientID, ClientID: active.Access.ClientID, Issuer: h.Issuer,
			Expires: active.Access.Expires.Unix(), Issued: active.Access.Issued.Unix(),
			Scope: strings.Join(active.Access.Scopes, " "), TokenType: "bearer", TokenUse: "access_token",
			Subject: active.Access.ClientID, // RFC 9068 §2.2: a client's own token has the client as its subject
		}
		if active.Access.SubscriptionID != "" {
			answer.Subject = h.Minter.Subject(reg.Product.ID, active.Access.SubscriptionID)
			answer.SessionID = h.Minter.SessionID(reg.Product.ID, active.Access.SessionID)
		}
		return answer, nil
	case err != nil && !errors.Is(err, dialtone.ErrNotFound):
		return introspection{}, err
	}
	grant, err := h.Flow.RefreshGrant(r.Context(), text, now)
	switch {
	case err == nil && grant.ProductID == reg.Product.ID:
		return introspection{
			Active: true, Audience: grant.ClientID, ClientID: grant.ClientID, Issuer: h.Issuer,
			Expires: grant.Expires.Unix(), Issued: grant.Created.Unix(), Scope: strings.Join(grant.Scopes, " "),
			TokenUse: "refresh_token", Subject: h.Minter.Subject(grant.ProductID, grant.SubscriptionID),
			SessionID: h.Minter.SessionID(grant.ProductID, grant.SessionID),
		}, nil
	case err != nil && !errors.Is(err, dialtone.ErrNotFound):
		return introspection{}, err
	}
	return introspection{}, nil
}

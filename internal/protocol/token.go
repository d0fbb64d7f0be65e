package protocol

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
)

// tokenAnswer is RFC 6749 §5.1, its members in alphabetical order.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"` // RFC 6749 §3.3: at least one name
	TokenType    string `json:"token_type"`
}

// appendJSON appends what encode writes, without looking the type up: a fifteenth of what a token costs.
func (a tokenAnswer) appendJSON(b []byte) []byte {
	member := func(name, value string) {
		if value != "" {
			b = append(append(b, name...), ':')
			b = append(appendText(b, value), ',')
		}
	}
	b = append(b, '{')
	b = append(appendText(append(b, `"access_token":`...), a.AccessToken), ',')
	b = append(strconv.AppendInt(append(b, `"expires_in":`...), int64(a.ExpiresIn), 10), ',')
	member(`"id_token"`, a.IDToken)
	member(`"refresh_token"`, a.RefreshToken)
	member(`"scope"`, a.Scope)
	b = appendText(append(b, `"token_type":`...), a.TokenType)
	return append(b, "}\n"...)
}

// token is the token endpoint (RFC 6749 §3.2), one pipeline for all grant types.
func (h *handler) token(w http.ResponseWriter, r *http.Request) {
	now := h.Now()
	// 1. Parse. 2. Authenticate the client.
	params, reg, ok := h.open(w, r, now)
	if !ok {
		return
	}
	// 3. Read the grant.
	request, err := oauth.ParseToken(params)
	if err != nil {
		h.fail(w, r, reg.Client.ID, err)
		return
	}
	// 4. Resolve it, spend it, mint.
	tokens, err := h.exchange(r.Context(), reg, request, now)
	if err != nil {
		h.fail(w, r, reg.Client.ID, err)
		return
	}
	h.countTokens(reg, request, tokens, now)
	// 5. Answer.
	writeJSON(w, http.StatusOK, tokenAnswer{
		AccessToken:  tokens.Access,
		ExpiresIn:    int(tokens.ExpiresIn / time.Second),
		IDToken:      tokens.ID,
		RefreshToken: tokens.Refresh,
		Scope:        strings.Join(tokens.Scopes, " "),
		TokenType:    "bearer",
	})
}

func (h *handler) exchange(ctx context.Context, reg dialtone.Registration, request oauth.GrantRequest, now time.Time) (flow.Tokens, error) {
	switch request.GrantType {
	case oauth.GrantAuthorizationCode:
		return h.Flow.Redeem(ctx, reg, request, now)
	case oauth.GrantRefreshToken:
		return h.Flow.Refresh(ctx, reg, request, now)
	case oauth.GrantClientCredentials:
		return h.Flow.ClientCredentials(reg, request, now)
	}
	return flow.Tokens{}, oauth.NewError(oauth.UnsupportedGrantType, "use authorization_code, refresh_token or client_credentials")
}

func (h *handler) countTokens(reg dialtone.Registration, request oauth.GrantRequest, tokens flow.Tokens, now time.Time) {
	kind := dialtone.TallyTokenIssued
	if request.GrantType == oauth.GrantRefreshToken {
		kind = dialtone.TallyTokenRefreshed
	}
	h.Traffic.Count(dialtone.Tally{
		ProductID: reg.Product.ID, ClientID: reg.Client.ID, OperatorID: tokens.OperatorID, Hour: now, Kind: kind, Count: 1,
	})
}

// open reads the form of a request and finds the client that sends it. When it returns false, the request is answered.
func (h *handler) open(w http.ResponseWriter, r *http.Request, now time.Time) (oauth.Parameters, dialtone.Registration, bool) {
	params, err := readForm(w, r)
	if err != nil {
		h.fail(w, r, named(r, nil), err)
		return nil, dialtone.Registration{}, false
	}
	reg, err := h.authenticate(r.Context(), r.Header.Get("Authorization"), params, now)
	if err != nil {
		h.fail(w, r, named(r, params), err)
		return nil, dialtone.Registration{}, false
	}
	return params, reg, true
}

// authenticate says which client is calling (RFC 6749 §2.3). An unknown client and a wrong secret give the same answer.
func (h *handler) authenticate(ctx context.Context, authorization string, params oauth.Parameters, now time.Time) (dialtone.Registration, error) {
	credentials, err := oauth.ParseClientAuthentication(authorization, params)
	if err != nil {
		return dialtone.Registration{}, err
	}
	const refused = "the client is unknown or its secret is wrong"
	reg, err := h.Clients.Registration(ctx, credentials.ID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return dialtone.Registration{}, oauth.NewError(oauth.InvalidClient, refused)
	case err != nil:
		return dialtone.Registration{}, err
	case reg.Client.Public() && credentials.Method == dialtone.AuthNone:
		return reg, nil
	case reg.Client.Public():
		return dialtone.Registration{}, oauth.NewError(oauth.InvalidClient, "a public client has no secret; send client_id alone")
	case credentials.Method == dialtone.AuthNone:
		return dialtone.Registration{}, oauth.NewError(oauth.InvalidClient, "the client must authenticate; send its secret with HTTP Basic")
	case !h.Clients.AuthenticateSecret(reg, credentials.Secret.Reveal(), now):
		return dialtone.Registration{}, oauth.NewError(oauth.InvalidClient, refused)
	}
	return reg, nil
}

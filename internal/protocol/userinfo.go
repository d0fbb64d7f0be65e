package protocol

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
)

// userinfoAnswer is OpenID Connect Core 1.0 §5.3.2, its members in alphabetical order.
type userinfoAnswer struct {
	PhoneNumber         string `json:"phone_number,omitempty"`
	PhoneNumberVerified *bool  `json:"phone_number_verified,omitempty"`
	SessionID           string `json:"sid"`
	Subject             string `json:"sub"`
}

// userinfo says who a token is about (OpenID Connect Core 1.0 §5.3). A token without openid may ask as well.
func (h *handler) userinfo(w http.ResponseWriter, r *http.Request) {
	params := oauth.Parameters(nil)
	if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		// Read also beside an Authorization header: a token in both places is refused (RFC 6750 §2).
		var err error
		if params, err = readForm(w, r); err != nil {
			h.failBearer(w, r, "", err)
			return
		}
	}
	active, err := h.bearer(r.Context(), r.Header.Get("Authorization"), params, h.Now())
	if err != nil {
		h.failBearer(w, r, active.Access.ClientID, err)
		return
	}
	if active.Access.SubscriptionID == "" {
		h.failBearer(w, r, active.Access.ClientID, oauth.NewError(oauth.InvalidToken, "the token belongs to a client, not to a person"))
		return
	}
	answer := userinfoAnswer{
		SessionID: h.Minter.SessionID(active.Access.ProductID, active.Access.SessionID),
		Subject:   h.Minter.Subject(active.Access.ProductID, active.Access.SubscriptionID),
	}
	if slices.Contains(active.Access.Scopes, dialtone.ScopePhone) {
		verified := true
		answer.PhoneNumber, answer.PhoneNumberVerified = active.PhoneNumber.E164(), &verified
	}
	writeJSON(w, http.StatusOK, answer)
}

// bearer finds the access token of a request and what it stands for (RFC 6750 §2). With the error for a token of ours that
// works no longer comes whose it was.
func (h *handler) bearer(ctx context.Context, authorization string, params oauth.Parameters, now time.Time) (flow.Active, error) {
	text, err := oauth.ParseBearer(authorization, params)
	if err != nil {
		return flow.Active{}, err
	}
	active, err := h.Flow.Holder(ctx, text.Reveal(), now)
	if errors.Is(err, dialtone.ErrNotFound) {
		const refused = "the access token is unknown, expired or revoked"
		access, err := h.Minter.OpenAccess(text.Reveal())
		switch {
		case err != nil:
			return flow.Active{}, oauth.NewError(oauth.InvalidToken, refused)
		case access.Expired(now):
			return flow.Active{Access: access}, oauth.NewError(oauth.InvalidToken, refused).WithCause(errTokenExpired)
		}
		return flow.Active{Access: access}, oauth.NewError(oauth.InvalidToken, refused).WithCause(errTokenRevoked)
	}
	return active, err
}

// Why a token works no longer, for the developers of its client: whoever else holds it is told no more than that.
var (
	errTokenExpired = errors.New("the access token has expired")
	errTokenRevoked = errors.New("the access token was revoked, or the person can no longer use the product")
)

// bearerStatus is the table of RFC 6750 §3.1, without a scope that is not enough: no endpoint asks for one.
func bearerStatus(e *oauth.Error) int {
	if e.Code == oauth.InvalidRequest {
		return http.StatusBadRequest
	}
	return http.StatusUnauthorized
}

// challenge is the WWW-Authenticate header of RFC 6750 §3. A description holds neither quotes nor backslashes.
func challenge(e *oauth.Error) string {
	if e.Code == oauth.MissingToken {
		return `Bearer realm="dialtone"`
	}
	return fmt.Sprintf(`Bearer realm="dialtone", error="%s", error_description="%s"`, e.Code, e.Description)
}

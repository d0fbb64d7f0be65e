package protocol

import (
	"errors"
	"net/http"
	"path"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Traffic counts what clients do and keeps their refused requests for their developers. Neither method waits for anything.
type Traffic interface {
	Count(t dialtone.Tally)
	Refused(f dialtone.FailedRequest)
}

// refuse notes a request that broke a rule, for the log and for the developers of the client that it names, and returns the
// id under which both find it. That the client is the one that it says it is has not always been proved: whoever knows a
// client id can fill its list, which is bounded. The answer is the same whether or not there is such a client.
func (h *handler) refuse(r *http.Request, clientID string, refusal *oauth.Error) string {
	id := secret.ID("er")
	var reg dialtone.Registration
	if clientID != "" {
		// An error leaves it zero: there is no such client, or nobody can say.
		reg, _ = h.Clients.Registration(r.Context(), clientID)
	}
	h.Log.InfoContext(r.Context(), "request refused", "path", r.URL.Path, "error_id", id, "client", reg.Client.ID, "error", refusal)
	if reg.Client.ID == "" {
		return id
	}
	code, now, endpoint := wireCode(refusal), h.Now(), path.Base(r.URL.Path)
	if r.URL.Path == revokeLinkPath {
		endpoint = "revoke-link"
	}
	detail := ""
	if cause := errors.Unwrap(refusal); cause != nil {
		detail = cause.Error()
	}
	h.Traffic.Refused(dialtone.FailedRequest{
		ID: id, ProductID: reg.Product.ID, ClientID: reg.Client.ID, Endpoint: endpoint, Code: code,
		Description: refusal.Description, Detail: detail, At: now,
	})
	if endpoint == "token" {
		h.Traffic.Count(dialtone.Tally{
			ProductID: reg.Product.ID, ClientID: reg.Client.ID, Hour: now, Kind: dialtone.TallyTokenError + dialtone.TallyKind(code), Count: 1,
		})
	}
	return id
}

// wireCode is the code as the client reads it: RFC 6750 §3.1 has none for a request without any token.
func wireCode(e *oauth.Error) string {
	if e.Code == oauth.MissingToken {
		return string(oauth.InvalidRequest)
	}
	return string(e.Code)
}

// named returns the client that a request says it comes from; empty if it does not say. It proves nothing.
func named(r *http.Request, params oauth.Parameters) string {
	if credentials, err := oauth.ParseClientAuthentication(r.Header.Get("Authorization"), nil); err == nil {
		return credentials.ID
	}
	return params.Get("client_id")
}

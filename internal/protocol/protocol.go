// Package protocol is the machine face of the identity host: the OAuth 2.0 and OpenID Connect endpoints.
//
//	GET, POST /oauth2/auth                                  authorize.go
//	POST      /oauth2/token                                 token.go
//	GET, POST /userinfo                                     userinfo.go
//	POST      /oauth2/introspect                            introspect.go
//	POST      /oauth2/revoke                                revoke.go
//	POST      /ext-api/v0/auth/create-revoke-consent-magic-link   revoke_link.go
//	GET       /.well-known/…                                metadata.go
//
// A handler parses, calls a verb of package flow and answers. The rules stand in packages oauth and flow; the pages that
// a person sees stand in web/subscriber.
package protocol

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/fixed"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/token"
)

// Config is what the endpoints need.
type Config struct {
	Issuer    string   // without a slash at the end
	Languages []string // of the pages, BCP 47
	Flow      *flow.Flow
	Minter    *token.Minter
	Signing   *token.SigningKeys
	Clients   Clients
	People    People
	Traffic   Traffic
	Log       *slog.Logger
	Now       func() time.Time
}

// Clients looks up and authenticates clients; what it says may be up to a second old.
type Clients interface {
	Registration(ctx context.Context, clientID string) (dialtone.Registration, error)
	Scopes(ctx context.Context) (map[string]dialtone.Scope, error)
	// AuthenticateSecret reports whether the text is one of the client's live secrets, and notes its use.
	AuthenticateSecret(reg dialtone.Registration, text string, now time.Time) bool
}

// People is the subscriber's face, to which an authorization request leads.
type People interface {
	// Proceed shows the next page of the interaction or answers the client.
	Proceed(w http.ResponseWriter, r *http.Request, in flow.Interaction)
	// Refuse answers an authorization request that oauth.Check refused: with a page or with a redirect, as the error says.
	Refuse(w http.ResponseWriter, r *http.Request, err error)
}

type handler struct {
	Config
	metadata *fixed.Answer
	keys     fixed.Latest
}

// Routes returns the endpoints by their patterns for http.ServeMux. What is none of them below the same folders is nothing.
func Routes(c Config) map[string]http.Handler {
	h := &handler{Config: c, metadata: fixed.New("application/json", renderMetadata(c.Issuer, c.Languages))}
	routes := map[string]http.Handler{
		"GET /oauth2/auth":   http.HandlerFunc(h.authorize),
		"POST /oauth2/auth":  http.HandlerFunc(h.authorizeByPost),
		"/oauth2/token":      crossOrigin("POST", h.token),
		"/userinfo":          crossOrigin("GET, POST", h.userinfo),
		"/oauth2/introspect": only("POST", h.introspect),
		"/oauth2/revoke":     crossOrigin("POST", h.revoke),
		revokeLinkPath:       only("POST", h.createRevokeLink),
	}
	for _, folder := range []string{"/oauth2/", "/ext-api/", "/.well-known/"} {
		routes[folder] = http.NotFoundHandler()
	}
	for _, end := range []string{"", "/{$}"} {
		// With a slash at the end as well: libraries put addresses together, and no redirect would answer a preflight.
		routes["/.well-known/openid-configuration"+end] = crossOrigin("GET", h.showMetadata)
		routes["/.well-known/oauth-authorization-server"+end] = crossOrigin("GET", h.showMetadata)
		routes["/.well-known/jwks.json"+end] = crossOrigin("GET", h.showKeys)
	}
	return routes
}

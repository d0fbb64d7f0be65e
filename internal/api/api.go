// Package api is the management API: what the portal does for people, over HTTP for programs that bring an API key.
//
//	request ─▶ ServeHTTP ─ route ─ key ─ rate ─ body ─ idempotency ─▶ huma: members and parameters ─▶ an operation ─▶ a verb
//	                └───────────────── error ─▶ fail, the one place where an error becomes a problem (RFC 9457)
//
//	gate.go         what every request passes: auth.go, package rate, idempotency.go
//	problem.go      the kinds of problems          validation.go: what huma finds wrong with a request
//	operation.go    how an operation is declared   document.go: /openapi.json, from which the portal makes its reference
//	example.go      the requests that the document shows: each is run by a test
//	organization.go member.go invitation.go product.go icon.go scope.go listing.go client.go client_secret.go
//	analytics.go failed_request.go api_key.go activity.go   the operations, one file a noun
//
// An API key belongs to one organization, so no address names it. Who may do what is decided in package catalog, not here.
// It refuses browsers: no cookies, no cross-origin requests.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/origin"
	"github.com/dialtone-id/dialtone/internal/rate"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Config is what the API needs.
type Config struct {
	Portal  string // the portal's address without a slash at the end
	Catalog Catalog
	Traffic Traffic
	Inviter Inviter
	Store   IdempotencyStore
	Keys    *secret.Keys
	Log     *slog.Logger
	Budgets *dialtone.BudgetCounts // of those that bit
	Now     func() time.Time
}

// Catalog are the verbs behind the operations; each file of operations says which of them it calls.
type Catalog interface {
	keyring
	organizations
	members
	invitations
	products
	icons
	scopes
	listings
	clients
	clientSecrets
	apiKeys
	activities
}

// keyring knows the API keys.
type keyring interface {
	// AuthenticateAPIKey returns whose key the text is and notes its use; ErrNotFound if it is no live key.
	AuthenticateAPIKey(ctx context.Context, text string, now time.Time) (dialtone.Actor, error)
}

// API is the management API as an http.Handler: /api/v1/…, /openapi.json and /openapi.yaml. Safe for concurrent use.
type API struct {
	Config
	mux        *http.ServeMux
	huma       huma.API
	rates      rate.Buckets
	operations []*operation
	documents  map[string]document // by path
	readOnly   map[string][]string // by the pattern of an operation that replaces something
	own        origin.Own
}

// New makes the API. It panics if an operation is declared wrongly, which a test would have found.
func New(c Config) *API {
	a := &API{Config: c, mux: http.NewServeMux(), own: origin.Of(c.Portal)}
	a.huma = a.newHuma()
	a.organizationOperations()
	a.memberOperations()
	a.invitationOperations()
	a.productOperations()
	a.iconOperations()
	a.scopeOperations()
	a.listingOperations()
	a.clientOperations()
	a.clientSecretOperations()
	a.analyticsOperations()
	a.failedRequestOperations()
	a.apiKeyOperations()
	a.activityOperations()
	a.readOnly = a.findReadOnly()
	a.documents = a.renderDocuments()
	return a
}

// OpenAPI returns the OpenAPI 3.1 document as JSON.
func (a *API) OpenAPI() []byte { return a.documents["/openapi.json"].body() }

// visit is one request after its key was accepted. What goes wrong inside huma is noted in it, so that one function answers
// every error.
type visit struct {
	actor  dialtone.Actor
	now    time.Time
	url    *url.URL // of the request
	failed error
}

// organization is the one that the key belongs to.
func (v *visit) organization() string { return v.actor.OrganizationID }

// visitKey is where the context of a request carries its visit.
type visitKey struct{}

// visitOf returns the visit of a request that has come through the gate.
func visitOf(ctx context.Context) *visit { return ctx.Value(visitKey{}).(*visit) }

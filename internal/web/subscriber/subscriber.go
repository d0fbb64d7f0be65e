// Package subscriber is the identity host's face to people: number, PIN, consent, removing a product, signing out.
//
//	GET, POST /signin                     number.go
//	GET, POST /signin/pin                 pin.go
//	POST      /signin/resend              resend.go
//	GET       /back                       page.go
//	GET, POST /consent                    consent.go
//	GET, POST /revoke-consent             revoke_consent.go
//	GET, POST /oauth2/sessions/logout     logout.go
//	GET, POST /signout                    logout.go
//	GET       /my, /my/record, …          my.go
//	GET, POST /my/remove                  my.go
//	POST      /my/sign-out                my.go
//	GET       /asset/{id}                 asset.go
//
// A page carries the authorization request, sealed, in the parameter r: any number of tabs and requests go on side by
// side, and the back button works. Every form is answered by a redirect (notice.go); only a response that the app wants by
// form_post, and a fault of ours, are pages. Proceed (proceed.go) is the only place that decides which page comes next.
package subscriber

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/origin"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/signin"
	"github.com/dialtone-id/dialtone/internal/token"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Config is what the pages need.
type Config struct {
	Issuer   string // without a slash at the end
	Portal   string // address of the developer portal, without a slash at the end; empty: there is none
	Flow     *flow.Flow
	Signin   *signin.Service
	Store    Store
	Consents consent.Book
	Traffic  Traffic
	Catalog  Catalog
	Minter   *token.Minter
	Keys     *secret.Keys
	Renderer *web.Renderer
	Cookies  web.Cookies
	// Region is the ISO 3166 code for numbers in national writing, for example SE; empty: international writing only.
	Region string
	// ClientIP says from where a request comes, behind the proxies that the operator trusts.
	ClientIP func(*http.Request) string
	Log      *slog.Logger
	Now      func() time.Time
}

// Store is what the pages need of the database beyond the verbs.
type Store interface {
	Subscription(ctx context.Context, id string) (dialtone.Subscription, error)
	Consent(ctx context.Context, subscriptionID, productID string) (dialtone.Consent, error)
	Asset(ctx context.Context, id string) (dialtone.Asset, error)
	ConsentsHeld(ctx context.Context, subscriptionID string) ([]dialtone.Held, error)
	ConsentRecord(ctx context.Context, subscriptionID string, limit int) ([]dialtone.ConsentEvent, error)
	LiveSessions(ctx context.Context, subscriptionID string, now time.Time) ([]dialtone.Session, error)
	EndAllSessions(ctx context.Context, subscriptionID string, now time.Time) (int, error)
	SpendToken(ctx context.Context, tokenID string, expires time.Time) error
	TokenSpent(ctx context.Context, tokenID string) (bool, error)
}

// Catalog looks up what changes seldom; it may be up to a second old.
type Catalog interface {
	Registration(ctx context.Context, clientID string) (dialtone.Registration, error)
	Scopes(ctx context.Context) (map[string]dialtone.Scope, error)
	Operator(ctx context.Context, id string) (dialtone.Operator, error)
	Operators(ctx context.Context) ([]dialtone.Operator, error)
}

// Handler serves the pages. It is also the People of package protocol.
type Handler struct {
	Config
	mux http.Handler
}

// New returns the pages.
func New(c Config) *Handler {
	c.Catalog = own{c.Catalog, c.Issuer}
	h := &Handler{Config: c}
	forms := http.NewServeMux()
	forms.HandleFunc("GET /signin", h.showNumber)
	forms.HandleFunc("POST /signin", h.sendPIN)
	forms.HandleFunc("GET /signin/pin", h.showPIN)
	forms.HandleFunc("POST /signin/pin", h.verifyPIN)
	forms.HandleFunc("POST /signin/resend", h.resendPIN)
	forms.HandleFunc("GET /back", h.goBack)
	forms.HandleFunc("GET /consent", h.showConsent)
	forms.HandleFunc("POST /consent", h.answerConsent)
	forms.HandleFunc("GET /revoke-consent", h.showRevokeConsent)
	forms.HandleFunc("POST /revoke-consent", h.answerRevokeConsent)
	forms.HandleFunc("GET /signout", h.showLogout)
	forms.HandleFunc("POST /signout", h.answerLogout)
	forms.HandleFunc("GET /my", h.showMy)
	forms.HandleFunc("GET /my/remove", h.showMyRemove)
	forms.HandleFunc("POST /my/remove", h.answerMyRemove)
	forms.HandleFunc("POST /my/sign-out", h.signOutEverywhere)
	forms.HandleFunc("GET /my/record", h.showMyRecord)
	forms.HandleFunc("GET /my/record.json", h.downloadMyRecord)
	forms.HandleFunc("GET /{$}", h.showFront)
	forms.HandleFunc("/", h.showNothing)

	mux := http.NewServeMux()
	mux.Handle("/", web.Protect(origin.Of(c.Issuer), h.refuseForeign, forms))
	// A relying party may post its logout request from its own page, so this route stands outside the protection; it does
	// nothing by itself but ask.
	mux.HandleFunc("GET /oauth2/sessions/logout", h.startLogout)
	mux.HandleFunc("POST /oauth2/sessions/logout", h.startLogoutByPost)
	mux.HandleFunc("GET /asset/{id}", h.showAsset)
	h.mux = mux
	return h
}

// ServeHTTP serves the routes above.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

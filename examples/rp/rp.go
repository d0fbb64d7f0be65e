// Package rp is a small relying party: a web app whose users sign in with their phone number. It uses an ordinary OAuth
// library (golang.org/x/oauth2) and an ordinary OpenID Connect library (go-oidc), and nothing of Dialtone: what it does,
// any app can do against any provider, but for remove.go, which calls Dialtone's revoke-consent link.
//
//	/app/            the app: sign in, who is signed in, refresh, sign out
//	/app/login       → the provider (login.go)
//	/app/callback    ← the provider (login.go). A code that the app did not ask for is shown for pasting (paste.go)
//	/app/refresh     POST: use the refresh token
//	/app/remove      POST: → the provider's page "Remove this product" (remove.go)
//	/app/removed     ← from there
//	/app/logout      POST: end the session here and at the provider
package rp

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Paths of the pages that the app's client must have registered, below the app's own address.
const (
	HomePath     = "/app/"
	CallbackPath = "/app/callback"
	RemovedPath  = "/app/removed"
)

// Config is what the provider gave the app when it registered its client.
type Config struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	// Address is where the app is reached, without a slash at the end: http://localhost:8083.
	Address string
	Scopes  []string
}

// app keeps its users in memory: it is an example.
type app struct {
	Config
	mu       sync.Mutex
	provider *oidc.Provider   // nil until the first sign-in has discovered it
	logins   map[string]login // by state, while somebody is at the provider
	users    map[string]*user // by session cookie; a user is replaced, never changed
}

// New returns the app's pages.
func New(c Config) http.Handler {
	a := &app{Config: c, logins: make(map[string]login), users: make(map[string]*user)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app/{$}", a.home)
	mux.HandleFunc("GET /app/login", a.login)
	mux.HandleFunc("GET /app/callback", a.callback)
	mux.HandleFunc("POST /app/callback", a.callback) // response_mode=form_post
	mux.HandleFunc("POST /app/refresh", a.refresh)
	mux.HandleFunc("POST /app/remove", a.remove)
	mux.HandleFunc("GET /app/removed", a.removed)
	mux.HandleFunc("POST /app/logout", a.logout)
	return mux
}

// discover reads the provider's metadata (OpenID Connect Discovery 1.0 §4), once it can be reached.
func (a *app) discover(ctx context.Context) (*oidc.Provider, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.provider == nil {
		// The provider keeps this context for later key fetches, so it must outlive the request.
		provider, err := oidc.NewProvider(context.WithoutCancel(ctx), a.Issuer)
		if err != nil {
			return nil, fmt.Errorf("discover %s: %w", a.Issuer, err)
		}
		a.provider = provider
	}
	return a.provider, nil
}

func (a *app) oauth(provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     a.ClientID,
		ClientSecret: a.ClientSecret,
		Endpoint:     provider.Endpoint(),
		RedirectURL:  a.Address + CallbackPath,
		Scopes:       a.Scopes,
	}
}

const sessionCookie = "example_app"

// signedIn returns the session cookie's value and who is signed in, or nil.
func (a *app) signedIn(r *http.Request) (session string, u *user) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return cookie.Value, a.users[cookie.Value]
}

func (a *app) setUser(session string, u *user) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users[session] = u
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	_, u := a.signedIn(r)
	render(w, http.StatusOK, "home", homePage{User: u})
}

// refresh exchanges the refresh token for new tokens and asks for the user info again.
func (a *app) refresh(w http.ResponseWriter, r *http.Request) {
	session, u := a.signedIn(r)
	if u == nil {
		http.Redirect(w, r, HomePath, http.StatusSeeOther)
		return
	}
	provider, err := a.discover(r.Context())
	if err != nil {
		renderFault(w, err)
		return
	}
	// A token without an access token counts as expired, so that the library refreshes it now.
	tokens, err := a.oauth(provider).TokenSource(r.Context(), &oauth2.Token{RefreshToken: u.tokens.RefreshToken}).Token()
	if err != nil {
		renderFault(w, err)
		return
	}
	next, err := a.withTokens(r.Context(), provider, *u, tokens)
	if err != nil {
		renderFault(w, err)
		return
	}
	a.setUser(session, next)
	http.Redirect(w, r, HomePath, http.StatusSeeOther)
}

// logout ends the app's own session and leads to the provider's (OpenID Connect RP-Initiated Logout 1.0 §2).
func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	u := a.forget(w, r)
	if u == nil {
		http.Redirect(w, r, HomePath, http.StatusSeeOther)
		return
	}
	provider, err := a.discover(r.Context())
	if err != nil {
		renderFault(w, err)
		return
	}
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&metadata); err != nil {
		renderFault(w, err)
		return
	}
	query := url.Values{"id_token_hint": {u.idToken}, "post_logout_redirect_uri": {a.Address + HomePath}}
	http.Redirect(w, r, metadata.EndSession+"?"+query.Encode(), http.StatusSeeOther)
}

// forget ends the app's own session and returns whose it was, or nil.
func (a *app) forget(w http.ResponseWriter, r *http.Request) *user {
	session, u := a.signedIn(r)
	a.mu.Lock()
	delete(a.users, session)
	a.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: HomePath, MaxAge: -1})
	return u
}

// random returns text that nobody can guess: for state, nonce and the session cookie.
func random() string { return rand.Text() }

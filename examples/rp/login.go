package rp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// login is what the app remembers while somebody is at the provider.
type login struct {
	nonce    string
	verifier string // PKCE (RFC 7636)
	browser  string // the cookie of the browser that began; its tabs share it
	began    time.Time
}

// loginLifetime is as long as a sign-in may take; maxLogins bounds the memory.
const (
	loginLifetime = time.Hour
	maxLogins     = 1000
	loginCookie   = "example_app_login"
)

// user is one signed-in user.
type user struct {
	Subject string
	Phone   string
	Claims  string // the ID token's claims, for reading
	Info    string // the user info answer, for reading
	Scopes  string
	Expires time.Time // of the access token

	tokens  *oauth2.Token
	idToken string
}

// Refreshable reports whether the app got a refresh token.
func (u *user) Refreshable() bool { return u.tokens.RefreshToken != "" }

// login sends the browser to the provider.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	provider, err := a.discover(r.Context())
	if err != nil {
		renderFault(w, err)
		return
	}
	state := random()
	l := login{nonce: random(), verifier: oauth2.GenerateVerifier(), browser: browser(r), began: time.Now()}
	a.remember(state, l)
	http.SetCookie(w, &http.Cookie{
		Name: loginCookie, Value: l.browser, Path: HomePath, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(loginLifetime.Seconds()),
	})
	address := a.oauth(provider).AuthCodeURL(state, oidc.Nonce(l.nonce), oauth2.S256ChallengeOption(l.verifier))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// browser returns the cookie that the browser has from a login in another tab, which may still be going on, or a new one.
func browser(r *http.Request) string {
	if cookie, err := r.Cookie(loginCookie); err == nil && cookie.Value != "" {
		return cookie.Value
	}
	return random()
}

// callback is where the provider sends the browser back to.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	l, ok := a.recall(r)
	switch {
	case !ok:
		a.paste(w, r) // not a sign-in that this app began in this browser: a walkthrough by hand
		return
	case r.FormValue("error") != "":
		render(w, http.StatusOK, "refused", refusedPage{Code: r.FormValue("error"), Description: r.FormValue("error_description")})
		return
	}
	u, err := a.signIn(r.Context(), l, r.FormValue("code"))
	if err != nil {
		renderFault(w, err)
		return
	}
	session := random()
	a.setUser(session, u)
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: session, Path: HomePath, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, HomePath, http.StatusSeeOther)
}

// signIn exchanges the code and checks who came back (OpenID Connect Core 1.0 §3.1.3.7).
func (a *app) signIn(ctx context.Context, l login, code string) (*user, error) {
	provider, err := a.discover(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := a.oauth(provider).Exchange(ctx, code, oauth2.VerifierOption(l.verifier))
	if err != nil {
		return nil, err
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("the token answer has no id_token")
	}
	idToken, err := provider.Verifier(&oidc.Config{ClientID: a.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if idToken.Nonce != l.nonce {
		return nil, errors.New("the ID token was made for another sign-in: its nonce differs")
	}
	if err := idToken.VerifyAccessToken(tokens.AccessToken); err != nil {
		return nil, err
	}
	var claims json.RawMessage
	if err := idToken.Claims(&claims); err != nil {
		return nil, err
	}
	return a.withTokens(ctx, provider, user{Subject: idToken.Subject, Claims: indent(claims), idToken: raw}, tokens)
}

// withTokens returns the user with new tokens and with what the user info endpoint says now: a phone number may change,
// the subject does not.
func (a *app) withTokens(ctx context.Context, provider *oidc.Provider, u user, tokens *oauth2.Token) (*user, error) {
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return nil, err
	}
	if info.Subject != u.Subject { // OpenID Connect Core 1.0 §5.3.4
		return nil, fmt.Errorf("user info is about %s instead of %s", info.Subject, u.Subject)
	}
	var claims json.RawMessage
	var phone struct {
		Number string `json:"phone_number"`
	}
	if err := errors.Join(info.Claims(&claims), info.Claims(&phone)); err != nil {
		return nil, err
	}
	u.tokens, u.Expires, u.Scopes = tokens, tokens.Expiry, granted(tokens)
	u.Phone, u.Info = phone.Number, indent(claims)
	return &u, nil
}

// granted returns the scopes in the token answer, separated by spaces; empty if it names none.
func granted(tokens *oauth2.Token) string {
	scopes, ok := tokens.Extra("scope").(string)
	if !ok {
		return ""
	}
	return scopes
}

func (a *app) remember(state string, l login) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for state, other := range a.logins {
		if len(a.logins) >= maxLogins || l.began.Sub(other.began) > loginLifetime {
			delete(a.logins, state)
		}
	}
	a.logins[state] = l
}

// recall returns the login that the state belongs to, once. Another browser's state is not recalled: it could bring a
// victim into an attacker's account (RFC 6749 §10.12).
func (a *app) recall(r *http.Request) (login, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	state := r.FormValue("state")
	l, ok := a.logins[state]
	cookie, err := r.Cookie(loginCookie)
	if !ok || err != nil || cookie.Value != l.browser {
		return login{}, false
	}
	delete(a.logins, state)
	return l, true
}

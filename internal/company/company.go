// Package company signs people in at their company's own OpenID Connect provider.
//
// It owns the way there and back, and how far a provider is believed. It refuses to know whose provider it is and who may come
// in by it: Owners say that, one for each kind of owner. Organizations are the developers'.
//
//	Begin ──▶ discovery ──▶ browser goes to the provider (state, nonce, PKCE S256)
//	Finish ◀── browser comes back ◀┘
//	  └──▶ state: ours, this browser's, in time ──▶ spent ──▶ code for ID token ──▶ token checked ──▶ Owners.Admit ──▶ session
//
// A provider is whatever its owner says it is. Its word counts with its owner and nowhere else: an account is found by owner,
// issuer and subject, and the session acts for the owner alone.
package company

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Registration is what an owner says of its provider, and of us as a client there.
type Registration struct {
	Owner        string // its id, which no owner of another kind has
	Issuer       string
	ClientID     string
	SealedSecret string // by Secrets; empty: a public client
}

// Owners are all who have a provider, of one kind.
type Owners interface {
	// Registration returns an owner's. ErrNotFound if it has no provider.
	Registration(ctx context.Context, owner string) (Registration, error)
	// Admit signs in the person whom the owner's provider knows. ErrForbidden if the owner does not want them; ErrNotFound if the
	// owner has no such provider any more; *BudgetError if its people, or this person, come too often.
	Admit(ctx context.Context, at Registration, who Person, now time.Time) (account.SignedIn, error)
}

// Person is somebody as a provider knows them.
type Person struct {
	Subject string
	Email   string // proved by the provider, in the form of writing.Email; may be empty
	Name    string // may be empty
	Agent   string // the User-Agent of their browser
}

// Spender uses an id up until it expires. ErrConflict the second time.
type Spender interface {
	SpendToken(ctx context.Context, id string, expires time.Time) error
}

// Config is what a SignIn needs.
type Config struct {
	Owners  Owners
	Spender Spender
	Keys    *secret.Keys
	Log     *slog.Logger
	// Callback is the address that providers send people back to. Each provider has it registered.
	Callback string
	// HTTP asks the providers. Their addresses are chosen by their owners: it must be a guarded client (package outbound).
	HTTP *http.Client
	// AllowLoopback lets a provider on this machine be reached over plain http: for the demo and for tests.
	AllowLoopback bool
}

// SignIn is the way through the providers of one kind of owner. It is safe for concurrent use.
type SignIn struct {
	Config
	providers *providers
}

// New returns the way.
func New(c Config) *SignIn {
	return &SignIn{Config: c, providers: newProviders(c.HTTP, c.AllowLoopback)}
}

// Begin returns the provider's address that the browser is sent to, and the state that Finish wants back from the same browser
// within ten minutes. Errors: *Error with ProblemNotSetUp, also if there is no such owner, or ProblemProviderAway.
func (s *SignIn) Begin(ctx context.Context, owner, browserID string, now time.Time) (address, state string, err error) {
	if browserID == "" {
		return "", "", failed(ProblemOtherBrowser, errors.New("the browser has no id"))
	}
	at, err := s.registration(ctx, owner)
	if err != nil {
		return "", "", err
	}
	p, err := s.providers.find(ctx, at.Issuer, now)
	if err != nil {
		return "", "", failed(ProblemProviderAway, err)
	}
	w := newWay(at, browserID, now)
	client, err := s.client(p, at)
	if err != nil {
		return "", "", err
	}
	return client.AuthCodeURL(w.ID, w.request()...), s.seal(w), nil
}

// Back is a browser that comes back from a provider.
type Back struct {
	State     string // of Begin
	BrowserID string
	Query     url.Values // what the provider sent it with
	Agent     string     // its User-Agent
}

// Finish signs the person in.
//
// Errors: *Error; *BudgetError if the owner's people, or this person, come too often; ErrUnavailable from the database.
func (s *SignIn) Finish(ctx context.Context, back Back, now time.Time) (account.SignedIn, error) {
	in, err := s.finish(ctx, back, now)
	if refused, ok := errors.AsType[*Error](err); ok && refused.suspicious() {
		s.Log.Warn("company sign-in refused", "problem", refused.Problem, "error", err)
	}
	return in, err
}

func (s *SignIn) finish(ctx context.Context, back Back, now time.Time) (account.SignedIn, error) {
	w, err := s.open(back, now)
	if err != nil {
		return account.SignedIn{}, err
	}
	a, err := parseAnswer(back.Query, w.ID)
	if err != nil {
		return account.SignedIn{}, err
	}
	at, err := s.registration(ctx, w.Owner)
	if err != nil {
		return account.SignedIn{}, err
	}
	if at.Issuer != w.Issuer || at.ClientID != w.ClientID {
		return account.SignedIn{}, failed(ProblemExpired, errors.New("the owner has changed its provider meanwhile"))
	}
	p, err := s.providers.find(ctx, at.Issuer, now)
	if err != nil {
		return account.SignedIn{}, failed(ProblemProviderAway, err)
	}
	if err := p.checkIssuer(a); err != nil {
		return account.SignedIn{}, err
	}
	if err := s.Spender.SpendToken(ctx, w.ID, w.expires()); errors.Is(err, dialtone.ErrConflict) {
		return account.SignedIn{}, failed(ProblemExpired, errors.New("the answer came a second time"))
	} else if err != nil {
		return account.SignedIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	if a.errorCode != "" {
		return account.SignedIn{}, refusedBy(a.errorCode)
	}
	who, err := s.identify(ctx, exchange{p, at, w, a.code}, now)
	if err != nil {
		return account.SignedIn{}, err
	}
	who.Agent = back.Agent
	return s.admit(ctx, at, who, now)
}

func (s *SignIn) admit(ctx context.Context, at Registration, who Person, now time.Time) (account.SignedIn, error) {
	in, err := s.Owners.Admit(ctx, at, who, now)
	switch {
	case errors.Is(err, dialtone.ErrForbidden):
		return account.SignedIn{}, failed(ProblemNotInvited, err)
	case errors.Is(err, dialtone.ErrNotFound):
		return account.SignedIn{}, failed(ProblemNotSetUp, err)
	case err != nil:
		return account.SignedIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	return in, nil
}

func (s *SignIn) registration(ctx context.Context, owner string) (Registration, error) {
	at, err := s.Owners.Registration(ctx, owner)
	if errors.Is(err, dialtone.ErrNotFound) {
		return Registration{}, failed(ProblemNotSetUp, err)
	}
	if err != nil {
		return Registration{}, fmt.Errorf("company sign-in: %w", err)
	}
	return at, nil
}

package company

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// maxSubject is the longest name that a provider may give a person, OpenID Connect Core §2, in bytes.
const maxSubject = 255

// client is us at the provider.
func (s *SignIn) client(p *provider, at Registration) (*oauth2.Config, error) {
	clientSecret, err := Secrets{s.Keys}.open(at)
	if err != nil {
		return nil, failed(ProblemNotSetUp, err)
	}
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client names itself there
	if clientSecret != "" {
		if endpoint.AuthStyle, err = p.authStyle(); err != nil {
			return nil, failed(ProblemNotSetUp, err)
		}
	}
	return &oauth2.Config{
		ClientID: at.ClientID, ClientSecret: clientSecret.Reveal(), Endpoint: endpoint,
		RedirectURL: s.Callback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// exchange is a code to be changed for tokens.
type exchange struct {
	provider *provider
	at       Registration
	way      way
	code     string
}

// identify changes the code for tokens and reads who the person is.
func (s *SignIn) identify(ctx context.Context, e exchange, now time.Time) (Person, error) {
	client, err := s.client(e.provider, e.at)
	if err != nil {
		return Person{}, err
	}
	ctx = oidc.ClientContext(ctx, s.HTTP)
	tokens, err := client.Exchange(ctx, e.code, oauth2.VerifierOption(e.way.Verifier))
	if err != nil {
		return Person{}, exchangeError(err)
	}
	idToken, said, err := e.verify(ctx, tokens, now)
	if err != nil {
		return Person{}, failed(ProblemMismatch, inShort(err))
	}
	if !said.told() && e.provider.UserInfoEndpoint() != "" {
		// OpenID Connect Core §5.4: what the scopes ask for may be there only.
		if said, err = e.provider.userInfo(ctx, tokens, idToken.Subject); err != nil {
			return Person{}, err
		}
	}
	return said.person(idToken.Subject), nil
}

// exchangeError says what it means that the token endpoint gave nothing. Its words are dropped: they may repeat the request, with
// code and secret in it.
func exchangeError(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return failed(ProblemProviderAway, inShort(err))
	}
	cause := fmt.Errorf("the token endpoint answered %d %s", refused.Response.StatusCode, errorCode(refused.ErrorCode))
	switch refused.ErrorCode {
	case "invalid_client", "unauthorized_client":
		return failed(ProblemNotSetUp, cause)
	case "invalid_grant":
		return failed(ProblemExpired, cause)
	default:
		return failed(ProblemProviderAway, cause)
	}
}

// verify checks the ID token as OpenID Connect Core §3.1.3.7 wants it: signed by the provider, from it, for us, in time, and for
// this question.
func (e exchange) verify(ctx context.Context, tokens *oauth2.Token, now time.Time) (*oidc.IDToken, claims, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, claims{}, errors.New("there is no ID token")
	}
	verifier := e.provider.Verifier(&oidc.Config{ClientID: e.way.ClientID, Now: func() time.Time { return now }})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, claims{}, err
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return nil, claims{}, fmt.Errorf("claims: %w", err)
	}
	switch {
	case !secret.Equal(token.Nonce, e.way.Nonce):
		return nil, claims{}, errors.New("the ID token is for another question: its nonce differs")
	case dialtone.FromTheFuture(token.IssuedAt, now):
		return nil, claims{}, errors.New("the ID token was issued in the future")
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return nil, claims{}, fmt.Errorf("the subject has %d bytes", len(token.Subject))
	case len(token.Audience) > 1 && said.AuthorizedParty != e.way.ClientID, said.AuthorizedParty != "" && said.AuthorizedParty != e.way.ClientID:
		return nil, claims{}, errors.New("the ID token was issued to another client")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, claims{}, fmt.Errorf("access token: %w", err)
		}
	}
	return token, said, nil
}

// claims are what an ID token or the user info endpoint says of a person.
type claims struct {
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   any    `json:"email_verified"` // true; some providers write "true"
	Name            string `json:"name"`
}

// told reports whether the scopes were answered.
func (c claims) told() bool { return c.Email != "" }

// person takes what can be believed. An address that the provider has not proved could be anybody's: it would give the account
// of a member to whoever types that member's address into a profile.
func (c claims) person(subject string) Person {
	who := Person{Subject: subject}
	if c.EmailVerified == true || c.EmailVerified == "true" {
		if email, err := writing.Email(c.Email); err == nil {
			who.Email = email
		}
	}
	if name, err := account.ParseName(writing.Seen(c.Name)); err == nil {
		who.Name = name
	}
	return who
}

// userInfo asks the provider's user info endpoint. Without its answer nobody would know whether the person is a member already, and
// a second account would be made.
func (p *provider) userInfo(ctx context.Context, tokens *oauth2.Token, subject string) (claims, error) {
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return claims{}, failed(ProblemProviderAway, errors.New("the user info endpoint does not answer"))
	}
	if info.Subject != subject {
		// OpenID Connect Core §5.3.2: it could be somebody else's.
		return claims{}, failed(ProblemMismatch, errors.New("the user info is about another subject"))
	}
	var said claims
	if err := info.Claims(&said); err != nil {
		return claims{}, failed(ProblemMismatch, inShort(err))
	}
	return said, nil
}

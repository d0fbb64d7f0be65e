package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// maxSubject is the longest name that a provider may give a person, OpenID Connect Core §2, in bytes.
const maxSubject = 255

// colleague is a person as a provider knows them.
type colleague struct {
	subject string
	email   string // proved by the provider, in the form of writing.Email; may be empty
	name    string // may be empty
}

// client is us at the provider.
func (c *Company) client(p *provider, settings dialtone.CompanySignIn) (*oauth2.Config, error) {
	clientSecret, err := CompanySecrets{c.Keys}.openSecret(settings)
	if err != nil {
		return nil, companyError(ProblemNotSetUp, err)
	}
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client names itself there
	if clientSecret != "" {
		if endpoint.AuthStyle, err = p.authStyle(); err != nil {
			return nil, companyError(ProblemNotSetUp, err)
		}
	}
	return &oauth2.Config{
		ClientID: settings.ClientID, ClientSecret: clientSecret.Reveal(), Endpoint: endpoint,
		RedirectURL: c.Origin + CompanyCallback, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// identify changes the code for tokens and reads who the person is.
func (c *Company) identify(ctx context.Context, p *provider, settings dialtone.CompanySignIn, way companyWay, code string, now time.Time) (colleague, error) {
	client, err := c.client(p, settings)
	if err != nil {
		return colleague{}, err
	}
	ctx = oidc.ClientContext(ctx, c.HTTP)
	tokens, err := client.Exchange(ctx, code, oauth2.VerifierOption(way.Verifier))
	if err != nil {
		return colleague{}, exchangeError(err)
	}
	idToken, claims, err := p.verify(ctx, tokens, way, now)
	if err != nil {
		return colleague{}, companyError(ProblemMismatch, inShort(err))
	}
	if !claims.told() && p.UserInfoEndpoint() != "" {
		// OpenID Connect Core §5.4: what the scopes ask for may be there only.
		if claims, err = p.userInfo(ctx, tokens, idToken.Subject); err != nil {
			return colleague{}, err
		}
	}
	return claims.colleague(idToken.Subject), nil
}

// exchangeError says what it means that the token endpoint gave nothing. Its words are dropped: they may repeat the request, with
// code and secret in it.
func exchangeError(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return companyError(ProblemProviderAway, inShort(err))
	}
	cause := fmt.Errorf("the token endpoint answered %d %s", refused.Response.StatusCode, errorCode(refused.ErrorCode))
	switch refused.ErrorCode {
	case "invalid_client", "unauthorized_client":
		return companyError(ProblemNotSetUp, cause)
	case "invalid_grant":
		return companyError(ProblemExpired, cause)
	default:
		return companyError(ProblemProviderAway, cause)
	}
}

// verify checks the ID token as OpenID Connect Core §3.1.3.7 wants it: signed by the provider, from it, for us, in time, and for
// this question.
func (p *provider) verify(ctx context.Context, tokens *oauth2.Token, way companyWay, now time.Time) (*oidc.IDToken, companyClaims, error) {
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, companyClaims{}, errors.New("there is no ID token")
	}
	verifier := p.Verifier(&oidc.Config{ClientID: way.ClientID, Now: func() time.Time { return now }})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, companyClaims{}, err
	}
	var claims companyClaims
	if err := token.Claims(&claims); err != nil {
		return nil, companyClaims{}, fmt.Errorf("claims: %w", err)
	}
	switch {
	case !secret.Equal(token.Nonce, way.Nonce):
		return nil, companyClaims{}, errors.New("the ID token is for another question: its nonce differs")
	case dialtone.FromTheFuture(token.IssuedAt, now):
		return nil, companyClaims{}, errors.New("the ID token was issued in the future")
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return nil, companyClaims{}, fmt.Errorf("the subject has %d bytes", len(token.Subject))
	case len(token.Audience) > 1 && claims.AuthorizedParty != way.ClientID, claims.AuthorizedParty != "" && claims.AuthorizedParty != way.ClientID:
		return nil, companyClaims{}, errors.New("the ID token was issued to another client")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, companyClaims{}, fmt.Errorf("access token: %w", err)
		}
	}
	return token, claims, nil
}

// companyClaims are what an ID token or the user info endpoint says of a person.
type companyClaims struct {
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   any    `json:"email_verified"` // true; some providers write "true"
	Name            string `json:"name"`
}

// told reports whether the scopes were answered.
func (c companyClaims) told() bool { return c.Email != "" }

// colleague takes what can be believed. An address that the provider has not proved could be anybody's: it would give the account
// of a member to whoever types that member's address into a profile.
func (c companyClaims) colleague(subject string) colleague {
	who := colleague{subject: subject}
	if c.EmailVerified == true || c.EmailVerified == "true" {
		if email, err := writing.Email(c.Email); err == nil {
			who.email = email
		}
	}
	if name, err := parseName(writing.Seen(c.Name)); err == nil {
		who.name = name
	}
	return who
}

// userInfo asks the provider's user info endpoint. Without its answer nobody would know whether the person is a member already, and
// a second account would be made.
func (p *provider) userInfo(ctx context.Context, tokens *oauth2.Token, subject string) (companyClaims, error) {
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return companyClaims{}, companyError(ProblemProviderAway, errors.New("the user info endpoint does not answer"))
	}
	if info.Subject != subject {
		// OpenID Connect Core §5.3.2: it could be somebody else's.
		return companyClaims{}, companyError(ProblemMismatch, errors.New("the user info is about another subject"))
	}
	var claims companyClaims
	if err := info.Claims(&claims); err != nil {
		return companyClaims{}, companyError(ProblemMismatch, inShort(err))
	}
	return claims, nil
}

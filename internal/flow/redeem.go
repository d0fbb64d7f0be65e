package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

// Store is what spending needs of the database. Each method is one transaction.
type Store interface {
	RedeemCode(ctx context.Context, g dialtone.Grant, now time.Time) error
	RotateRefresh(ctx context.Context, r dialtone.Rotation, grace time.Duration, now time.Time) (dialtone.Rotated, error)
	GrantState(ctx context.Context, grantID, tokenID string) (dialtone.GrantState, error)
	TokenState(ctx context.Context, grantID, tokenID string, number bool, now time.Time) (dialtone.TokenState, error)
	TokenSpent(ctx context.Context, tokenID string) (bool, error)
	RevokeGrant(ctx context.Context, grantID string, reason dialtone.RevocationReason, event *dialtone.Event, now time.Time) error
	SpendToken(ctx context.Context, tokenID string, expires time.Time) error
	Subscription(ctx context.Context, id string) (dialtone.Subscription, error)
}

// Clients looks a client up with its product and listings; it may be up to a second old.
type Clients interface {
	Registration(ctx context.Context, clientID string) (dialtone.Registration, error)
}

// Tokens is what a grant yields at the token endpoint.
type Tokens struct {
	Access    string
	Refresh   string // empty without offline_access
	ID        string // empty without openid
	Scopes    []string
	ExpiresIn time.Duration // of the access token
	// OperatorID is the person's; empty for a client's own token.
	OperatorID string
}

// Redeem turns an authorization code into tokens (RFC 6749 §4.1.3). The code is spent by inserting its grant before
// anything is minted. Protocol failures are *oauth.Error.
func (f *Flow) Redeem(ctx context.Context, reg dialtone.Registration, request oauth.GrantRequest, now time.Time) (Tokens, error) {
	code, err := f.Minter.OpenCode(request.Code)
	if err != nil {
		return Tokens{}, oauth.NewError(oauth.InvalidGrant, "the code was not issued by this server")
	}
	if err := checkCode(code, reg.Client, request); err != nil {
		return Tokens{}, err
	}
	if !now.Before(code.Expires) {
		return Tokens{}, f.refuseExpired(ctx, code, now)
	}
	if !reg.Reaches(code.OperatorID, code.SubscriptionID, now) {
		return Tokens{}, oauth.NewError(oauth.InvalidGrant, "the product is no longer enabled at the person's operator")
	}
	grant := dialtone.Grant{
		ID:             code.ID,
		OperatorID:     code.OperatorID,
		SubscriptionID: code.SubscriptionID,
		ProductID:      code.ProductID,
		ClientID:       code.ClientID,
		SessionID:      code.SessionID,
		ConsentID:      code.ConsentID,
		Scopes:         code.Scopes,
		AMR:            code.AMR,
		AuthTime:       code.AuthTime,
		Claims:         code.Claims,
		Created:        now,
		Expires:        now.Add(f.Policy.Access),
	}
	var refresh string
	if slices.Contains(grant.Scopes, dialtone.ScopeOfflineAccess) {
		refresh, grant.RefreshHash = f.Minter.NewRefresh(grant.ID)
		grant.Expires = now.Add(f.Policy.Refresh)
	}
	switch err := f.Store.RedeemCode(ctx, grant, now); {
	case errors.Is(err, dialtone.ErrConflict):
		// RFC 6749 §4.1.2: the code was used before, so everything that the first use yielded has been revoked.
		return Tokens{}, oauth.NewError(oauth.InvalidGrant, "the code was used before; all its tokens are revoked")
	case errors.Is(err, dialtone.ErrForbidden):
		return Tokens{}, oauth.NewError(oauth.InvalidGrant, "the person signed out or withdrew consent before the code was used")
	case err != nil:
		return Tokens{}, fmt.Errorf("redeem code: %w", err)
	}
	return f.mint(ctx, reg.Client, grant, grant.Scopes, minting{refresh: refresh, nonce: code.Nonce}, now)
}

// refuseExpired answers a code that came too late. If it was spent in time before, this is a replay all the same, and
// everything that the first use yielded dies (RFC 6749 §4.1.2).
func (f *Flow) refuseExpired(ctx context.Context, code token.Code, now time.Time) error {
	event := dialtone.Event{
		ID: secret.ID("ev"), Kind: dialtone.EventCodeReplayed, OperatorID: code.OperatorID, SubscriptionID: code.SubscriptionID,
		ProductID: code.ProductID, ClientID: code.ClientID, Payload: "{}", At: now,
	}
	err := f.Store.RevokeGrant(ctx, code.ID, dialtone.RevokedCodeReplay, &event, now)
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("revoke the grant of a replayed code: %w", err)
	}
	return oauth.NewError(oauth.InvalidGrant, "the code has expired; begin again at the authorization endpoint")
}

// checkCode compares the code with the request that brings it (RFC 6749 §4.1.3, RFC 7636 §4.6).
func checkCode(code token.Code, client dialtone.Client, request oauth.GrantRequest) error {
	refuse := func(why string) error { return oauth.NewError(oauth.InvalidGrant, why) }
	switch {
	case code.ClientID != client.ID:
		return refuse("the code was issued to another client")
	case request.RedirectURI == "" && code.RedirectURIGiven:
		return refuse("redirect_uri is missing; it must equal the one of the authorization request")
	case request.RedirectURI != "" && request.RedirectURI != code.RedirectURI:
		return oauth.NewError(oauth.InvalidGrant, "redirect_uri differs from the one of the authorization request").
			WithCause(oauth.Mismatch("redirect_uri", []string{code.RedirectURI}, request.RedirectURI))
	case code.CodeChallenge == "" && request.CodeVerifier != "":
		// RFC 9700 §2.1.1: a verifier without a challenge means that somebody stripped the challenge on the way.
		return refuse("code_verifier was sent but the authorization request had no code_challenge")
	case code.CodeChallenge != "" && request.CodeVerifier == "":
		return refuse("code_verifier is missing")
	case code.CodeChallenge != "" && !oauth.VerifyPKCE(code.CodeChallenge, request.CodeVerifier):
		return refuse("code_verifier does not match the code_challenge")
	}
	return nil
}

// minting is what differs between the first tokens of a grant and later ones.
type minting struct {
	refresh string
	nonce   string // OpenID Connect Core 1.0 §12.2: only in the first ID token
	number  dialtone.PhoneNumber
}

// mint makes the tokens of a grant that has been written.
func (f *Flow) mint(ctx context.Context, client dialtone.Client, grant dialtone.Grant, scopes []string, m minting, now time.Time) (Tokens, error) {
	// No token outlives its grant.
	life := min(f.Policy.Access, grant.Expires.Sub(now))
	tokens := Tokens{Refresh: m.refresh, Scopes: scopes, ExpiresIn: life, OperatorID: grant.OperatorID}
	tokens.Access = f.Minter.Access(token.Access{
		ID:             secret.ID("at"),
		GrantID:        grant.ID,
		ClientID:       grant.ClientID,
		ProductID:      grant.ProductID,
		OperatorID:     grant.OperatorID,
		SubscriptionID: grant.SubscriptionID,
		SessionID:      grant.SessionID,
		Scopes:         scopes,
		Claims:         grant.Claims,
		Issued:         now,
		Expires:        now.Add(life),
	})
	if !slices.Contains(scopes, dialtone.ScopeOpenID) {
		return tokens, nil
	}
	claims, err := oauth.ParseClaims(grant.Claims)
	if err != nil {
		return Tokens{}, fmt.Errorf("claims of grant %s: %w", grant.ID, err)
	}
	id := token.IDToken{
		Subject:     f.Minter.Subject(grant.ProductID, grant.SubscriptionID),
		Audience:    grant.ClientID,
		Nonce:       m.nonce,
		ACR:         dialtone.ACR,
		AMR:         grant.AMR,
		SessionID:   f.Minter.SessionID(grant.ProductID, grant.SessionID),
		AccessToken: tokens.Access,
		AuthTime:    grant.AuthTime,
		Issued:      now,
		Expires:     now.Add(life),
	}
	if slices.Contains(scopes, dialtone.ScopePhone) &&
		(client.ClaimsInIDToken || slices.ContainsFunc(dialtone.ClaimsOf(dialtone.ScopePhone), claims.WantsIDToken)) {
		if m.number == "" {
			line, err := f.Store.Subscription(ctx, grant.SubscriptionID)
			if err != nil {
				return Tokens{}, fmt.Errorf("number for the ID token: %w", err)
			}
			m.number = line.PhoneNumber
		}
		id.PhoneNumber = m.number
	}
	if tokens.ID, err = f.Minter.IDToken(ctx, client.IDTokenAlgorithm, id); err != nil {
		return Tokens{}, fmt.Errorf("sign ID token: %w", err)
	}
	return tokens, nil
}

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

// Refresh turns a refresh token into new tokens and replaces it (RFC 6749 §6, RFC 9700 §4.14.2). The same token again
// within the client's grace gives the same successor, so that an answer lost on the way locks nobody out; later, it kills the
// whole family. Protocol failures are *oauth.Error.
func (f *Flow) Refresh(ctx context.Context, reg dialtone.Registration, request oauth.GrantRequest, now time.Time) (Tokens, error) {
	old, err := f.Minter.OpenRefresh(request.RefreshToken)
	if err != nil {
		return Tokens{}, oauth.NewError(oauth.InvalidGrant, "the refresh token was not issued by this server")
	}
	if len(request.Scopes) > 0 {
		// A scope that cannot be had must not cost the client its token, so it is checked before the rotation.
		if err := f.checkNarrower(ctx, old, reg.Client, request.Scopes); err != nil {
			return Tokens{}, err
		}
	}
	successor, hash := f.Minter.SuccessorRefresh(old)
	rotated, err := f.Store.RotateRefresh(ctx, dialtone.Rotation{
		GrantID:    old.GrantID,
		ClientID:   reg.Client.ID,
		Generation: old.Generation,
		Hash:       secret.Hash(request.RefreshToken),
		NewHash:    hash,
		Expires:    now.Add(f.Policy.Refresh),
	}, reg.Client.RefreshGrace(), now)
	if err != nil {
		return Tokens{}, explainReuse(err, reg.Client, now)
	}
	if !reg.Reaches(rotated.Grant.OperatorID, rotated.Grant.SubscriptionID, now) {
		// A repeat within the grace time changes nothing in the database and so is not refused there.
		return Tokens{}, refreshFailure(&dialtone.RevokedError{Reason: dialtone.RevokedNotAvailable})
	}
	scopes := slices.DeleteFunc(rotated.Grant.Scopes, func(scope string) bool { _, enabled := reg.Product.Scope(scope); return !enabled })
	if len(request.Scopes) > 0 {
		if scopes, err = oauth.Narrow(scopes, request.Scopes); err != nil {
			return Tokens{}, err
		}
	}
	return f.mint(ctx, reg.Client, rotated.Grant, scopes, minting{refresh: successor, number: rotated.PhoneNumber}, now)
}

func (f *Flow) checkNarrower(ctx context.Context, old token.Refresh, client dialtone.Client, scopes []string) error {
	state, err := f.Store.GrantState(ctx, old.GrantID, "")
	if err != nil {
		return refreshFailure(err)
	}
	if state.Grant.ClientID != client.ID {
		return refreshFailure(dialtone.ErrNotFound)
	}
	_, err = oauth.Narrow(state.Grant.Scopes, scopes)
	return err
}

// whyRevoked tells a client's developer why a refresh token no longer works.
var whyRevoked = map[dialtone.RevocationReason]string{
	dialtone.RevokedCodeReplay:        "the authorization code was used twice, so its tokens were revoked",
	dialtone.RevokedRefreshReuse:      "the refresh token was used before and its successor is in use; all its tokens are revoked",
	dialtone.RevokedByClient:          "the client revoked the token",
	dialtone.RevokedConsent:           "the person withdrew consent",
	dialtone.RevokedSignOut:           "the person signed out",
	dialtone.RevokedSubscriptionEnded: "the person's subscription has ended",
	dialtone.RevokedNotAvailable:      "the product is not enabled at the person's operator",
}

// explainReuse is refreshFailure with what the client's developers need to tell a lost answer from a copied token.
func explainReuse(err error, client dialtone.Client, now time.Time) error {
	failure := refreshFailure(err)
	revoked, _ := errors.AsType[*dialtone.RevokedError](err)
	known, ok := errors.AsType[*oauth.Error](failure)
	if !ok || revoked == nil || revoked.Reuse == nil {
		return failure
	}
	if revoked.Reuse.Behind < 0 {
		return oauth.NewError(oauth.InvalidGrant, "the refresh token is newer than what the server knows of it, as after its database was "+
			"restored to an earlier moment; the person has to sign in again")
	}
	if revoked.Reuse.Behind != 1 {
		return known.WithCause(fmt.Errorf("the token had been replaced %d times: two copies of it are in use, or the app went back to an old one",
			revoked.Reuse.Behind))
	}
	return known.WithCause(fmt.Errorf("the token had been replaced %s before; if the app never got that answer, it came back too late for the client's refresh grace of %s",
		now.Sub(revoked.Reuse.Replaced).Round(time.Second), client.RefreshGrace()))
}

// refreshFailure turns the store's answer into the protocol's.
func refreshFailure(err error) error {
	var revoked *dialtone.RevokedError
	switch {
	case errors.As(err, &revoked):
		why := whyRevoked[revoked.Reason]
		if why == "" {
			why = "the grant is revoked"
		}
		return oauth.NewError(oauth.InvalidGrant, why)
	case errors.Is(err, dialtone.ErrNotFound):
		return oauth.NewError(oauth.InvalidGrant, "the refresh token belongs to no grant of this client")
	case errors.Is(err, dialtone.ErrExpired):
		return oauth.NewError(oauth.InvalidGrant, "the refresh token was not used for too long and has expired")
	case errors.Is(err, dialtone.ErrForbidden):
		return oauth.NewError(oauth.InvalidGrant, "the person's line is blocked at the operator")
	}
	return fmt.Errorf("rotate refresh token: %w", err)
}

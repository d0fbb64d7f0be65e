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

// Active is a token that works now.
type Active struct {
	Access      token.Access
	PhoneNumber dialtone.PhoneNumber // from Holder
}

// Access opens an access token and reads once whether it still works. Error: ErrNotFound if it does not, for whatever reason.
func (f *Flow) Access(ctx context.Context, text string, now time.Time) (Active, error) {
	return f.access(ctx, text, false, now)
}

// Holder is Access with the number of the person's line, if the token is for it.
func (f *Flow) Holder(ctx context.Context, text string, now time.Time) (Active, error) {
	return f.access(ctx, text, true, now)
}

func (f *Flow) access(ctx context.Context, text string, number bool, now time.Time) (Active, error) {
	access, err := f.Minter.OpenAccess(text)
	if err != nil || access.Expired(now) {
		return Active{}, dialtone.ErrNotFound
	}
	if access.GrantID == "" {
		spent, err := f.Store.TokenSpent(ctx, access.ID)
		if err != nil {
			return Active{}, fmt.Errorf("look up token: %w", err)
		}
		if spent {
			return Active{}, dialtone.ErrNotFound
		}
		return Active{Access: access}, nil
	}
	number = number && slices.Contains(access.Scopes, dialtone.ScopePhone)
	state, err := f.Store.TokenState(ctx, access.GrantID, access.ID, number, now)
	if err != nil {
		return Active{}, fmt.Errorf("look up token: %w", err)
	}
	reg, err := f.Clients.Registration(ctx, access.ClientID)
	if err != nil {
		return Active{}, fmt.Errorf("client of a token: %w", err)
	}
	if !reg.Reaches(access.OperatorID, access.SubscriptionID, now) {
		return Active{}, dialtone.ErrNotFound
	}
	// A token says what was granted when it was made; what the person or the product took back since no longer counts.
	access.Scopes = slices.DeleteFunc(access.Scopes, func(scope string) bool {
		_, enabled := reg.Product.Scope(scope)
		return !enabled || !slices.Contains(state.Scopes, scope)
	})
	return Active{Access: access, PhoneNumber: state.PhoneNumber}, nil
}

// RefreshGrant opens a refresh token and reads once whether it is the live one of its grant. Error: ErrNotFound if not.
func (f *Flow) RefreshGrant(ctx context.Context, text string, now time.Time) (dialtone.Grant, error) {
	refresh, err := f.Minter.OpenRefresh(text)
	if err != nil {
		return dialtone.Grant{}, dialtone.ErrNotFound
	}
	state, err := f.Store.GrantState(ctx, refresh.GrantID, "")
	if err != nil {
		return dialtone.Grant{}, fmt.Errorf("look up grant: %w", err)
	}
	if !state.Alive(now) || !secret.Equal(state.Grant.RefreshHash, secret.Hash(text)) {
		return dialtone.Grant{}, dialtone.ErrNotFound
	}
	reg, err := f.Clients.Registration(ctx, state.Grant.ClientID)
	if err != nil {
		return dialtone.Grant{}, fmt.Errorf("client of a refresh token: %w", err)
	}
	if !reg.Reaches(state.Grant.OperatorID, state.Grant.SubscriptionID, now) {
		return dialtone.Grant{}, dialtone.ErrNotFound
	}
	return state.Grant, nil
}

// Revoke kills a token that a client brings (RFC 7009 §2.1). A refresh token takes its whole grant with it, an access token
// only itself. A token that is unknown, dead already or another client's is left alone, without an error: the client's
// wish is fulfilled or none of its business.
func (f *Flow) Revoke(ctx context.Context, reg dialtone.Registration, text string, now time.Time) error {
	if access, err := f.Minter.OpenAccess(text); err == nil {
		if access.ClientID != reg.Client.ID || access.Expired(now) {
			return nil
		}
		if err := f.Store.SpendToken(ctx, access.ID, access.Expires); err != nil && !errors.Is(err, dialtone.ErrConflict) {
			return fmt.Errorf("revoke access token: %w", err)
		}
		return nil
	}
	refresh, err := f.Minter.OpenRefresh(text)
	if err != nil {
		return nil
	}
	state, err := f.Store.GrantState(ctx, refresh.GrantID, "")
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("revoke refresh token: %w", err)
	case state.Grant.ClientID != reg.Client.ID:
		return nil
	}
	err = f.Store.RevokeGrant(ctx, refresh.GrantID, dialtone.RevokedByClient, nil, now)
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("revoke refresh token: %w", err)
	}
	return nil
}

// ClientCredentials makes an access token for the client itself (RFC 6749 §4.4). Nothing is read or written.
func (f *Flow) ClientCredentials(reg dialtone.Registration, request oauth.GrantRequest, now time.Time) (Tokens, error) {
	if reg.Client.Public() {
		return Tokens{}, oauth.NewError(oauth.UnauthorizedClient, "a public client cannot use client_credentials")
	}
	scopes, err := oauth.ClientCredentialsScopes(reg, request.Scopes)
	if err != nil {
		return Tokens{}, err
	}
	access := f.Minter.Access(token.Access{
		ID:        secret.ID("at"),
		ClientID:  reg.Client.ID,
		ProductID: reg.Product.ID,
		Scopes:    scopes,
		Issued:    now,
		Expires:   now.Add(f.Policy.Access),
	})
	return Tokens{Access: access, Scopes: scopes, ExpiresIn: f.Policy.Access}, nil
}

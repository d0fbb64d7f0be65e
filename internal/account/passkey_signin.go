package account

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// BeginPasskey returns the options for the browser's navigator.credentials.get, as JSON, and the state that FinishPasskey wants
// back within five minutes. They are the same for everybody: the authenticator knows whose passkeys it has. ErrUnavailable if the host
// can have no passkeys.
func (s *Service) BeginPasskey(_ context.Context, now time.Time) (options json.RawMessage, state string, err error) {
	w, err := s.webAuthn()
	if err != nil {
		return nil, "", fmt.Errorf("begin passkey sign-in: %w", err)
	}
	assertion, data, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("begin passkey sign-in: %w", err)
	}
	return s.seal("", assertion, data, now)
}

// FinishPasskey takes the browser's answer, the credential as toJSON() writes it, and signs its owner in.
//
// Errors: ErrNotFound if the passkey was removed here; ErrInvalid if the answer proves nothing; ErrExpired if it comes too late or
// a second time; ErrForbidden if the passkey seems to be copied; ErrConflict if it was used elsewhere at the same moment;
// ErrUnavailable.
func (s *Service) FinishPasskey(ctx context.Context, state string, response []byte, agent string, now time.Time) (SignedIn, error) {
	w, err := s.webAuthn()
	if err != nil {
		return SignedIn{}, fmt.Errorf("passkey sign-in: %w", err)
	}
	if len(response) > maxResponse {
		return SignedIn{}, fmt.Errorf("passkey sign-in: %w: the answer has %d bytes", dialtone.ErrInvalid, len(response))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return SignedIn{}, refused("passkey sign-in", err)
	}
	data, err := s.spend(ctx, "", state, now)
	if err != nil {
		return SignedIn{}, fmt.Errorf("passkey sign-in: %w", err)
	}
	passkey, err := s.Store.Passkey(ctx, encode(parsed.RawID))
	if err != nil {
		return SignedIn{}, fmt.Errorf("passkey sign-in: %w", err)
	}
	used, err := s.proved(w, passkey, data, parsed)
	if err != nil {
		return SignedIn{}, err
	}
	// Two answers with the same count cannot both pass: the second finds another credential than it was checked against.
	if err := s.Store.UsePasskey(ctx, passkey.ID, passkey.Credential, used, now); err != nil {
		return SignedIn{}, fmt.Errorf("passkey sign-in: %w", err)
	}
	account, err := s.Store.Account(ctx, passkey.AccountID)
	if err != nil {
		return SignedIn{}, fmt.Errorf("passkey sign-in: %w", err)
	}
	return s.StartSession(ctx, Proved{Account: account, Method: dialtone.SignInPasskey, Agent: agent}, now)
}

// proved checks an answer against the passkey that it names, and returns the credential with its new count, as the database keeps
// it. Errors: ErrInvalid; ErrForbidden if the count went back.
func (s *Service) proved(w *webauthn.WebAuthn, passkey dialtone.Passkey, data webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (string, error) {
	owner, err := s.personOf(passkey.AccountID, "", passkey)
	if err != nil {
		return "", fmt.Errorf("passkey sign-in: %w", err)
	}
	_, credential, err := w.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return owner, nil }, data, parsed)
	if err != nil {
		return "", refused("passkey sign-in", err)
	}
	if credential.Authenticator.CloneWarning {
		// WebAuthn §6.1.1: the private key is in two places, and we cannot tell which of them is the person's.
		s.Log.Warn("passkey refused: its sign count went back", "passkey", passkey.ID, "account", passkey.AccountID,
			"count", parsed.Response.AuthenticatorData.Counter, "known", credential.Authenticator.SignCount)
		return "", fmt.Errorf("passkey sign-in: the sign count went back: %w", dialtone.ErrForbidden)
	}
	kept, err := json.Marshal(credential)
	if err != nil {
		return "", fmt.Errorf("passkey sign-in: %w", err)
	}
	return string(kept), nil
}

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

// BeginAddPasskey returns the options for the browser's navigator.credentials.create, as JSON, and the state that FinishAddPasskey
// wants back within five minutes. Errors: FieldErrors for "name" if the account has as many as it may; *dialtone.ForbiddenError;
// ErrUnavailable if the host can have no passkeys.
func (s *Service) BeginAddPasskey(ctx context.Context, actor dialtone.Actor, now time.Time) (options json.RawMessage, state string, err error) {
	w, passkeys, err := s.mayAdd(ctx, actor)
	if err != nil {
		return nil, "", fmt.Errorf("begin to add passkey: %w", err)
	}
	person, err := s.personOf(actor.AccountID, actor.Name, passkeys...)
	if err != nil {
		return nil, "", fmt.Errorf("begin to add passkey: %w", err)
	}
	// An authenticator that has a passkey of the account already says so, instead of making a second one.
	creation, data, err := w.BeginRegistration(person, webauthn.WithExclusions(webauthn.Credentials(person.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("begin to add passkey: %w", err)
	}
	return s.seal(actor.AccountID, creation, data, now)
}

// mayAdd returns the account's passkeys if there may be one more.
func (s *Service) mayAdd(ctx context.Context, actor dialtone.Actor) (*webauthn.WebAuthn, []dialtone.Passkey, error) {
	w, err := s.webAuthn()
	if err != nil {
		return nil, nil, err
	}
	passkeys, err := s.Passkeys(ctx, actor)
	if err == nil && len(passkeys) >= maxPasskeys {
		err = dialtone.FieldErrors{{Field: "name", Problem: fmt.Sprintf("You have %d passkeys. Remove one before you add another.", len(passkeys))}}
	}
	return w, passkeys, err
}

// NewPasskey is a browser's answer to BeginAddPasskey.
type NewPasskey struct {
	State    string // from BeginAddPasskey
	Name     string // the person's word for it
	Response []byte // the credential, as toJSON() writes it
	Agent    string // the User-Agent header
}

// FinishAddPasskey keeps a passkey, and tells the person so by e-mail.
//
// Errors: FieldErrors for "name"; ErrInvalid if the answer does not prove a new key; ErrExpired if it comes too late or a second
// time; ErrConflict if the key is known already; *dialtone.ForbiddenError; ErrUnavailable.
func (s *Service) FinishAddPasskey(ctx context.Context, actor dialtone.Actor, made NewPasskey, now time.Time) (dialtone.Passkey, error) {
	w, _, err := s.mayAdd(ctx, actor)
	if err != nil {
		return dialtone.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	name, err := parsePasskeyName(made.Name)
	if err != nil {
		return dialtone.Passkey{}, err
	}
	if len(made.Response) > maxResponse {
		return dialtone.Passkey{}, fmt.Errorf("add passkey: %w: the answer has %d bytes", dialtone.ErrInvalid, len(made.Response))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(made.Response)
	if err != nil {
		return dialtone.Passkey{}, refused("add passkey", err)
	}
	data, err := s.spend(ctx, actor.AccountID, made.State, now)
	if err != nil {
		return dialtone.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	person, err := s.personOf(actor.AccountID, actor.Name)
	if err != nil {
		return dialtone.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	credential, err := w.CreateCredential(person, data, parsed)
	if err != nil {
		return dialtone.Passkey{}, refused("add passkey", err)
	}
	kept, err := json.Marshal(credential)
	if err != nil {
		return dialtone.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	passkey := dialtone.Passkey{ID: encode(credential.ID), AccountID: actor.AccountID, Name: name, Credential: string(kept), Created: now}
	if err := s.Store.PutPasskey(ctx, passkey, activity(actor, actionAddPasskey, passkey.ID, name, now)); err != nil {
		return dialtone.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	s.tellOfPasskey(ctx, passkey, made.Agent)
	return passkey, nil
}

// tellOfPasskey mails to the account's address that it has a new passkey: whoever sat down at somebody's open session could come
// back with it for ever. The passkey stands, whether the e-mail leaves or not, and the e-mail leaves even if the browser went
// away to prevent it.
func (s *Service) tellOfPasskey(ctx context.Context, p dialtone.Passkey, agent string) {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	account, err := s.Store.Account(ctx, p.AccountID)
	if err == nil && account.Email == "" {
		return // known through a company only: there is nowhere to write to
	}
	if err == nil {
		err = s.send(ctx, passkeyMail(account.Email, p, agentInWords(agent), s.Origin))
	}
	if err != nil {
		s.Log.WarnContext(ctx, "a new passkey is not told of by e-mail", "account", p.AccountID, "error", err)
	}
}

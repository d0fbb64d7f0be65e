package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const (
	ceremonyLifetime = 5 * time.Minute // between the browser's question and its answer
	maxPasskeys      = 20              // of an account
	maxResponse      = 32 << 10        // bytes of what an authenticator answers: some hundred are usual
	displayedAs      = "Dialtone"      // what browsers call us in their dialogue
)

// newPasskeys returns the WebAuthn rules of the portal, or nil if its host can have no passkeys: they are bound to a domain
// (WebAuthn §5.1.3), and an IP address is none.
func newPasskeys(origin *url.URL) (*webauthn.WebAuthn, error) {
	host := strings.ToLower(origin.Hostname())
	if net.ParseIP(host) != nil {
		return nil, nil
	}
	return webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: displayedAs, RPOrigins: []string{origin.Scheme + "://" + origin.Host},
		// What kind of authenticator it is does not matter to us, and would tell people apart.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			// A passkey is the whole sign-in: without the person's finger, face or PIN it proves who has the device.
			UserVerification: protocol.VerificationRequired,
		},
		// We ask for no extension and read none, and some password managers answer to what nobody asked (WebAuthn §9.4).
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

// PasskeysPossible reports whether the portal's host can have passkeys. Where it is false, every verb about them fails with
// ErrUnavailable.
func (s *Service) PasskeysPossible() bool { return s.passkeys != nil }

func (s *Service) webAuthn() (*webauthn.WebAuthn, error) {
	if s.passkeys == nil {
		return nil, fmt.Errorf("passkeys on a host without a domain name: %w", dialtone.ErrUnavailable)
	}
	return s.passkeys, nil
}

// person is an account as WebAuthn wants it.
type person struct {
	handle      []byte
	name        string
	credentials []webauthn.Credential
}

func (p person) WebAuthnID() []byte                         { return p.handle }
func (p person) WebAuthnName() string                       { return p.name }
func (p person) WebAuthnDisplayName() string                { return p.name }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

// personOf is the account with its passkeys. Authenticators know it by a keyed hash: the handle lies on devices that are lent and
// lost, and must lead to nobody.
func (s *Service) personOf(accountID, name string, passkeys ...dialtone.Passkey) (person, error) {
	p := person{handle: s.Keys.Fixed(secret.LabelPasskeyHandle, accountID), name: name}
	for _, passkey := range passkeys {
		var credential webauthn.Credential
		if err := json.Unmarshal([]byte(passkey.Credential), &credential); err != nil {
			return person{}, fmt.Errorf("stored passkey %s: %w", passkey.ID, err)
		}
		p.credentials = append(p.credentials, credential)
	}
	return p, nil
}

// ceremony is what we have to know again when the browser answers. It travels sealed through the browser.
type ceremony struct {
	ID        string               `json:"id"`
	AccountID string               `json:"account,omitempty"` // who adds a passkey; empty: somebody signs in
	Expires   time.Time            `json:"expires"`
	Data      webauthn.SessionData `json:"data"`
}

// seal returns the state of a new ceremony and the options for the browser as JSON: {"publicKey": …}.
func (s *Service) seal(accountID string, options any, data *webauthn.SessionData, now time.Time) (json.RawMessage, string, error) {
	state, err := json.Marshal(ceremony{ID: secret.ID("psk"), AccountID: accountID, Expires: now.Add(ceremonyLifetime), Data: *data})
	if err != nil {
		return nil, "", fmt.Errorf("seal passkey ceremony: %w", err)
	}
	text, err := json.Marshal(options)
	if err != nil {
		return nil, "", fmt.Errorf("options of passkey ceremony: %w", err)
	}
	return text, s.Keys.Seal(secret.LabelPasskey, state), nil
}

// spend opens a state and uses it up. Errors: ErrInvalid if it is not ours, or is another account's or purpose's; ErrExpired if
// it is too old or was used before.
func (s *Service) spend(ctx context.Context, accountID, state string, now time.Time) (webauthn.SessionData, error) {
	var c ceremony
	plain, err := s.Keys.Open(secret.LabelPasskey, state)
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	switch {
	case err != nil:
		return webauthn.SessionData{}, fmt.Errorf("state of passkey ceremony: %w", err)
	case c.AccountID != accountID: // what began as one thing must not end as another
		return webauthn.SessionData{}, fmt.Errorf("state of another passkey ceremony: %w", dialtone.ErrInvalid)
	case !now.Before(c.Expires):
		return webauthn.SessionData{}, fmt.Errorf("passkey ceremony took too long: %w", dialtone.ErrExpired)
	}
	err = s.Store.SpendToken(ctx, c.ID, c.Expires)
	if errors.Is(err, dialtone.ErrConflict) {
		return webauthn.SessionData{}, fmt.Errorf("passkey ceremony was finished before: %w", dialtone.ErrExpired)
	}
	return c.Data, err
}

// refused is an answer of an authenticator that does not prove what it should. The library's details are for the log.
func refused(what string, err error) error {
	if detailed, ok := errors.AsType[*protocol.Error](err); ok {
		return fmt.Errorf("%s: %w: %s (%s)", what, dialtone.ErrInvalid, detailed.Details, detailed.DevInfo)
	}
	return fmt.Errorf("%s: %w: %w", what, dialtone.ErrInvalid, err)
}

// Passkeys returns the passkeys of a person. *dialtone.ForbiddenError if the actor is confined.
func (s *Service) Passkeys(ctx context.Context, actor dialtone.Actor) ([]dialtone.Passkey, error) {
	if err := mayChangeAccount(actor); err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	passkeys, err := s.Store.Passkeys(ctx, actor.AccountID)
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return passkeys, nil
}

// RenamePasskey changes the person's word for a passkey. Errors: FieldErrors for "name"; ErrNotFound; *dialtone.ForbiddenError.
func (s *Service) RenamePasskey(ctx context.Context, actor dialtone.Actor, id, name string) error {
	if err := mayChangeAccount(actor); err != nil {
		return fmt.Errorf("rename passkey: %w", err)
	}
	name, err := parsePasskeyName(name)
	if err != nil {
		return err
	}
	if err := s.Store.RenamePasskey(ctx, actor.AccountID, id, name); err != nil {
		return fmt.Errorf("rename passkey: %w", err)
	}
	return nil
}

// RemovePasskey takes a passkey away; the sessions that it began stay. Errors: ErrNotFound; *dialtone.ForbiddenError.
func (s *Service) RemovePasskey(ctx context.Context, actor dialtone.Actor, id string, now time.Time) error {
	if err := mayChangeAccount(actor); err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	line := activity(actor, actionRemovePasskey, id, "", now)
	if err := s.Store.DeletePasskey(ctx, actor.AccountID, id, line); err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return nil
}

// parsePasskeyName returns the name, or one that always fits. Error: FieldErrors for "name".
func parsePasskeyName(text string) (string, error) {
	name, err := ParseName(text)
	if err == nil && name == "" {
		name = "Passkey"
	}
	return name, err
}

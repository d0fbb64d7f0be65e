// Package flow is the state machine of an authorization: what must happen before a client gets a code, and what the
// code and the refresh token may be turned into.
//
//	Begin ──▶ Interaction (sealed, carried by the browser)
//	              │
//	   Next(interaction, situation) ── pure ──▶ SignIn │ Consent │ Issue │ Fail
//	              │ Issue
//	           Finish ──▶ sealed code ──▶ Redeem ──▶ tokens ──▶ Refresh ──▶ tokens …
//
// It owns the decision and the spending of codes and refresh tokens. It knows no HTTP, no page and no SQL; the reasons
// why a person must act are data, in reasons.go.
package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

// Policy holds the life times. Start from DefaultPolicy.
type Policy struct {
	Interaction time.Duration // from the authorization request to the code
	Code        time.Duration // RFC 6749 §4.1.2: 10 minutes at most
	Access      time.Duration
	Refresh     time.Duration // from the last use
}

// DefaultPolicy is what a node has without settings.
var DefaultPolicy = Policy{
	Interaction: time.Hour,
	Code:        time.Minute,
	Access:      time.Hour,
	Refresh:     180 * 24 * time.Hour,
}

// Flow spends codes and refresh tokens and seals interactions. Safe for concurrent use.
type Flow struct {
	Issuer  string
	Store   Store
	Keys    *secret.Keys
	Minter  *token.Minter
	Clients Clients
	Policy  Policy
}

// Interaction is one authorization request on its way through sign-in and consent. It is never stored: the server seals
// it and the browser carries it in the parameter r. Abandoning it costs nothing.
type Interaction struct {
	ID      string                     `json:"i"` // random; what a PIN is bound to
	Request oauth.AuthorizationRequest `json:"q"`
	Started time.Time                  `json:"s"`
	// Browser is the hash of the browser-id cookie: another browser cannot go on with this interaction, so a link sent to
	// a victim cannot bring the attacker's request to consent.
	Browser   string               `json:"b,omitempty"`
	Number    dialtone.PhoneNumber `json:"n,omitempty"` // as typed on the number page
	Challenge string               `json:"c,omitempty"` // the PIN on its way to Number
	Language  string               `json:"l,omitempty"` // the language that the pages are shown in
	Asked     *Asked               `json:"a,omitempty"` // on a consent page: what it asks
	// Failure is what the client is told when the person goes back to it, from a page that cannot say so by a link; nil: that
	// the person did.
	Failure *oauth.Error `json:"f,omitempty"`
}

// Of reports whether the browser, by the value of its cookie, is the one that the interaction is bound to.
func (in Interaction) Of(browser string) bool { return secret.Equal(in.Browser, secret.Hash(browser)) }

// Asked is the question of one consent page. It is sealed into the page, so that an answer counts for the line and the scopes
// that the person saw, whatever other tabs did meanwhile.
type Asked struct {
	SubscriptionID string    `json:"s"`
	Scopes         []string  `json:"o"`
	Version        int       `json:"v"` // the product's ConsentVersion
	At             time.Time `json:"t"`
}

// Same reports whether two pages ask the same, at whatever time.
func (a Asked) Same(b Asked) bool {
	return a.SubscriptionID == b.SubscriptionID && a.Version == b.Version && slices.Equal(a.Scopes, b.Scopes)
}

// Begin makes an interaction of a request that passed oauth.Check.
func Begin(request oauth.AuthorizationRequest, now time.Time) Interaction {
	return Interaction{ID: secret.ID("ia"), Request: request, Started: now.UTC()}
}

// Seal returns the interaction as the parameter r: encrypted, authenticated, safe in a URL.
func (f *Flow) Seal(in Interaction) string {
	plain, err := json.Marshal(in)
	if err != nil {
		panic(fmt.Sprintf("flow: an interaction is plain data: %v", err))
	}
	return f.Keys.Seal(secret.LabelRequest, plain)
}

// Open undoes Seal. Errors: ErrInvalid if we did not make it; ErrExpired (with the interaction, for the way back to the
// client) if it is too old; ErrForbidden (likewise) if another browser brings it.
func (f *Flow) Open(sealed, browser string, now time.Time) (Interaction, error) {
	var in Interaction
	plain, err := f.Keys.Open(secret.LabelRequest, sealed)
	if err != nil {
		return in, fmt.Errorf("open interaction: %w", dialtone.ErrInvalid)
	}
	if err := json.Unmarshal(plain, &in); err != nil {
		return Interaction{}, fmt.Errorf("open interaction: %w", dialtone.ErrInvalid)
	}
	switch {
	case now.After(in.Started.Add(f.Policy.Interaction)):
		return in, fmt.Errorf("open interaction: %w", dialtone.ErrExpired)
	case !in.Of(browser):
		return in, fmt.Errorf("open interaction of another browser: %w", dialtone.ErrForbidden)
	}
	return in, nil
}

package dialtone

import (
	"fmt"
	"time"
)

// Grant is what one authorization of one client yielded: the family of tokens that live and die together. Its id is the
// id of the authorization code, so that a code can be spent once only.
type Grant struct {
	ID                string
	OperatorID        string
	SubscriptionID    string
	ProductID         string
	ClientID          string
	SessionID         string
	ConsentID         string
	Scopes            []string // as granted, in the order of the request
	AMR               []string
	AuthTime          time.Time
	Claims            string // the request's claims parameter, JSON; empty when none
	RefreshGeneration int    // counts the rotations; meaningless without offline_access
	RefreshHash       string // hash of the live refresh token; empty without offline_access
	RefreshRotated    time.Time
	Created           time.Time
	Expires           time.Time
	Revoked           time.Time // zero while alive
	RevokedReason     RevocationReason
}

// Offline reports whether the grant has a refresh token and outlives the browser session.
func (g Grant) Offline() bool { return g.RefreshHash != "" }

// Alive reports whether tokens of the grant work at now.
func (g Grant) Alive(now time.Time) bool { return g.Revoked.IsZero() && now.Before(g.Expires) }

// RevocationReason says why a grant died. It becomes the error_description of a later refresh.
type RevocationReason string

const (
	RevokedCodeReplay        RevocationReason = "code_replay"
	RevokedRefreshReuse      RevocationReason = "refresh_reuse"
	RevokedByClient          RevocationReason = "client" // RFC 7009
	RevokedConsent           RevocationReason = "consent_revoked"
	RevokedSignOut           RevocationReason = "sign_out"
	RevokedSubscriptionEnded RevocationReason = "subscription_ended"
	RevokedNotAvailable      RevocationReason = "not_available" // the product is not enabled at the operator; nothing is revoked
)

// Rotation asks to replace a refresh token by its successor. It succeeds once for each generation.
type Rotation struct {
	GrantID    string
	ClientID   string // the client that brought the token; another one's rotation fails with ErrNotFound
	Generation int    // of the token that was brought
	Hash       string // of the token that was brought
	NewHash    string // of its successor
	Expires    time.Time
}

// Rotated is a grant after its refresh token was replaced.
type Rotated struct {
	Grant       Grant
	PhoneNumber PhoneNumber // the line's current number
	Repeated    bool        // the same rotation was done a moment ago; its successor is given again
}

// GrantState is what one read says of a grant when a token of it is shown.
type GrantState struct {
	Grant              Grant
	PhoneNumber        PhoneNumber // the line's current number
	SubscriptionActive bool
	TokenSpent         bool // this very token was revoked (RFC 7009)
}

// Alive reports whether the token that was asked about works at now.
func (s GrantState) Alive(now time.Time) bool {
	return s.Grant.Alive(now) && s.SubscriptionActive && !s.TokenSpent
}

// TokenState is what an access token that works stands for now.
type TokenState struct {
	Scopes      []string    // of its grant, less those that the person took back
	PhoneNumber PhoneNumber // the line's current number, if it was asked for
}

// RevokedError says that a grant is dead and why. It wraps ErrForbidden.
type RevokedError struct {
	Reason RevocationReason
	Reuse  *Reuse // with RevokedRefreshReuse, when it is this very request that killed the grant
}

// Reuse is how a refresh token came again that had been replaced.
type Reuse struct {
	Behind   int       // by how many generations it is older than the live one
	Replaced time.Time // when the live one took the place of the one before it
}

func (e *RevokedError) Error() string { return fmt.Sprintf("grant revoked: %s", e.Reason) }

// Unwrap makes errors.Is(err, ErrForbidden) true.
func (e *RevokedError) Unwrap() error { return ErrForbidden }

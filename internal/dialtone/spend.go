package dialtone

import (
	"fmt"
	"time"
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

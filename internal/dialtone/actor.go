package dialtone

import (
	"time"
)

// APIKey opens the management API for one organization. The key itself is shown once and never kept.
type APIKey struct {
	ID             string
	OrganizationID string
	Name           string
	Hash           string   // secret.Hash of the key
	Rights         []string // names of catalog's actions, sorted
	CreatedBy      string   // as colleagues read it
	CreatorID      string   // account
	Created        time.Time
	Expires        time.Time // zero: never
	LastUsed       time.Time // zero: never; exact to a minute
	Revoked        time.Time // zero: it stands
}

// Live reports whether the key is accepted at now.
func (k APIKey) Live(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Actor is whoever does something: a person, or a program with an API key.
type Actor struct {
	AccountID string // empty: an API key
	APIKeyID  string // empty: a person
	// OrganizationID confines the actor to one organization: an API key's, or that of a company session.
	OrganizationID string
	ByPasskey      bool     // a person who signed in with a passkey
	Rights         []string // of an API key
	Name           string   // as the activity log shows it
}

// ID names the actor in histories: the account's id or the key's.
func (a Actor) ID() string {
	if a.APIKeyID != "" {
		return a.APIKeyID
	}
	return a.AccountID
}

// Activity is one line of an organization's log of what its members and keys did: append-only.
type Activity struct {
	ID             string
	OrganizationID string // empty: it concerns the account alone, as a new passkey
	ActorID        string // an account, an API key, or an operator, whose own log says who of its staff it was
	ActorName      string
	Action         string // "product.update", "client.secret.create"
	Target         string // id of what it was done to
	Detail         string // what changed, in words, without secrets
	At             time.Time
}

// IdempotentAnswer is what a request to the management API was answered, for when it is sent again with the same
// idempotency key.
type IdempotentAnswer struct {
	RequestHash string // of method, address and body: the key stands for this request only
	Status      int    // of HTTP; 0 until Done
	SealedBody  string
	Done        bool // false: the first one is still being worked on, or its node went down
	Created     time.Time
}

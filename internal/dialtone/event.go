package dialtone

import (
	"time"
)

// Event is a fact that a product's developers may learn, kept in the outbox until it is delivered.
type Event struct {
	ID             string
	Kind           EventKind
	OperatorID     string
	SubscriptionID string
	ProductID      string
	ClientID       string
	Payload        string // JSON object
	At             time.Time
}

// EventKind names an Event on the wire.
type EventKind string

const (
	EventConsentGranted EventKind = "consent.granted"
	EventConsentUpdated EventKind = "consent.updated"
	EventConsentRevoked EventKind = "consent.revoked"
	EventNumberChanged  EventKind = "number.changed" // the line has another number; userinfo tells it
	EventSIMReplaced    EventKind = "sim.replaced"
	EventRefreshReused  EventKind = "grant.refresh_token_reused"
	EventCodeReplayed   EventKind = "grant.code_replayed"
)

package dialtone

import (
	"slices"
	"time"
)

// Consent is what a subscription allows a product.
type Consent struct {
	ID             string
	OperatorID     string
	SubscriptionID string
	ProductID      string
	Scopes         []string // in the order in which the product lists them
	Refused        []string // optional scopes that were shown and left unticked; they are not asked for again
	Version        int      // the product's ConsentVersion that was shown
	Language       string
	Granted        time.Time
	Revoked        time.Time // zero while in force
}

// Covers reports whether the consent is in force and grants the scope.
func (c Consent) Covers(scope string) bool {
	return c.Revoked.IsZero() && slices.Contains(c.Scopes, scope)
}

// ConsentChannel is the way on which a consent was given or withdrawn.
type ConsentChannel string

const (
	ChannelConsentPage ConsentChannel = "consent_page" // the subscriber, in a sign-in
	ChannelRevokeLink  ConsentChannel = "revoke_link"  // the subscriber, on a link that the product made
	ChannelCare        ConsentChannel = "care"         // operator staff
	ChannelMyProducts  ConsentChannel = "my_products"  // the subscriber, on the page of all products
	ChannelLifeCycle   ConsentChannel = "life_cycle"   // the line ended
)

// ConsentEvent is one line of the append-only history of a consent.
type ConsentEvent struct {
	ID             string
	ConsentID      string
	OperatorID     string
	SubscriptionID string
	ProductID      string
	ClientID       string // the client whose request it was; empty when none
	Kind           ConsentEventKind
	Scopes         []string // what is granted after the event
	Version        int
	Language       string
	TextHash       string // SHA-256, hex, of the words as shown
	Channel        ConsentChannel
	Actor          string // "subscriber" or the staff member's id
	Reason         string
	At             time.Time
}

// ConsentEventKind names what happened to a consent.
type ConsentEventKind string

const (
	ConsentGranted ConsentEventKind = "granted"
	ConsentUpdated ConsentEventKind = "updated"
	ConsentRefused ConsentEventKind = "refused"
	ConsentRevoked ConsentEventKind = "revoked"
)

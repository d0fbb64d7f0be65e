package dialtone

import (
	"net/url"
	"slices"
	"time"
)

// Session is a signed-in browser. The cookie holds the id and a secret, the row the id and the secret's hash.
type Session struct {
	ID             string
	SecretHash     string
	OperatorID     string
	SubscriptionID string
	AMR            []string  // RFC 8176, for example sms, otp
	AuthTime       time.Time // when the person last proved the number
	Created        time.Time
	Expires        time.Time
	Ended          time.Time // zero while signed in
}

// Live reports whether the session counts at now.
func (s Session) Live(now time.Time) bool {
	return s.ID != "" && s.Ended.IsZero() && now.Before(s.Expires) && !FromTheFuture(s.AuthTime, now)
}

// ACR is the authentication context class of the sign-in with number and PIN, as ID tokens carry it in acr.
const ACR = "urn:dialtone:acr:sms-pin"

// Challenge is one PIN on its way: bound to a browser, an authorization request and a number.
type Challenge struct {
	ID             string
	BrowserHash    string // hash of the browser-id cookie that started it
	RequestHash    string // hash of the authorization request that it belongs to
	NumberKey      string // keyed hash of the number; budgets are counted on it
	SubscriptionID string // empty: the number is not served; no PIN was sent and none is right
	Digits         int    // of the code; 0: it was made before this was noted
	CodeHash       string // keyed hash of id and code
	SealedCode     string // the code itself, sealed, while the same one may be sent again; empty otherwise
	Attempts       int
	Sends          int
	NextSend       time.Time // earliest time for a resend
	Superseded     bool      // a newer challenge of the same request replaced it
	Verified       time.Time // zero until the right PIN came
	SessionID      string    // the session that the right PIN made
	Created        time.Time
	Expires        time.Time
}

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

// Registration is everything about a client that a protocol request needs, read together.
type Registration struct {
	Client       Client
	Product      Product
	Organization Organization
	Listings     map[string]ListingState // by operator id
	Testers      map[string]time.Time    // until when each may be reached, by subscription id
	Approved     bool                    // an operator has enabled the product by a decision of its own
}

// Trusted reports whether a browser may be sent to a registered address of the client without the word of the person who sits
// there: somebody has vouched for the product or the client, or the address is on the person's own computer. Any stranger can
// register a client, and a link to this host that leads on to an address of theirs by itself makes us an open redirector
// (RFC 9700 §4.11.2).
func (r Registration) Trusted(address string) bool {
	if r.Client.Applied || r.Approved {
		return true
	}
	parsed, err := url.Parse(address)
	return err == nil && LoopbackHost(parsed.Hostname())
}

// EnabledAt reports whether the product may reach all subscribers of the operator.
func (r Registration) EnabledAt(operatorID string) bool {
	return r.Listings[operatorID] == ListingEnabled
}

// LetIn reports whether an operator with real subscribers has enabled the product. Everybody can enable a product at the sandbox.
func (r Registration) LetIn() bool {
	for operatorID, state := range r.Listings {
		if state == ListingEnabled && operatorID != SandboxOperatorID {
			return true
		}
	}
	return false
}

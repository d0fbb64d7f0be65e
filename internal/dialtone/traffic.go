package dialtone

import (
	"time"
)

// FailedRequest is a request of a client that was refused, as its developers read it: no personal data, kept for 7 days.
type FailedRequest struct {
	ID          string // the error id
	ProductID   string
	ClientID    string
	Endpoint    string // "authorize", "token", "userinfo", "introspect", "revoke", "revoke-link"
	Code        string // the OAuth error code
	Description string // as the client was told
	Detail      string // the exact mismatch; empty if the description says all
	At          time.Time
}

// Tally is how often something happened with a client in an hour.
type Tally struct {
	ProductID  string
	ClientID   string
	OperatorID string // empty where none is known
	Hour       time.Time
	Kind       TallyKind
	Count      int64
}

// TallyKind names what is counted.
type TallyKind string

const (
	TallySignInStarted      TallyKind = "sign_in.started"       // a number was given and a PIN is on its way
	TallySignInCompleted    TallyKind = "sign_in.completed"     // the browser left with a code
	TallySignInDenied       TallyKind = "sign_in.denied"        // the subscriber said no
	TallySignInFailed       TallyKind = "sign_in.failed"        // too many wrong PINs
	TallySignInNotAvailable TallyKind = "sign_in.not_available" // the product is not enabled at the operator
	TallySignInRefused      TallyKind = "sign_in.refused"       // the request was faulty
	TallyConsentGranted     TallyKind = "consent.granted"
	TallyConsentUpdated     TallyKind = "consent.updated"
	TallyConsentRevoked     TallyKind = "consent.revoked"
	TallyTokenIssued        TallyKind = "token.issued"
	TallyTokenRefreshed     TallyKind = "token.refreshed"
	TallySMSSegments        TallyKind = "sms.segments" // what the operator pays for
	TallyTokenError         TallyKind = "token.error." // followed by the OAuth error code
)

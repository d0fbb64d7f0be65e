package dialtone

import (
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

// SessionState is what one read says of a browser that shows a session cookie at a product.
type SessionState struct {
	Session      Session
	Subscription Subscription
	Consent      Consent // to the product, in force; its ID is empty when there is none
}

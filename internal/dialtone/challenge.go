package dialtone

import (
	"errors"
	"time"
)

var (
	// ErrExhausted: a budget or a number of tries is used up; errors.As with *BudgetError says when to come back, if waiting
	// helps.
	ErrExhausted = errors.New("exhausted")
	// ErrSuperseded: a newer challenge of the same browser and request took this one's place.
	ErrSuperseded = errors.New("superseded")
)

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

// Code is a PIN or an e-mail code as its row keeps it.
type Code struct {
	Digits       int
	Hash, Sealed string
}

// Issue is a challenge to be made, and what decides on it.
type Issue struct {
	Challenge Challenge
	Budgets   []Budget // that it is charged to
	// Long takes the code's place if as many wrong tries as one of Guesses' limits were counted: then somebody guesses at the number.
	// Without a key in Guesses it never does.
	Long    Code
	Guesses Budget
}

// Resend is what sending a challenge's PIN again changes.
type Resend struct {
	Code     Code      // a new one; without a hash, the code stays
	Expires  time.Time // zero: stays
	NextSend time.Time // earliest time for the resend after this one
}

// Try is one attempt at a PIN. It counts for one browser, one authorization request and one challenge together.
type Try struct {
	ID          string // of the challenge
	BrowserHash string
	RequestHash string
	CodeHash    string // keyed hash of id and the code that was typed
	MaxAttempts int
	// GuessKey is the budget in which a wrong try is counted; empty: it is not. It refuses nothing here: a right code would be refused
	// for what others tried.
	GuessKey  string
	ProductID string // whose consent Tried.State tells
	// Session is inserted if the code is right. Its OperatorID and SubscriptionID come from the challenge's subscription.
	Session Session
}

// Tried is what a Try led to.
type Tried struct {
	Challenge Challenge // after the try
	Right     bool
	State     SessionState // of the session inserted, at the Try's product; zero unless Right
}

// ChallengeState is what one read says of a challenge.
type ChallengeState struct {
	Challenge
	Line Subscription // whose number it was made for; its ID is empty if nobody serves that
}

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

// SessionState is what one read says of a browser that shows a session cookie at a product.
type SessionState struct {
	Session      Session
	Subscription Subscription
	Consent      Consent // to the product, in force; its ID is empty when there is none
}

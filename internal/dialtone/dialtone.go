// Package dialtone holds the nouns of the product and the rules that a noun can check by looking at itself.
//
// It owns what an Operator, a Product, a Client, a Consent or a Grant is; every other package speaks in these words.
// It refuses to know about HTTP, SQL, time sources or randomness: it imports the standard library only.
//
//	Operator ── Subscription ── Session ─┐
//	    │            │                   │
//	 Listing      Consent ────────────  Grant ── access and refresh tokens
//	    │            │                   │
//	Organization ── Product ───────── Client
//
// Times are UTC. A zero time.Time means "never" or "not yet", as the field says.
package dialtone

import "errors"

// The errors that verbs and the store return, wrapped with what was tried. Compare with errors.Is.
var (
	// ErrNotFound: there is no such thing, or the actor may not know that there is.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the thing exists already, was changed meanwhile, or was spent before.
	ErrConflict = errors.New("conflict")
	// ErrExpired: it was valid once and is too old now.
	ErrExpired = errors.New("expired")
	// ErrForbidden: the actor is known and may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrInvalid: the value itself breaks a rule; the text says which.
	ErrInvalid = errors.New("invalid")
	// ErrUnavailable: a part that the answer depends on, the database above all, does not answer now.
	ErrUnavailable = errors.New("unavailable")
)

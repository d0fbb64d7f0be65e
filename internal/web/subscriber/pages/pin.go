package pages

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// PIN asks for the PIN that came by SMS. It posts r and pin to /signin/pin; "send again" posts r to /signin/resend.
type PIN struct {
	web.Frame
	State       string // r
	Product     dialtone.Product
	Operators   Operators
	Trial       bool                 // no real subscribers but invited ones are reached
	Number      dialtone.PhoneNumber // shown masked
	Digits      int                  // of the PIN
	Left        time.Duration        // until the PIN expires; zero or less: it has
	ResendAfter time.Duration        // until it may be sent again; zero or less: now
	NoResend    bool                 // it was sent as often as allowed
	SentAgain   bool                 // it just was: say so
	SentNew     bool                 // with SentAgain: it is another PIN
	Problem     PINProblem
	TriesLeft   int           // with PINWrong
	RetryAfter  time.Duration // with PINExhausted and PINResendRefused: until a new PIN may be asked for; zero: now
	OtherNumber string        // the address of the number page
	Back        string        // leads to the app, with error=access_denied; empty: no way back
}

// PINProblem is why a PIN was not accepted, or not sent again.
type PINProblem string

// The problems; each has its own words.
const (
	PINMalformed     PINProblem = "malformed"      // empty, or not Digits digits; no try was counted
	PINWrong         PINProblem = "wrong"          // see TriesLeft
	PINExpired       PINProblem = "expired"        // too late
	PINExhausted     PINProblem = "exhausted"      // too many wrong ones; see RetryAfter
	PINSuperseded    PINProblem = "superseded"     // a newer PIN of the same sign-in replaced it
	PINTooSoon       PINProblem = "too_soon"       // "send again" was pressed too early
	PINResendRefused PINProblem = "resend_refused" // PINs were asked for too often; see RetryAfter
)

// Title says what to do.
func (p PIN) Title() web.Text {
	if p.Dead() {
		return web.Text{ID: "pin.title_dead"}
	}
	return web.Text{ID: "pin.title"}
}

// Dead reports whether no PIN can be entered any more and a new one is needed.
func (p PIN) Dead() bool {
	return p.Problem == PINExpired || p.Problem == PINExhausted || p.Left <= 0
}

// Mistyped reports whether the problem belongs to what was typed into the field.
func (p PIN) Mistyped() bool {
	return p.Problem == PINMalformed || p.Problem == PINWrong || p.Problem == PINSuperseded
}

// ResendProblem reports whether the problem is that the PIN was not sent again.
func (p PIN) ResendProblem() bool {
	return p.Problem == PINTooSoon || p.Problem == PINResendRefused
}

// TimeLeft is Left without promising more than is true when it is said in whole minutes.
func (p PIN) TimeLeft() time.Duration {
	if p.Left > 2*time.Minute {
		return p.Left.Truncate(time.Minute)
	}
	return p.Left
}

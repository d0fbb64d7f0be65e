package pages

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Number asks for the phone number. It posts r and phone_number to /signin.
//
// With Confirm it asks whether this is the number: the person wrote it without a country code, or as it was written before a
// plan changed, and sees what we made of it before anything is sent. That form also posts confirmed=yes.
type Number struct {
	web.Frame
	State        string // r
	Product      dialtone.Product
	Organization string // who offers the product; may be empty
	Operators    Operators
	Trial        bool   // no real subscribers but invited ones are reached
	Value        string // what the field holds: typed before, or the request's login_hint
	Confirm      web.LTR
	Also         web.LTR // with Confirm: the number that is tried besides, in today's writing; may be empty
	Example      web.LTR // a number as people here write it; empty: no example
	Problem      NumberProblem
	RetryAfter   time.Duration // with NumberTooMany
	Edit         string        // with Confirm: the address that leads back to the empty field
	Back         string        // leads to the app, with error=access_denied; empty: no way back
}

// Operators are the names of those whose subscribers the product reaches; none if they are not known.
type Operators []string

// operatorsNamed is how many names a page has room for.
const operatorsNamed = 8

// Named are the ones that the page names.
func (o Operators) Named() []string { return o[:min(len(o), operatorsNamed)] }

// More is how many others there are.
func (o Operators) More() int { return len(o) - len(o.Named()) }

// NumberProblem is what is wrong with the number that was posted.
type NumberProblem string

// The problems that a person can do something about.
const (
	NumberEmpty        NumberProblem = "empty"
	NumberTooShort     NumberProblem = "too_short"
	NumberTooLong      NumberProblem = "too_long"
	NumberNotANumber   NumberProblem = "not_a_number"
	NumberNeedsCountry NumberProblem = "needs_country"
	NumberTooMany      NumberProblem = "too_many" // PINs were asked for too often; see RetryAfter
)

// Title names the product that the person signs in to.
func (p Number) Title() web.Text {
	if p.Confirm != "" {
		return web.Text{ID: "number.confirm.title"}
	}
	return web.Text{ID: "number.title", Values: web.Values{"product": p.Product.Name}}
}

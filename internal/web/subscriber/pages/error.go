package pages

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Error is a dead end: it says what happened and what to do next.
type Error struct {
	web.Frame
	Problem    Problem
	ErrorID    web.LTR          // under which the log, and the product's developer, finds what happened; may be empty
	Developer  string           // one sentence in English for the product's developer; may be empty
	Portal     string           // where the product's developers look the error id up; may be empty
	Product    dialtone.Product // zero when unknown
	RetryAfter time.Duration    // with ProblemUnavailable
	Again      string           // the address at which to try again; may be empty
	Back       string           // leads to the app, with a proper OAuth error; may be empty
}

// Problem is why a request leads nowhere.
type Problem string

// The problems; each has its own words.
const (
	ProblemRequest      Problem = "request"       // the app's request is wrong: client or redirect URI
	ProblemExpired      Problem = "expired"       // the sign-in was begun too long ago
	ProblemOtherBrowser Problem = "other_browser" // the sign-in was begun in another browser
	ProblemLink         Problem = "link"          // a revoke link that was used, is too old or is none
	ProblemBlocked      Problem = "blocked"       // the line cannot be used now
	ProblemAnswered     Problem = "answered"      // the app has the person's answer
	ProblemNotFound     Problem = "not_found"     // there is no such page
	ProblemForm         Problem = "form"          // what was posted cannot be read, or came from another site
	ProblemUnavailable  Problem = "unavailable"   // the database is away
	ProblemFault        Problem = "fault"         // a fault of ours
)

// Title says what happened.
func (p Error) Title() web.Text { return web.Text{ID: "error." + string(p.Problem) + ".title"} }

// Explanation says why, and what to do.
func (p Error) Explanation() web.Text {
	return web.Text{ID: "error." + string(p.Problem) + ".text"}
}

// NotAvailable says that the operator does not offer the product to its subscribers.
type NotAvailable struct {
	web.Frame
	Nowhere     bool // no operator does: there is no number to speak of
	Product     dialtone.Product
	Number      dialtone.PhoneNumber // shown masked
	OtherNumber string               // signs in with another number; may be empty
	Back        string               // leads to the app, with error=access_denied
}

// Title says what happened.
func (p NotAvailable) Title() web.Text {
	if p.Nowhere {
		return web.Text{ID: "not_available.title_nowhere", Values: web.Values{"product": p.Product.Name}}
	}
	return web.Text{ID: "not_available.title", Values: web.Values{"product": p.Product.Name}}
}

// Front is the host's own first page: who comes here without an app finds out what this is.
type Front struct {
	web.Frame
}

// Title says what this is.
func (p Front) Title() web.Text { return web.Text{ID: "front.title"} }

package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/rate"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web"
)

// postLimit is how many forms one account may send to one node: more than a person, and fewer than a program that means harm.
var postLimit = rate.Limit{PerMinute: 120, Burst: 60}

const maxForm = 64 << 10 // bytes of a posted form; uploads set their own limit

// Accounts says who is signed in.
type Accounts interface {
	// Session returns the live session that a cookie names; ErrNotFound if there is none.
	Session(ctx context.Context, cookie string, now time.Time) (dialtone.AccountSession, dialtone.Account, error)
}

// Visit is one request of a person.
type Visit struct {
	Account dialtone.Account // the zero value: nobody is signed in
	Session dialtone.AccountSession
	Actor   dialtone.Actor
	Now     time.Time
}

// Handler answers one request of a person.
type Handler func(w http.ResponseWriter, r *http.Request, v Visit)

// Desk is where every request of a person arrives.
type Desk struct {
	Accounts Accounts
	Cookies  web.Cookies
	ClientIP func(*http.Request) string
	Log      *slog.Logger
	Now      func() time.Time
	Room     *Room                  // for error pages
	Budgets  *dialtone.BudgetCounts // of those that bit
	Pages    Keeper
	Seals    *secret.Keys // for what Pages keeps

	posts rate.Buckets // of signed-in accounts, and of networks where nobody is signed in
}

// Open serves a page that is there for everybody; the visit says who looks, if anybody is signed in. Whoever is not must wait if
// too much is posted from the same network.
func (d *Desk) Open(next Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := d.visit(r)
		if err != nil {
			d.Fail(w, r, v, err)
			return
		}
		if v.Account.ID == "" {
			if err := d.mayPostUnknown(r, v.Now); err != nil {
				d.Fail(w, r, v, err)
				return
			}
		}
		next(w, r, v)
	})
}

// mayPostUnknown takes one of the posts of each network around who is not signed in: one address has few, and whoever rents many
// shares those of the network that they are in. Error: *dialtone.BudgetError.
func (d *Desk) mayPostUnknown(r *http.Request, now time.Time) error {
	if r.Method != http.MethodPost {
		return nil
	}
	address := d.ClientIP(r)
	for _, network := range []struct {
		name  dialtone.BudgetName
		whose string
		limit rate.Limit
	}{
		{dialtone.BudgetPostsHousehold, dialtone.Household(address), rate.Limit{PerMinute: 120, Burst: 120}},
		{dialtone.BudgetPostsNeighbourhood, dialtone.Neighbourhood(address), rate.Limit{PerMinute: 1_200, Burst: 1_200}},
		{dialtone.BudgetPostsProvider, dialtone.Provider(address), rate.Limit{PerMinute: 12_000, Burst: 12_000}},
	} {
		if err := d.takePost(network.name, network.whose, network.limit, now); err != nil {
			return err
		}
	}
	return nil
}

// takePost takes one post. Error: *dialtone.BudgetError, which does not say whose the budget is: that may be an address.
func (d *Desk) takePost(name dialtone.BudgetName, whose string, limit rate.Limit, now time.Time) error {
	wait := d.posts.Take(name.Of(whose), limit, now)
	if wait == 0 {
		return nil
	}
	d.Budgets.Bit(name)
	return fmt.Errorf("post: %w", &dialtone.BudgetError{Key: string(name), RetryAfter: wait})
}

// Signed serves a page for people who are signed in. All others are sent to sign in first, and come back to it. An account that
// posts too often has to wait.
func (d *Desk) Signed(next Handler) http.Handler {
	return d.Open(func(w http.ResponseWriter, r *http.Request, v Visit) {
		if v.Account.ID == "" {
			See(w, "/signin?to="+url.QueryEscape(comesBackTo(r)))
			return
		}
		if err := d.mayPost(r, v); err != nil {
			d.Fail(w, r, v, err)
			return
		}
		next(w, r, v)
	})
}

// comesBackTo is where somebody goes on who had to sign in first: after a form, on the page where it stands, so far as the browser
// says which that is.
func comesBackTo(r *http.Request) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return Inside(from.RequestURI())
}

// mayPost takes one of the account's posts. Error: *dialtone.BudgetError. Reading is not counted: it writes nothing.
func (d *Desk) mayPost(r *http.Request, v Visit) error {
	if r.Method != http.MethodPost {
		return nil
	}
	return d.takePost(dialtone.BudgetPosts, v.Account.ID, postLimit, v.Now)
}

func (d *Desk) visit(r *http.Request) (Visit, error) {
	v := Visit{Now: d.Now()}
	cookie := d.Cookies.Get(r, d.Room.face.SessionCookie())
	if cookie == "" {
		return v, nil
	}
	session, account, err := d.Accounts.Session(r.Context(), cookie, v.Now)
	if errors.Is(err, dialtone.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Session, v.Account = session, account
	v.Actor = dialtone.Actor{
		AccountID: account.ID, OrganizationID: session.OrganizationID, ByPasskey: session.Method == dialtone.SignInPasskey, Name: account.Display(),
	}
	return v, nil
}

// Form reads a posted form. When it returns false, the request is answered.
func (d *Desk) Form(w http.ResponseWriter, r *http.Request, v Visit) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		d.fail(w, v, http.StatusBadRequest, Error{What: ErrorForm})
		return false
	}
	return true
}

// See sends the browser to another page by GET, after a form was taken.
func See(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// Inside returns the address if it is a path of this host, else the front page: what came from outside must not lead
// elsewhere (RFC 9700 §4.11).
func Inside(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\t\r\n") ||
		parsed.Host != "" || parsed.Scheme != "" {
		return "/"
	}
	return address
}

// Error is the page for what cannot be answered otherwise.
type Error struct {
	Shell
	What    ErrorKind
	Why     string // with ErrorForbidden: a sentence that says what to do
	Wait    string // with ErrorTooMany: how long, in words
	ErrorID string // under which the log has the cause; empty where the page says all
}

// ErrorKind chooses the words of an Error.
type ErrorKind string

const (
	ErrorNotFound    ErrorKind = "not_found"
	ErrorForbidden   ErrorKind = "forbidden"
	ErrorForm        ErrorKind = "form"
	ErrorForeign     ErrorKind = "foreign"
	ErrorConflict    ErrorKind = "conflict"
	ErrorTooMany     ErrorKind = "too_many"
	ErrorUnavailable ErrorKind = "unavailable"
	ErrorFault       ErrorKind = "fault"
)

// Fail is the one place where an error becomes an answer and a log line. What a form can show at its fields is
// no matter of this function.
func (d *Desk) Fail(w http.ResponseWriter, r *http.Request, v Visit, err error) {
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		d.fail(w, v, http.StatusNotFound, Error{What: ErrorNotFound})
	case errors.Is(err, dialtone.ErrForbidden):
		d.fail(w, v, http.StatusForbidden, Error{What: ErrorForbidden, Why: why(err)})
	case errors.Is(err, dialtone.ErrConflict):
		d.fail(w, v, http.StatusConflict, Error{What: ErrorConflict})
	case errors.Is(err, dialtone.ErrInvalid):
		d.fail(w, v, http.StatusBadRequest, Error{What: ErrorForm})
	case errors.Is(err, dialtone.ErrExhausted):
		d.fail(w, v, http.StatusTooManyRequests, Error{What: ErrorTooMany, Wait: Later(w, err)})
	case errors.Is(err, dialtone.ErrUnavailable):
		w.Header().Set("Retry-After", "2")
		d.logged(w, r, v, http.StatusServiceUnavailable, ErrorUnavailable, err)
	default:
		d.logged(w, r, v, http.StatusInternalServerError, ErrorFault, err)
	}
}

// RefuseForeign answers a form that a page of another site sent, whoever is signed in. The log has what the browser says: a wrong
// address of the face shows there.
func (d *Desk) RefuseForeign(w http.ResponseWriter, r *http.Request) {
	d.Log.InfoContext(r.Context(), "form of another site refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
	d.fail(w, Visit{Now: d.Now()}, http.StatusForbidden, Error{What: ErrorForeign})
}

// Illegible answers a request that has a NUL or broken UTF-8 in its path (404), its query or a header (400), before a room
// sees it.
func (d *Desk) Illegible(w http.ResponseWriter, r *http.Request, status int) {
	err := dialtone.ErrInvalid
	if status == http.StatusNotFound {
		err = dialtone.ErrNotFound
	}
	d.Fail(w, r, Visit{Now: d.Now()}, err)
}

// logged answers with an id under which the log has the cause.
func (d *Desk) logged(w http.ResponseWriter, r *http.Request, v Visit, status int, what ErrorKind, err error) {
	d.fail(w, v, status, Error{What: what, ErrorID: d.Note(r, slog.LevelError, err)})
}

// Note writes the error into the log and returns the id under which it stands there. A warning is what anybody can bring about.
func (d *Desk) Note(r *http.Request, level slog.Level, err error) string {
	id := secret.ID("er")
	d.Log.Log(r.Context(), level, "request failed", "route", r.Pattern, "error_id", id, "error", err)
	return id
}

// why is what the person is told about a refusal, empty if the error does not say.
func why(err error) string {
	if forbidden, ok := errors.AsType[*dialtone.ForbiddenError](err); ok {
		return forbidden.Why
	}
	return ""
}

func (d *Desk) fail(w http.ResponseWriter, v Visit, status int, page Error) {
	page.Title = titles[page.What]
	d.Room.Render(w, v, status, &page)
}

var titles = map[ErrorKind]string{
	ErrorNotFound:    "This page does not exist",
	ErrorForbidden:   "You may not do this",
	ErrorForm:        "That form could not be read",
	ErrorForeign:     "That came from another site",
	ErrorConflict:    "Somebody else was faster",
	ErrorTooMany:     "Too many tries",
	ErrorUnavailable: "We cannot answer at the moment",
	ErrorFault:       "Something went wrong on our side",
}

package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Kind is a kind of problem: what its type address names.
type Kind struct {
	Name   string // the last part of the type: /docs/errors#NAME
	Status int
	Title  string
	Do     string // what to do about it, for the documentation
}

// The kinds of problems.
var (
	kindMalformed    = Kind{"malformed", http.StatusBadRequest, "The request cannot be read", "Correct the JSON or the header that detail names."}
	kindUnauthorized = Kind{"unauthorized", http.StatusUnauthorized, "A valid API key is needed", "Send a live API key of the organization."}
	kindForbidden    = Kind{"forbidden", http.StatusForbidden, "This API key may not do this", "Use a key that has the right in the member right, or do it in the portal."}
	kindCrossOrigin  = Kind{"cross-origin", http.StatusForbidden, "Web pages of other sites may not call the API", "Call the API from a server: an API key does not belong into a browser."}
	kindNotFound     = Kind{"not-found", http.StatusNotFound, "There is no such thing", "Check the address and the ids in it. Things of other organizations are not found either."}
	kindMethod       = Kind{"method-not-allowed", http.StatusMethodNotAllowed, "This address does not take that method", "Use a method of the header Allow."}
	kindConflict     = Kind{"conflict", http.StatusConflict, "This does not fit with what is there", "Read the thing again and decide anew."}
	kindInProgress   = Kind{"request-in-progress", http.StatusConflict, "A request with this idempotency key is not answered yet", "Wait a moment and send the same request again."}
	kindIncomplete   = Kind{"incomplete", http.StatusConflict, "The product is not complete", "Do what errors lists, then offer the product again."}
	kindChanged      = Kind{"changed-meanwhile", http.StatusPreconditionFailed, "Somebody else changed it meanwhile", "Take over the member current, apply your change to it, and send its ETag in If-Match."}
	kindTooLarge     = Kind{"too-large", http.StatusRequestEntityTooLarge, "The body is too large", "Send less: 256 KiB of JSON, 512 KiB of picture."}
	kindMediaType    = Kind{"unsupported-media-type", http.StatusUnsupportedMediaType, "The body has a type that is not taken here", "Send Content-Type: application/json, or for an icon the type of the picture, and no Content-Encoding."}
	kindInvalid      = Kind{"invalid", http.StatusUnprocessableEntity, "Some values cannot be taken", "Correct each field that errors names."}
	kindKeyReused    = Kind{"idempotency-key-reused", http.StatusUnprocessableEntity, "This idempotency key belongs to another request", "Use a new key for every new request."}
	kindPrecondition = Kind{"precondition-required", http.StatusPreconditionRequired, "If-Match is missing", "Read the thing and send its ETag in If-Match, so that no change of somebody else is lost."}
	kindTooMany      = Kind{"too-many-requests", http.StatusTooManyRequests, "Too many requests with this API key", "Wait as many seconds as Retry-After says."}
	kindFault        = Kind{"fault", http.StatusInternalServerError, "Something went wrong on our side", "Send the request again later; with the error id we can find out what happened."}
	kindUnavailable  = Kind{"unavailable", http.StatusServiceUnavailable, "We cannot answer at the moment", "Send the request again after as many seconds as Retry-After says."}
)

var allKinds = []Kind{
	kindMalformed, kindUnauthorized, kindForbidden, kindCrossOrigin, kindNotFound, kindMethod, kindConflict, kindInProgress, kindIncomplete,
	kindChanged, kindTooLarge, kindMediaType, kindInvalid, kindKeyReused, kindPrecondition, kindTooMany, kindFault, kindUnavailable,
}

// Problem is the answer to what could not be done (RFC 9457). It is an error, too.
type Problem struct {
	Type     string       `json:"type" format:"uri" doc:"The kind of problem: an address that explains it"`
	Title    string       `json:"title" doc:"The kind of problem in words"`
	Status   int          `json:"status" doc:"The HTTP status"`
	Detail   string       `json:"detail,omitempty" doc:"What is wrong this time and what to do"`
	Instance string       `json:"instance,omitempty" doc:"The path of the request"`
	Errors   []FieldFault `json:"errors,omitempty" nullable:"false" doc:"What is wrong, field by field"`
	Right    string       `json:"right,omitempty" doc:"With 403: the right that the API key lacks"`
	ErrorID  string       `json:"error_id,omitempty" doc:"With 5xx: the id under which our log has the cause"`
	Current  any          `json:"current,omitempty" doc:"With 412: the thing as it is now"`

	kind    Kind
	headers http.Header
	cause   error // for the log; of 5xx only
}

// FieldFault is what is wrong with one field.
type FieldFault struct {
	Detail    string `json:"detail" doc:"What to do"`
	Field     string `json:"field,omitempty" doc:"The field, its parts joined by dots: redirect_uris.0"`
	Pointer   string `json:"pointer,omitempty" doc:"The same as a JSON pointer into the body (RFC 6901)"`
	Parameter string `json:"parameter,omitempty" doc:"The parameter of the address, or the header"`
}

func newProblem(kind Kind, detail string) *Problem {
	return &Problem{kind: kind, Title: kind.Title, Status: kind.Status, Detail: detail}
}

func (p *Problem) with(header, value string) *Problem {
	if p.headers == nil {
		p.headers = make(http.Header)
	}
	p.headers.Set(header, value)
	return p
}

func (p *Problem) Error() string { return p.kind.Name + ": " + p.Detail }

// problemOf is the one place where an error becomes an answer. Whatever it does not know is a fault of ours: an error id, and
// nothing else.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if fields, ok := errors.AsType[dialtone.FieldErrors](err); ok {
		if len(fields) == 1 && fields[0].Field == "" {
			return newProblem(kindConflict, fields[0].Problem)
		}
		return invalid(fields)
	}
	if conflict, ok := errors.AsType[*dialtone.ConflictError](err); ok {
		return changedMeanwhile(conflict)
	}
	if incomplete, ok := errors.AsType[*catalog.IncompleteError](err); ok {
		return incompleteProblem(incomplete)
	}
	if forbidden, ok := errors.AsType[*dialtone.ForbiddenError](err); ok {
		p := newProblem(kindForbidden, forbidden.Why)
		p.Right = forbidden.Right
		return p
	}
	if young, ok := errors.AsType[*catalog.YoungError](err); ok {
		return tooMany(young.Budget.RetryAfter, young.Why())
	}
	if budget, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		return tooMany(budget.RetryAfter, "This was done too often in a short time.")
	}
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return newProblem(kindNotFound, "There is nothing with this id in your organization.")
	case errors.Is(err, dialtone.ErrForbidden):
		return newProblem(kindForbidden, "An API key cannot do this. Sign in to the portal for it.")
	case errors.Is(err, dialtone.ErrConflict), errors.Is(err, dialtone.ErrExpired):
		return newProblem(kindConflict, conflictDetail(err))
	case errors.Is(err, dialtone.ErrInvalid):
		return newProblem(kindMalformed, "A value has characters that cannot be taken.")
	case errors.Is(err, dialtone.ErrUnavailable):
		return faulty(kindUnavailable, err).with("Retry-After", "2")
	}
	return faulty(kindFault, err)
}

// conflictDetail says what a conflict is about where its error has words for people.
func conflictDetail(err error) string {
	if _, ok := errors.AsType[*catalog.LastOwnerError](err); ok {
		return "The last owner cannot go. Make somebody else an owner first."
	}
	if suspended, ok := errors.AsType[*catalog.SuspendedError](err); ok {
		return "The operator has suspended the product, and lifts that itself: " + cmp.Or(suspended.Listing.Reason, "it gave no reason.")
	}
	return "It exists already, or it was changed or used up meanwhile. Read it again."
}

// faulty is a fault of ours: an id for the log, and nothing else.
func faulty(kind Kind, cause error) *Problem {
	p := newProblem(kind, "We know no more to say here. If it stays so, tell us the error id.")
	p.ErrorID, p.cause = secret.ID("er"), cause
	return p
}

func tooMany(wait time.Duration, why string) *Problem {
	seconds := int(math.Ceil(wait.Seconds()))
	return newProblem(kindTooMany, fmt.Sprintf("%s Come back in %d s.", why, seconds)).with("Retry-After", strconv.Itoa(seconds))
}

func invalid(fields dialtone.FieldErrors) *Problem {
	p := newProblem(kindInvalid, "Correct the fields named in errors. Nothing was changed.")
	for _, f := range fields {
		name := cmp.Or(wireNames[f.Field], f.Field)
		p.Errors = append(p.Errors, FieldFault{Detail: f.Problem, Field: name, Pointer: pointer(name)})
	}
	return p
}

// wireNames are the fields of the verbs that have another name on the wire, with its unit.
var wireNames = map[string]string{"expires": "expires_at", "secret_expires": "secret_expires_at", "overlap": "overlap_seconds"}

func incompleteProblem(err *catalog.IncompleteError) *Problem {
	p := newProblem(kindIncomplete, "This operator reviews products, and something is missing. Nothing was changed.")
	for _, item := range err.Items {
		if !item.Done {
			p.Errors = append(p.Errors, FieldFault{Detail: item.Problem, Field: item.Name})
		}
	}
	return p
}

// pointer turns redirect_uris.0 into #/redirect_uris/0. Names of members have neither ~ nor / in them.
func pointer(field string) string { return "#/" + strings.ReplaceAll(field, ".", "/") }

// parameters are the faults of a request without a body: its fields are the parameters of the address.
func parameters(faults []FieldFault) []FieldFault {
	named := slices.Clone(faults)
	for i := range named {
		named[i].Parameter, named[i].Pointer = named[i].Field, ""
	}
	return named
}

// typeOf is the address that explains a kind of problem (RFC 9457 §3.1.1).
func (a *API) typeOf(kind Kind) string { return a.Portal + "/docs/errors#" + kind.Name }

// fail answers with the problem that the error is, and logs a fault of ours.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := *problemOf(err) // a copy: what is filled in belongs to this answer
	if p.Status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "API request failed", "method", r.Method, "path", r.URL.Path, "error_id", p.ErrorID, "error", p.cause)
	}
	p.Type = a.typeOf(p.kind)
	p.Instance = r.URL.EscapedPath()
	if r.Method == http.MethodGet {
		p.Errors = parameters(p.Errors)
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic("api: a problem is plain data: " + err.Error())
	}
	if p.Status == http.StatusUnauthorized {
		w.Header()["Www-Authenticate"] = challenges
	}
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body)
}

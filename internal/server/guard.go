package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/legible"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// guard stands before every handler: it refuses what is not text or not one request, bounds the body and the time, counts the
// request, sets the headers that every answer has, and turns a panic into an error id.
type guard struct {
	listener
	log      *slog.Logger
	metrics  *metrics
	stopping *atomic.Bool // answers end their connection, so that the client's next request goes to another node
}

// refusal answers a request that no handler shall see, in the form of the face that it is for.
type refusal func(w http.ResponseWriter, r *http.Request, status int)

// refusePlainly is for listeners without a form of their own.
func refusePlainly(w http.ResponseWriter, _ *http.Request, status int) {
	text := "not found\n"
	if status != http.StatusNotFound {
		text = "the request is not one, or has a NUL or broken UTF-8 in it\n"
	}
	plain(w, status, text)
}

// strictTransport keeps a browser on https for a year, so that nobody in between can offer it plain http (RFC 6797). Without
// includeSubDomains: what else the operator serves below this host is not ours to decide.
const strictTransport = "max-age=31536000"

// Header values that are the same in every answer; nothing changes them.
var (
	nosniff     = []string{"nosniff"} // an answer is what it says it is
	stayOnHTTPS = []string{strictTransport}
	closing     = []string{"close"} // HTTP/2 sends GOAWAY for it
)

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	came, known := r.Context().Value(arrivalKey{}).(arrival)
	if known {
		came.on.begin()
		defer came.on.end()
		if r.TLS == nil {
			r.TLS = came.tls
		}
	}
	header := w.Header()
	header["X-Content-Type-Options"] = nosniff
	if g.https {
		header["Strict-Transport-Security"] = stayOnHTTPS
	}
	ambiguous := known && came.ambiguous(r)
	if g.stopping.Load() || len(r.TransferEncoding) > 0 || ambiguous {
		// After a body in chunks the connection is not used again: see framing.
		header["Connection"] = closing
	}
	caller := r.Context()
	ctx := newDeadline(caller, began.Add(requestTimeout))
	defer ctx.close()
	answer := &answer{ResponseWriter: w}
	r = r.WithContext(ctx)
	defer func() {
		if fault := recover(); fault != nil {
			g.fail(answer, r, fault)
		}
		g.metrics.observe(g.name, r.Pattern, outcome(answer.status, caller), time.Since(began))
	}()
	if status := g.unreadable(r, ambiguous); status != 0 {
		g.refuse(answer, r, status)
		return
	}
	g.bound(answer, r)
	g.handler.ServeHTTP(answer, r)
}

// unreadable is the status with which a request is refused before anybody looks at what it asks for; 0: it is one request, and
// text. A body is looked at while it is read.
func (g guard) unreadable(r *http.Request, ambiguous bool) int {
	switch {
	case ambiguous:
		return http.StatusBadRequest
	case !legible.Path(r.URL):
		return http.StatusNotFound
	case !legibleHeader(r.Header), !g.reads(r) && !legible.Query(r.URL.RawQuery):
		return http.StatusBadRequest
	}
	return 0
}

// reads reports whether the handler reads query and form itself, and says of each parameter what is wrong with it.
func (g guard) reads(r *http.Request) bool { return g.readsItself != nil && g.readsItself(r) }

// bound limits the body, and lets it be read as far as it is text.
func (g guard) bound(w http.ResponseWriter, r *http.Request) {
	limit := int64(maxBody)
	if g.limit != nil {
		limit = g.limit(r)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if !g.reads(r) {
		r.Body = legible.Body(r.Body, r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding"))
	}
}

// decisive are the headers by which a handler decides or which it stores, and which only a program writes.
var decisive = map[string]bool{
	"Authorization": true, "Content-Type": true, "Idempotency-Key": true, "If-Match": true, "If-None-Match": true, "Origin": true,
	"Webhook-Id": true, "Webhook-Timestamp": true, "Webhook-Signature": true,
}

// legibleHeader reports whether the headers that decide are text; net/http has refused NUL in all of them. Others are dropped
// when they are not: proxies add the name of a town in Latin-1, and old telephones their own in a code of their country.
func legibleHeader(header http.Header) bool {
	for name, values := range header {
		for _, value := range values {
			if utf8.ValidString(value) {
				continue
			}
			if decisive[name] {
				return false
			}
			delete(header, name)
			break
		}
	}
	return true
}

// outcome is the class of a status in the metrics. A caller that hung up made what came of it: it counts as "gone".
func outcome(status int, caller context.Context) string {
	if status >= http.StatusInternalServerError && errors.Is(caller.Err(), context.Canceled) {
		return "gone"
	}
	return statusClass(status)
}

// fail logs a panic under an id and answers with nothing but that id.
func (g guard) fail(w *answer, r *http.Request, fault any) {
	if fault == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal, as in net/http
		panic(fault)
	}
	id := secret.ID("err")
	g.log.Error("panic", "error_id", id, "method", r.Method, "route", r.Pattern, "fault", fault, "stack", string(debug.Stack()))
	if w.status == 0 {
		http.Error(w, "Something went wrong here. Error id: "+id, http.StatusInternalServerError)
	}
}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	status int // 0 while nothing was written
}

// WriteHeader remembers the first final status; an informational one (1xx) is followed by another.
func (a *answer) WriteHeader(status int) {
	if a.status < http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(body []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(body)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

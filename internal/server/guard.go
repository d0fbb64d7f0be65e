package server

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// guard stands before every handler: it bounds the body and the time, counts the request, tells browsers to stay with https,
// and turns a panic into an error id.
type guard struct {
	name    string
	https   bool                      // browsers reach it by https only
	limit   func(*http.Request) int64 // longest body in bytes; nil: maxBody
	next    http.Handler
	log     *slog.Logger
	metrics *metrics
}

// strictTransport keeps a browser on https for a year, so that nobody in between can offer it plain http (RFC 6797). Without
// includeSubDomains: what else the operator serves below this host is not ours to decide.
const strictTransport = "max-age=31536000"

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	answer := &answer{ResponseWriter: w}
	if g.https {
		w.Header().Set("Strict-Transport-Security", strictTransport)
	}
	r = r.WithContext(ctx)
	limit := int64(maxBody)
	if g.limit != nil {
		limit = g.limit(r)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	defer func() {
		if fault := recover(); fault != nil {
			g.fail(answer, r, fault)
		}
		g.metrics.observe(g.name, r.Pattern, answer.status, time.Since(began))
	}()
	g.next.ServeHTTP(answer, r)
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

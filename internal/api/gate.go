package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/legible"
	"github.com/dialtone-id/dialtone/internal/rate"
)

// maxBody is the largest body of JSON that is read, in bytes.
const maxBody = 256 << 10

// keyLimit is how many requests a key may send to one node.
var keyLimit = rate.Limit{PerMinute: 600, Burst: 100}

// ServeHTTP answers a request under /api/, and serves the OpenAPI document.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	if d, ok := a.documents[r.URL.Path]; ok {
		a.serveDocument(w, r, d)
		return
	}
	answer, err := a.handle(w, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer.writeTo(w)
}

// protect sets what every answer of the API has.
func protect(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// Illegible answers a request that has a NUL or broken UTF-8 in its path (404), its query or a header (400), before an operation
// sees it.
func (a *API) Illegible(w http.ResponseWriter, r *http.Request, status int) {
	protect(w.Header())
	problem := newProblem(kindMalformed, "The query or a header has a NUL or broken UTF-8 in it, or the body two lengths.")
	if status == http.StatusNotFound {
		problem = newProblem(kindNotFound, "The address has a NUL or broken UTF-8 in it.")
	}
	a.fail(w, r, problem)
}

// handle lets the request through the gate: each check stops it or gives what the next one needs.
func (a *API) handle(w http.ResponseWriter, r *http.Request) (*answer, error) {
	o, err := a.route(r)
	if err != nil {
		return nil, err
	}
	// A browser that once was given the key by HTTP Basic would send it along with another site's forms.
	if err := a.own.Check(r); err != nil {
		return nil, newProblem(kindCrossOrigin, "The request comes from a web page of another site.")
	}
	v := &visit{now: a.Now(), url: r.URL}
	if v.actor, err = a.authenticate(r, v.now); err != nil {
		return nil, err
	}
	if wait := a.rates.Take(v.actor.APIKeyID, keyLimit, v.now); wait > 0 {
		a.Budgets.Bit(dialtone.BudgetAPIKey)
		return nil, tooMany(wait, fmt.Sprintf("A key may send %d requests a minute.", keyLimit.PerMinute))
	}
	// Before anything else is said of the request: who may not do this learns no more than that.
	if err := a.Catalog.May(r.Context(), v.actor, v.organization(), o.right); err != nil {
		return nil, err
	}
	body, err := readBody(w, r, o)
	if err != nil {
		return nil, err
	}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if body, err = a.withoutReadOnly(r, v, o, body); err != nil {
		return nil, err
	}
	if r.Method == http.MethodPost {
		return a.once(r, v, body)
	}
	return a.run(r, v, body)
}

// route returns the operation that the request is for.
func (a *API) route(r *http.Request) (*operation, error) {
	unknown := newProblem(kindNotFound, "The API has no such address. The reference is at "+a.Portal+"/docs/api.")
	if path.Clean(r.URL.Path) != r.URL.Path {
		return nil, unknown // http.ServeMux would redirect it
	}
	handler, pattern := a.mux.Handler(r)
	if i := slices.IndexFunc(a.operations, func(o *operation) bool { return o.pattern() == pattern }); i >= 0 {
		return a.operations[i], nil
	}
	none := newAnswer()
	handler.ServeHTTP(none, r)
	if none.status != http.StatusMethodNotAllowed {
		return nil, unknown
	}
	allow := none.header.Get("Allow")
	return nil, newProblem(kindMethod, "Use "+allow+".").with("Allow", allow)
}

// readBody returns the whole body, of a type and a size that the operation takes.
func readBody(w http.ResponseWriter, r *http.Request, o *operation) ([]byte, error) {
	limit, limitWords := maxBody, "256 KiB"
	if len(o.pictures) > 0 {
		limit, limitWords = maxIcon, "512 KiB"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, newProblem(kindTooLarge, "The body is larger than "+limitWords+".")
	}
	if errors.Is(err, legible.ErrNot) {
		if err := checkMediaType(r, o, nil); err != nil {
			return nil, err // it need not be text, and is none that is taken
		}
		return nil, newProblem(kindMalformed, "The body is no text: it has a NUL or broken UTF-8, or half of a surrogate pair.")
	}
	if err != nil {
		return nil, newProblem(kindMalformed, "The body could not be read to its end.")
	}
	if len(body) == 0 {
		return nil, nil
	}
	// RFC 9110 §8.4, §15.5.16.
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, newProblem(kindMediaType, "Send the body as it is, without Content-Encoding.").with("Accept-Encoding", "identity")
	}
	return body, checkMediaType(r, o, body)
}

func checkMediaType(r *http.Request, o *operation, body []byte) error {
	takes := []string{"application/json"}
	if o.method == http.MethodPatch {
		takes = append(takes, "application/merge-patch+json") // RFC 7396
	}
	if len(o.pictures) > 0 {
		takes = o.pictures
	}
	got, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := parameters["charset"]
	if err != nil || !slices.Contains(takes, got) || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return newProblem(kindMediaType, "Send Content-Type: "+strings.Join(takes, " or ")+".").with("Accept", strings.Join(takes, ", "))
	}
	r.Header.Set("Content-Type", got) // in small letters, as whoever reads it next wants it (RFC 9110 §8.3.1)
	if len(o.pictures) > 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return newProblem(kindMalformed, "The body is not UTF-8.")
	}
	return nil
}

// run lets huma parse and check the request and call the operation. A panic is a fault like any other: it costs this request
// its answer, and not the connection.
func (a *API) run(r *http.Request, v *visit, body []byte) (made *answer, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			made, err = nil, fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Del("Accept") // there is one form of an answer
	made = newAnswer()
	a.mux.ServeHTTP(made, r)
	if v.failed == nil && unchanged(r, made) {
		return notModified(made), nil
	}
	return made, v.failed
}

// answer is a whole answer in memory: it is only sent when it is known to be right, and may be sent again.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: make(http.Header)} }

func (m *answer) Header() http.Header            { return m.header }
func (m *answer) WriteHeader(status int)         { m.status = status }
func (m *answer) Write(part []byte) (int, error) { return m.body.Write(part) }

func (m *answer) writeTo(w http.ResponseWriter) {
	for name, values := range m.header {
		w.Header()[name] = values
	}
	w.WriteHeader(m.status)
	_, _ = w.Write(m.body.Bytes())
}

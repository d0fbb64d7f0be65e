package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// tagged is an answer with the ETag of what it shows.
type tagged[T any] struct {
	ETag string `header:"ETag" doc:"Send it in If-Match to change what you read"`
	Body T
}

// Matching is the header of an operation that replaces something.
type Matching struct {
	IfMatch string `header:"If-Match" doc:"The ETag of what you read"`
}

// etag names a version of a thing by the time of its last change, which is exact to a microsecond and grows with each one.
func etag(updated time.Time) string { return `"` + strconv.FormatInt(updated.UnixMicro(), 10) + `"` }

// seen returns the version that the caller read. An ETag that is none of ours is a version that never was, so that the answer
// shows the present one.
func (m Matching) seen() (time.Time, error) {
	switch m.IfMatch {
	case "":
		return time.Time{}, newProblem(kindPrecondition, "Read it first, and send its ETag in If-Match.")
	case "*":
		return time.Time{}, newProblem(kindPrecondition, "If-Match: * would undo what somebody else changed meanwhile. Send the ETag of what you read.")
	}
	inner, opens := strings.CutPrefix(m.IfMatch, `"`)
	inner, closes := strings.CutSuffix(inner, `"`)
	micros, err := strconv.ParseInt(inner, 10, 64)
	if err != nil || !opens || !closes || micros <= 0 {
		return time.UnixMicro(1).UTC(), nil
	}
	return time.UnixMicro(micros).UTC(), nil
}

// changedMeanwhile shows the thing as it is now to a caller who read an older version.
func changedMeanwhile(conflict *dialtone.ConflictError) *Problem {
	p := newProblem(kindChanged, "It is not what If-Match says any more. Nothing was changed.")
	switch current := conflict.Current.(type) {
	case dialtone.Product:
		p.Current = showProduct(current)
		return p.with("ETag", etag(current.Updated))
	case dialtone.Client:
		p.Current = showClient(current)
		return p.with("ETag", etag(current.Updated))
	}
	p.kind = kindConflict
	p.Title, p.Status = kindConflict.Title, http.StatusConflict
	return p
}

// optional is a time that may never have come.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

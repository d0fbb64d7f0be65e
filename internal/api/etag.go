package api

import (
	"net/http"
	"slices"
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

// seen returns the version that the caller read; of several, the present one, if it is among them (RFC 9110 §13.1.1). An ETag
// that is none of ours is a version that never was, so that the answer shows the present one. Errors: a *Problem; that of current,
// which is asked only where there are several.
func (m Matching) seen(current func() (time.Time, error)) (time.Time, error) {
	tags := entityTags(m.IfMatch)
	switch {
	case len(tags) == 0:
		return time.Time{}, newProblem(kindPrecondition, "Read it first, and send its ETag in If-Match.")
	case slices.Contains(tags, "*"):
		return time.Time{}, newProblem(kindPrecondition, "If-Match: * would undo what somebody else changed meanwhile. Send the ETag of what you read.")
	case len(tags) == 1:
		return version(tags[0]), nil
	}
	now, err := current()
	if err != nil {
		return time.Time{}, err
	}
	if slices.Contains(tags, etag(now)) {
		return now, nil
	}
	return version(tags[0]), nil
}

// version undoes etag. A weak tag is none of ours: If-Match compares strongly.
func version(tag string) time.Time {
	inner, opens := strings.CutPrefix(tag, `"`)
	inner, closes := strings.CutSuffix(inner, `"`)
	micros, err := strconv.ParseInt(inner, 10, 64)
	if err != nil || !opens || !closes || micros <= 0 {
		return time.UnixMicro(1).UTC()
	}
	return time.UnixMicro(micros).UTC()
}

// entityTags splits a list of entity tags (RFC 9110 §8.8.3): a comma between quotes belongs to the tag.
func entityTags(header string) []string {
	var tags []string
	for header = strings.Trim(header, " \t,"); header != ""; header = strings.TrimLeft(header, " \t,") {
		end := strings.IndexAny(header, ",")
		if quote := strings.IndexByte(header, '"'); quote >= 0 && (end < 0 || quote < end) {
			if close := strings.IndexByte(header[quote+1:], '"'); close >= 0 {
				end = quote + 1 + close + 1
			}
		}
		if end < 0 {
			end = len(header)
		}
		tags, header = append(tags, strings.TrimSpace(header[:end])), header[end:]
	}
	return tags
}

// unchanged reports whether an answer is one that the caller has (RFC 9110 §13.1.2, which compares weakly).
func unchanged(r *http.Request, m *answer) bool {
	tag := m.header.Get("ETag")
	if r.Method != http.MethodGet || m.status != http.StatusOK || tag == "" {
		return false
	}
	return slices.ContainsFunc(entityTags(strings.Join(r.Header.Values("If-None-Match"), ",")), func(known string) bool {
		return known == "*" || strings.TrimPrefix(known, "W/") == tag
	})
}

// notModified is the answer without what the caller has.
func notModified(m *answer) *answer {
	short := newAnswer()
	short.status = http.StatusNotModified
	short.header.Set("ETag", m.header.Get("ETag"))
	return short
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

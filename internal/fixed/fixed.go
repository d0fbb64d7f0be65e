// Package fixed serves answers that are the same for everybody: files, documents, pages for people who are not signed in. Each is
// compressed once and has a validator, so that it costs next to nothing, whoever asks and however often.
//
// It refuses what differs from person to person: an answer that holds a secret beside text that somebody else chose must not be
// compressed, since its length would tell the secret (BREACH).
package fixed

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// Answer is one body with its type. Safe for concurrent use.
type Answer struct {
	mediaType string
	body      []byte
	zipped    []byte // gzip
	validator string // an ETag, weak: it is the same for both forms
}

// New makes an answer, which keeps the body.
func New(mediaType string, body []byte) *Answer {
	sum := sha256.Sum256(body)
	return &Answer{mediaType: mediaType, body: body, zipped: zip(body), validator: `W/"` + hex.EncodeToString(sum[:8]) + `"`}
}

func zip(body []byte) []byte {
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // there is such a level
	// Writing to memory does not fail.
	_, _ = w.Write(body)
	_ = w.Close()
	return zipped.Bytes()
}

// Serve answers with 200, or with 304 if the caller has the body already. Other headers, of how long it may be kept for example,
// are set before.
func (a *Answer) Serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Accept-Encoding")
	header.Set("ETag", a.validator)
	if Matches(r.Header.Values("If-None-Match"), a.validator) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if len(a.zipped) < len(a.body) && takesGzip(r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	header.Set("Content-Type", a.mediaType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // nobody is left to tell when the caller went away
}

// Matches reports whether If-None-Match names the validator, compared weakly (RFC 9110 §13.1.2).
func Matches(header []string, validator string) bool {
	for _, line := range header {
		for tag := range strings.SplitSeq(line, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(validator, "W/") {
				return true
			}
		}
	}
	return false
}

// takesGzip reads Accept-Encoding (RFC 9110 §12.5.3): a weight of 0 is a no, and gzip by name counts more than the star.
func takesGzip(header []string) bool {
	takes, named := false, false
	for _, line := range header {
		for coding := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(coding, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			good := !refusedBy(parameters)
			switch {
			case name == "gzip" || name == "x-gzip":
				takes, named = good, true
			case name == "*" && !named:
				takes = good
			}
		}
	}
	return takes
}

// refusedBy reports whether the parameters of a coding hold a weight of 0.
func refusedBy(parameters string) bool {
	name, value, _ := strings.Cut(parameters, "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return false
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err == nil && weight == 0
}

// Latest is an answer whose body changes now and then, as a set of keys does. The zero value is ready. Safe for concurrent use.
type Latest struct{ last atomic.Pointer[Answer] }

// Of returns the answer with this body; it is made anew if the body is another one than before.
func (l *Latest) Of(mediaType string, body []byte) *Answer {
	if last := l.last.Load(); last != nil && last.mediaType == mediaType && bytes.Equal(last.body, body) {
		return last
	}
	made := New(mediaType, body)
	l.last.Store(made)
	return made
}

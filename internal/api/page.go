package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// list is the answer to every operation that lists.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Send it as after to get what follows. Absent: this is the end"`
}

// listAnswer is a list with its header.
type listAnswer[T any] struct {
	Link string `header:"Link" doc:"The address of what follows, with rel=next (RFC 8288)"`
	Body list[T]
}

// Paging are the parameters of a list that comes in parts.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"The most items in one answer"`
	After string `query:"after" maxLength:"200" doc:"The member next of the answer before; without it the list begins"`
}

// whole answers with a list that has one part.
func whole[N, T any](nouns []N, show func(N) T) *listAnswer[T] {
	answer := &listAnswer[T]{Body: list[T]{Items: make([]T, len(nouns))}}
	for i, noun := range nouns {
		answer.Body.Items[i] = show(noun)
	}
	return answer
}

// part answers with the first p.Limit of the nouns, of which one more was asked for, to see whether more follow.
func part[N, T any](a *API, v *visit, p Paging, nouns []N, show func(N) T, cursor func(N) string) *listAnswer[T] {
	if len(nouns) <= p.Limit {
		return whole(nouns, show)
	}
	answer := whole(nouns[:p.Limit], show)
	answer.Body.Next = cursor(nouns[p.Limit-1])
	query := v.url.Query()
	query.Set("after", answer.Body.Next)
	answer.Link = "<" + a.Portal + v.url.Path + "?" + query.Encode() + `>; rel="next"`
	return answer
}

// timeCursor names a place in a list that is ordered by time.
func timeCursor(at time.Time, id string) string {
	return strconv.FormatInt(at.UnixMicro(), 10) + "." + id
}

// parseTimeCursor reads a timeCursor; the zero time stands for the beginning.
func parseTimeCursor(text string) (at time.Time, id string, err error) {
	if text == "" {
		return time.Time{}, "", nil
	}
	before, id, found := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(before, 10, 64)
	if err != nil || !found || id == "" {
		return time.Time{}, "", badCursor()
	}
	return time.UnixMicro(micros).UTC(), id, nil
}

func badCursor() error {
	return dialtone.FieldErrors{{Field: "after", Problem: "This is no member next of an answer. Begin without it."}}
}

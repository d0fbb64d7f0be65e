package product

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Entry is a field of a form that several people may have before them at once.
type Entry struct {
	desk.Field
	Options   []Option // the field is a choice among these; none: a text
	Differs   bool     // somebody else saved another value while this form was open
	Meanwhile string   // that value
}

// Option is one of the values of a choice.
type Option struct{ Value, Words string }

// shown is the value as people read it.
func (e Entry) shown(value string) string {
	for _, option := range e.Options {
		if option.Value == value {
			return option.Words
		}
	}
	return value
}

// Entries are the fields of a form, in their order.
type Entries []Entry

// readOnly shows the fields to somebody who may not change them.
func (e Entries) readOnly() {
	for i := range e {
		e[i].ReadOnly, e[i].Check = true, ""
	}
}

// meanwhile puts beside each field what somebody else saved, where that is something else. Both lists have the same fields.
func (e Entries) meanwhile(saved Entries) {
	for i := range e {
		if lines(e[i].Value) != lines(saved[i].Value) {
			e[i].Differs, e[i].Meanwhile = true, saved[i].shown(saved[i].Value)
		}
	}
}

// differ reports whether somebody else saved another value in one of the fields.
func (e Entries) differ() bool {
	return slices.ContainsFunc(e, func(entry Entry) bool { return entry.Differs })
}

// lines writes line ends in one way: browsers send \r\n, and we keep \n.
func lines(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// wrong are the ways to the fields that have a problem.
func (e Entries) wrong() []desk.Link {
	var ways []desk.Link
	for _, entry := range e {
		ways = append(ways, desk.Wrong(entry.Field)...)
	}
	return ways
}

// refuse puts each problem to its field, and returns the problems that belong to none of the fields, for the top of the page.
func (e Entries) refuse(wrong dialtone.FieldErrors) string {
	var rest []string
	for _, w := range e.take(wrong) {
		rest = append(rest, w.Problem)
	}
	return strings.Join(rest, " ")
}

// take puts each problem to its field and returns the others.
func (e Entries) take(wrong dialtone.FieldErrors) dialtone.FieldErrors {
	var rest dialtone.FieldErrors
	for _, w := range wrong {
		name, index, _ := strings.Cut(w.Field, ".")
		i := slices.IndexFunc(e, func(entry Entry) bool { return entry.Name == name })
		if i < 0 {
			rest = append(rest, w)
			continue
		}
		problem := w.Problem
		if n, err := strconv.Atoi(index); err == nil && len(linesOf(e[i].Value)) > 1 {
			problem = fmt.Sprintf("Line %d: %s", n+1, problem)
		}
		e[i].Problem = strings.TrimSpace(e[i].Problem + " " + problem)
	}
	return rest
}

// linesOf splits what was typed into a field that takes one thing a line. Empty lines before the last stay, so that a problem's index is the
// line that the person sees.
func linesOf(text string) []string {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), " \t\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

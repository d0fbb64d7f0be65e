package apply

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dialtone-id/dialtone/internal/written"
)

// field is a key of an entry: how it is read, shown and compared. Each noun has one table of them, from which reading, planning
// and printing follow; tests hold the table against the example file and the manual.
type field[N any] struct {
	key      string // "sms.route" is route in the mapping sms
	required bool   // a new thing needs it, and it cannot be emptied
	// set reads the value into the thing. Null and an empty list are not given to it.
	set  func(v *written.Value, n *N) error
	copy func(from, to *N)  // this field alone
	same func(a, b *N) bool // in whatever order, where order says nothing
	show func(n *N) string  // for people: secrets never, numbers masked; empty: there is nothing
}

// form is how the values of a type are written, compared and shown.
type form[T any] struct {
	read func(v *written.Value) (T, error)
	same func(a, b T) bool
	show func(T) string
}

// keep makes a field of what at points to.
func keep[N, T any](key string, f form[T], at func(*N) *T) field[N] {
	return field[N]{
		key: key,
		set: func(v *written.Value, n *N) (err error) {
			value, err := f.read(v)
			if err == nil {
				*at(n) = value
			}
			return err
		},
		copy: func(from, to *N) { *at(to) = *at(from) },
		same: func(a, b *N) bool { return f.same(*at(a), *at(b)) },
		show: func(n *N) string { return f.show(*at(n)) },
	}
}

func (f field[N]) needed() field[N] {
	f.required = true
	return f
}

func equal[T comparable](a, b T) bool { return a == b }

// text is a text of one or several lines.
var text = form[string]{read: (*written.Value).Text, same: equal[string], show: quote}

// word is text of a type of its own, as a state is.
func word[T ~string]() form[T] {
	return form[T]{
		read: func(v *written.Value) (T, error) { s, err := v.Text(); return T(s), err },
		same: equal[T],
		show: func(t T) string { return string(t) },
	}
}

var truth = form[bool]{read: (*written.Value).Bool, same: equal[bool], show: strconv.FormatBool}

var number = form[int]{read: (*written.Value).Int, same: equal[int], show: strconv.Itoa}

// numberOrUsual is a number, or nil for the usual one: what it is follows from other fields.
var numberOrUsual = form[*int]{
	read: func(v *written.Value) (*int, error) { n, err := v.Int(); return &n, err },
	same: func(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b },
	show: func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	},
}

// places of a price: it is kept in millionths.
const places = 6

var price = form[int64]{
	same: equal[int64],
	read: func(v *written.Value) (int64, error) {
		digits, err := v.Decimal()
		if err != nil {
			return 0, err
		}
		whole, part, _ := strings.Cut(digits, ".")
		if len(part) > places || len(whole) > places || strings.HasPrefix(whole, "-") {
			return 0, v.Fault("a price is a decimal number with up to %d places, as 0.045", places)
		}
		return strconv.ParseInt(whole+part+strings.Repeat("0", places-len(part)), 10, 64)
	},
	show: func(millionths int64) string {
		if millionths == 0 {
			return ""
		}
		return strconv.FormatFloat(float64(millionths)/1e6, 'f', -1, 64)
	},
}

// texts is a list whose order people see.
var texts = form[[]string]{read: readTexts, same: slices.Equal[[]string], show: showTexts}

// set is a list whose order says nothing.
var set = form[[]string]{
	read: readTexts,
	same: func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	},
	show: func(list []string) string { return showTexts(slices.Sorted(slices.Values(list))) },
}

func readTexts(v *written.Value) ([]string, error) {
	items, err := v.List()
	if err != nil {
		return nil, err
	}
	var list []string
	for _, item := range items {
		one, err := item.Text()
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, one) {
			return nil, item.Fault("%s: %s is in the list twice: take one of the two away", item.Name, quote(one))
		}
		list = append(list, one)
	}
	return list, nil
}

func showTexts(list []string) string { return strings.Join(list, ", ") }

// quote shows a text with its edges; nothing for none.
func quote(s string) string {
	const shown = 120
	if s == "" {
		return ""
	}
	if letters := []rune(s); len(letters) > shown {
		s = string(letters[:shown]) + "…"
	}
	return strconv.Quote(s)
}

// keyed is a mapping whose keys are not known beforehand, as the languages of a sentence. A key that is absent is left alone, as
// an absent field is.
func keyed[N any](key string, at func(*N) *map[string]string, allowed []string) field[N] {
	return field[N]{
		key: key,
		set: func(v *written.Value, n *N) error {
			fields, err := v.Fields()
			if err != nil {
				return err
			}
			made := maps.Clone(*at(n))
			if made == nil {
				made = make(map[string]string)
			}
			for _, f := range fields {
				if !slices.Contains(allowed, f.Key) {
					return f.Unknown(allowed)
				}
				if f.Null() {
					delete(made, f.Key)
					continue
				}
				if made[f.Key], err = f.Text(); err != nil {
					return err
				}
			}
			*at(n) = made
			return nil
		},
		copy: func(from, to *N) { *at(to) = *at(from) },
		same: func(a, b *N) bool { return maps.Equal(*at(a), *at(b)) },
		show: func(n *N) string {
			var parts []string
			for _, k := range slices.Sorted(maps.Keys(*at(n))) {
				parts = append(parts, k+": "+quote((*at(n))[k]))
			}
			return strings.Join(parts, ", ")
		},
	}
}

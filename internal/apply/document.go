package apply

import (
	"io"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/written"
)

// Document is what `dialtone apply` reads: any part of the catalogue, and test subscriptions. An entry names one thing and what
// to change of it. A field that is absent is left alone, one that is null or an empty list is emptied; what no entry names is
// left alone, and nothing is ever deleted.
type Document struct{ sections map[string][]entry }

// entry is one thing in a document.
type entry struct {
	at     *written.Value
	fields []written.Field // those of a mapping inside, as sms, by "sms.route"
}

// Parse reads a document. File is how its faults call it. Error: *written.Fault.
func Parse(file string, r io.Reader) (Document, error) {
	content, err := io.ReadAll(io.LimitReader(r, written.Largest+1))
	if err != nil {
		return Document{}, err
	}
	top, err := written.Read(file, content)
	if err != nil {
		return Document{}, err
	}
	sections, err := top.Fields()
	if err != nil {
		return Document{}, err
	}
	d := Document{sections: make(map[string][]entry)}
	var faults faults
	for _, s := range sections {
		i := slices.IndexFunc(nouns, func(n section) bool { return n.name() == s.Key })
		switch {
		case i < 0:
			faults.add(s.Unknown(sectionNames()))
		case !s.Empty():
			d.sections[s.Key] = faults.entries(s.Value, nouns[i])
		}
	}
	return d, faults.err()
}

// entries reads the entries of a section; what is wrong with one does not keep from reading the next.
func (f *faults) entries(list *written.Value, s section) []entry {
	items, err := list.List()
	f.add(err)
	var entries []entry
	for _, item := range items {
		fields, err := item.Fields()
		if err != nil {
			f.add(item.Fault("an entry of %s is a mapping: write keys, each with a colon and a value", s.name()))
			continue
		}
		e := entry{at: item}
		for _, field := range fields {
			f.add(e.take(field, s.keys()))
		}
		entries = append(entries, e)
	}
	return entries
}

// take adds a field to the entry, one of a mapping inside by its path. Null for such a mapping empties all that is in it.
func (e *entry) take(field written.Field, known []string) error {
	inside := field.Key + "."
	var below []string
	for _, k := range known {
		if after, ok := strings.CutPrefix(k, inside); ok {
			below = append(below, after)
		}
	}
	switch {
	case len(below) > 0 && field.Null():
		for _, k := range below {
			e.fields = append(e.fields, written.Field{Key: inside + k, At: field.At, Value: field.Value})
		}
	case len(below) > 0:
		parts, err := field.Fields()
		if err != nil {
			return err
		}
		for _, part := range parts {
			if !slices.Contains(below, part.Key) {
				return part.Unknown(below)
			}
			part.Key = inside + part.Key
			e.fields = append(e.fields, part)
		}
	case !slices.Contains(known, field.Key):
		var names []string
		for _, k := range known {
			first, _, _ := strings.Cut(k, ".")
			if !slices.Contains(names, first) {
				names = append(names, first)
			}
		}
		return field.Unknown(names)
	default:
		e.fields = append(e.fields, field)
	}
	return nil
}

// field returns a field of the entry, and whether it has it.
func (e entry) field(key string) (written.Field, bool) {
	i := slices.IndexFunc(e.fields, func(f written.Field) bool { return f.Key == key })
	if i < 0 {
		return written.Field{}, false
	}
	return e.fields[i], true
}

// name reads the text of a field that says which thing is meant; empty if the entry does not have it.
func (e entry) name(key string) (string, error) {
	f, there := e.field(key)
	if !there {
		return "", nil
	}
	return f.Text()
}

// id is name for an id, which must be one.
func (e entry) id(key string) (string, error) {
	id, err := e.name(key)
	if f, there := e.field(key); err == nil && there && !dialtone.ValidID(id) {
		return "", f.Fault("%s: %s", key, dialtone.IDRule)
	}
	return id, err
}

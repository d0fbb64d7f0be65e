package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// State says what became, or is to become, of an entry.
type State string

const (
	Created   State = "created"
	Changed   State = "changed"
	Unchanged State = "unchanged"
)

// Item is an entry of the document against what is there.
type Item struct {
	Noun    string // "product"
	Name    string // which one
	State   State
	Changes []Change // of a new thing all that it is given
	write   func(ctx context.Context, now time.Time) error
}

// Change is a field that gets another value.
type Change struct {
	Field    string
	Old, New string // for people: secrets never, numbers masked; empty: nothing
	// Risk is what the change does to people who use the thing now; empty: nothing.
	Risk string
}

// Plan is what a document would change. Making it changes nothing.
type Plan struct {
	Items []Item
	// Notes are what could not be checked.
	Notes   []string
	clients []client
	applier Applier
}

// Changes reports whether there is anything to do.
func (p Plan) Changes() bool {
	return slices.ContainsFunc(p.Items, func(i Item) bool { return i.State != Unchanged })
}

// NewSecrets is how many client secrets will be made.
func (p Plan) NewSecrets() int {
	count := 0
	for _, c := range p.clients {
		if c.needsSecret() {
			count++
		}
	}
	return count
}

// Plan holds a document against what is there. The error joins one *written.Fault for each thing that is wrong; then nothing is
// planned. Any other error is the database's.
func (a Applier) Plan(ctx context.Context, d Document, now time.Time) (Plan, error) {
	p := newPlanner(a, now)
	for _, n := range nouns {
		if err := n.plan(ctx, p, d.sections[n.name()]); err != nil {
			return Plan{}, err
		}
	}
	if err := p.faults.err(); err != nil {
		return Plan{}, err
	}
	if err := p.noteRoutes(ctx); err != nil {
		return Plan{}, err
	}
	return Plan{Items: p.items, Notes: p.notes, clients: p.clients, applier: a}, nil
}

// planner is a plan in the making.
type planner struct {
	applier Applier
	now     time.Time
	faults
	items     []Item
	notes     []string
	coming    map[string]map[string]bool   // ids by noun that the document makes
	operators map[string]dialtone.Operator // as they will be
	clients   []client
}

// refer says whether what an entry names is there or will be made. An unknown one is a fault at the field.
func (p *planner) refer(ctx context.Context, e entry, key, noun, id string, find func(context.Context, string) error) error {
	f, given := e.field(key)
	if !given || p.coming[noun][id] {
		return nil
	}
	err := find(ctx, id)
	if errors.Is(err, dialtone.ErrNotFound) {
		p.add(f.Fault("%s: there is no %s %s: name one that is there, or add it to the document", key, noun, quote(id)))
		return nil
	}
	return err
}

// section is a noun's part of documents, whatever the noun's type.
type section interface {
	name() string   // "operators"
	keys() []string // of an entry
	plan(ctx context.Context, p *planner, entries []entry) error
}

// noun is how one kind of thing stands in documents.
type noun[N any] struct {
	word, section string
	identity      []string // keys that say which thing is meant and are no fields
	fields        []field[N]
	fresh         N // what a new thing has that says nothing else, and what null gives
	// find returns the thing that an entry means, and whether it is there; a new one is fresh with its identity. ErrInvalid, as
	// a *written.Fault, if the entry does not say which.
	find func(ctx context.Context, p *planner, e entry, fresh N) (thing N, found bool, err error)
	// finish looks at the whole: what follows from other fields, references, what must not change.
	finish func(ctx context.Context, p *planner, e entry, was, is *N, found bool) error
	valid  func(n N) error              // dialtone.FieldErrors, or any error that wraps ErrInvalid
	title  func(n N) (id, shown string) // the id tells it from the others; what is shown goes to people
	// idle reports whether a new thing is none that has to be made; nil: each has.
	idle  func(n N) bool
	risks func(was, is *N) map[string]string // by field
	// beyond are changes that no field says: that a document named the thing at all. Nil: there are none.
	beyond func(was, is *N) []Change
	save   func(ctx context.Context, a Applier, was, is N, now time.Time) error
	inner  func(ctx context.Context, p *planner, e entry, thing N) error // entries inside of this one
}

func (n noun[N]) name() string { return n.section }

func (n noun[N]) keys() []string {
	keys := slices.Clone(n.identity)
	for _, f := range n.fields {
		keys = append(keys, f.key)
	}
	return keys
}

// plan reads each entry onto the thing that it means.
func (n noun[N]) plan(ctx context.Context, p *planner, entries []entry) error {
	lines := make(map[string]int) // by id
	for _, e := range entries {
		was, found, err := n.find(ctx, p, e, n.fresh)
		if errors.Is(err, dialtone.ErrInvalid) {
			p.add(err)
			continue
		}
		if err != nil {
			return err
		}
		is := was
		before := len(p.faults.list)
		n.read(p, e, &is, found)
		if n.finish != nil {
			if err := n.finish(ctx, p, e, &was, &is, found); err != nil {
				return err
			}
		}
		if len(p.faults.list) == before {
			n.check(p, e, was, is)
		}
		id, shown := n.title(is)
		if line, twice := lines[id]; twice {
			p.add(e.at.Fault("%s %s stands in the document already, at line %d: make one entry of the two", n.word, shown, line))
		}
		lines[id] = e.at.Line
		if !found {
			if p.coming[n.word] == nil {
				p.coming[n.word] = make(map[string]bool)
			}
			p.coming[n.word][id] = true
		}
		p.items = append(p.items, n.item(p.applier, e, was, is, found))
		if n.inner != nil {
			if err := n.inner(ctx, p, e, is); err != nil {
				return err
			}
		}
	}
	return nil
}

// read sets the fields that the entry has.
func (n noun[N]) read(p *planner, e entry, thing *N, found bool) {
	for _, f := range n.fields {
		v, given := e.field(f.key)
		switch {
		case !given && f.required && !found:
			p.add(e.at.Fault("a new %s needs %s", n.word, f.key))
		case !given:
		case v.Empty() && f.required:
			p.add(v.Fault("%s cannot be emptied", f.key))
		case v.Empty():
			f.copy(&n.fresh, thing)
		default:
			p.add(f.set(v.Value, thing))
		}
	}
}

// check finds the field that makes a thing invalid: the one without whose change it would be as valid as before.
func (n noun[N]) check(p *planner, e entry, was, is N) {
	for range n.fields {
		err := n.valid(is)
		if err == nil {
			return
		}
		if wrong, ok := errors.AsType[dialtone.FieldErrors](err); ok {
			n.blame(p, e, wrong)
			return
		}
		key, without := n.culprit(e, was, is, err)
		v, found := e.field(key)
		if !found {
			p.add(e.at.Fault("%s", problem(err)))
			return
		}
		p.add(v.Fault("%s: %s", key, problem(err)))
		is = without
	}
}

// culprit returns a field without whose change the problem is another one or none, and the thing without that change. Fields that
// a new thing needs come last: without them there is always another problem.
func (n noun[N]) culprit(e entry, was, is N, err error) (key string, without N) {
	for _, needed := range []bool{false, true} {
		for _, f := range n.fields {
			if _, given := e.field(f.key); !given || f.required != needed {
				continue
			}
			without = is
			f.copy(&was, &without)
			if again := n.valid(without); again == nil || problem(again) != problem(err) {
				return f.key, without
			}
		}
	}
	return "", is
}

// blame puts problems to the fields that the entry gives. What it leaves alone was taken once, under the rules of then.
func (n noun[N]) blame(p *planner, e entry, wrong dialtone.FieldErrors) {
	for _, w := range wrong {
		key, _, _ := strings.Cut(w.Field, ".")
		if v, given := e.field(key); given {
			p.add(v.Fault("%s: %s", w.Field, w.Problem))
		}
	}
}

// item says what changes.
func (n noun[N]) item(a Applier, e entry, was, is N, found bool) Item {
	_, shown := n.title(is)
	item := Item{Noun: n.word, Name: shown, State: Unchanged}
	if !found && n.idle != nil && n.idle(is) {
		return item
	}
	if !found {
		item.State, was = Created, n.fresh
	}
	var risks map[string]string
	if n.risks != nil && found {
		risks = n.risks(&was, &is)
	}
	for _, f := range n.fields {
		if f.same(&was, &is) {
			continue
		}
		if found {
			item.State = Changed
		}
		item.Changes = append(item.Changes, Change{Field: f.key, Old: f.show(&was), New: f.show(&is), Risk: risks[f.key]})
	}
	if n.beyond != nil && found {
		if more := n.beyond(&was, &is); len(more) > 0 {
			item.State, item.Changes = Changed, append(item.Changes, more...)
		}
	}
	if item.State != Unchanged {
		item.write = func(ctx context.Context, now time.Time) error {
			if err := n.unmoved(ctx, a, e, was, found, now); err != nil {
				return err
			}
			return n.save(ctx, a, was, is, now)
		}
	}
	return item
}

// unmoved looks again before a thing is written: somebody may have changed it since it was planned.
func (n noun[N]) unmoved(ctx context.Context, a Applier, e entry, planned N, was bool, now time.Time) error {
	current, found, err := n.find(ctx, newPlanner(a, now), e, n.fresh)
	if err != nil {
		return err
	}
	moved := found != was
	for _, f := range n.fields {
		moved = moved || found && !f.same(&planned, &current)
	}
	if moved {
		_, shown := n.title(current)
		return fmt.Errorf("%s %s: %w: somebody else changed it meanwhile; apply the document again", n.word, shown, dialtone.ErrConflict)
	}
	return nil
}

func newPlanner(a Applier, now time.Time) *planner {
	return &planner{applier: a, now: now, coming: make(map[string]map[string]bool), operators: make(map[string]dialtone.Operator)}
}

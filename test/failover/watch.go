package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/dialtone-id/dialtone/test/rig"
)

// watch counts what callers hear in a round, and notes when what happened.
type watch struct {
	mu       sync.Mutex
	kill     time.Time
	promote  time.Time
	statuses map[int]int
	bare     int // 503 without Retry-After
	wrong    []rig.Answer
	longest  rig.Answer
	nodes    []*seen
}

// seen is what one node showed.
type seen struct {
	address  string
	last     time.Time // last good write before the kill
	first    time.Time // first good write that began after the kill
	notReady time.Time // since when /readyz told
	told     []string  // what it told
	ready    time.Time
}

func newWatch(nodes []*rig.Node) *watch {
	w := &watch{statuses: make(map[int]int)}
	for _, n := range nodes {
		w.nodes = append(w.nodes, &seen{address: n.Address})
	}
	return w
}

func (w *watch) killed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kill = time.Now()
}

func (w *watch) promoted() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.promote = time.Now()
}

// back reports whether every node wrote after the kill and is ready.
func (w *watch) back() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !slices.ContainsFunc(w.nodes, func(s *seen) bool { return s.first.IsZero() || s.ready.IsZero() })
}

// writes are the requests whose good answer says that something was written.
var writes = []string{"redeem", "refresh", "revoke", "consent", "PIN"}

// of returns who hears of every answer of a node.
func (w *watch) of(node int) func(rig.Answer) {
	return func(a rig.Answer) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.statuses[a.Status]++
		switch {
		case a.Status == http.StatusServiceUnavailable && a.RetryAfter == "":
			w.bare++
			w.wrong = append(w.wrong, a)
		case a.Status == 0 || a.Status >= 500 && a.Status != http.StatusServiceUnavailable:
			w.wrong = append(w.wrong, a)
		}
		if a.Took > w.longest.Took {
			w.longest = a
		}
		if a.Good() && slices.Contains(writes, a.What) {
			w.wrote(w.nodes[node], a)
		}
	}
}

func (w *watch) wrote(s *seen, a rig.Answer) {
	switch {
	case w.kill.IsZero():
		s.last = time.Now()
	case s.first.IsZero() && a.Began.After(w.kill):
		s.first = time.Now()
	}
}

// ready asks every node's /readyz until the function that it returns is called.
func (w *watch) ready(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	for _, s := range w.nodes {
		asking.Go(func() {
			for ctx.Err() == nil {
				w.askReady(s)
				_ = rig.Sleep(ctx, 50*time.Millisecond)
			}
		})
	}
	return func() { cancel(); asking.Wait() }
}

func (w *watch) askReady(s *seen) {
	began := time.Now()
	a := rig.Get("http://" + s.address + "/readyz")
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kill.IsZero() || began.Before(w.kill) {
		return
	}
	switch text := strings.TrimSpace(string(a.Body)); {
	case a.Status == http.StatusOK && !s.notReady.IsZero():
		if s.ready.IsZero() {
			s.ready = time.Now()
		}
	case a.Away():
		if s.notReady.IsZero() {
			s.notReady = time.Now()
		}
		s.ready = time.Time{}
		if !slices.Contains(s.told, text) {
			s.told = append(s.told, text)
		}
	case a.Status != http.StatusOK:
		w.wrong = append(w.wrong, a)
	}
}

// judge says which promises to callers were broken.
func (w *watch) judge(bound time.Duration) error {
	var faults []error
	if len(w.wrong) > 0 {
		faults = append(faults, fmt.Errorf("%d answers were neither good nor 503 with Retry-After, the first one: %w", len(w.wrong), w.wrong[0]))
	}
	if w.longest.Took > longest {
		faults = append(faults, fmt.Errorf("%s took %s", w.longest.What, w.longest.Took))
	}
	for _, s := range w.nodes {
		if s.first.IsZero() || s.first.Sub(w.promote) > bound {
			faults = append(faults, fmt.Errorf("%s: no good write within %s of the promotion", s.address, bound))
		}
		if s.notReady.IsZero() || s.ready.IsZero() {
			faults = append(faults, fmt.Errorf("%s: /readyz did not tell that the database was away, or not that it was back", s.address))
		}
	}
	return errors.Join(faults...)
}

func (w *watch) report(round string, acknowledged tally) {
	fmt.Printf("failover: round %s: acknowledged %s\n", round, acknowledged)
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Printf("  answers by status: %s; longest %s (%s)\n", w.byStatus(), w.longest.Took.Round(time.Millisecond), w.longest.What)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  node\tfirst good write after the kill\tafter the promotion\tnot ready after\tready again after\t/readyz said")
	for i, s := range w.nodes {
		since := func(moment, then time.Time) string {
			if moment.IsZero() {
				return "never"
			}
			return fmt.Sprintf("%.2f s", moment.Sub(then).Seconds())
		}
		fmt.Fprintf(table, "  %d\t%s\t%s\t%s\t%s\t%s\n", i+1, since(s.first, w.kill), since(s.first, w.promote),
			since(s.notReady, w.kill), since(s.ready, w.kill), strings.Join(s.told, ", "))
	}
	_ = table.Flush()
}

func (w *watch) byStatus() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(w.statuses)) {
		name := fmt.Sprint(status)
		if status == 0 {
			name = "none at all"
		}
		parts = append(parts, fmt.Sprintf("%s %d times", name, w.statuses[status]))
	}
	return strings.Join(parts, ", ") + fmt.Sprintf(" (503 without Retry-After: %d)", w.bare)
}

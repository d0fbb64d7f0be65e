package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bench measures one engine.
type bench struct {
	options
	program program
	engine  engine
	folder  string
	// counting lets connections to the database pass through a counter.
	counting bool
}

// results are what was measured on one engine, over all rounds.
type results struct {
	engine     string
	operations []operation
	widths     []atWidth
	counted    bool // what goes over to the database
	facts      facts
}

// atWidth is what was measured with one number of connections.
type atWidth struct {
	connections int
	pairs       map[string][]pair // by the operation's name, one for each round
	counted     map[string]pair   // likewise, of the round that counts
	signing     [2][]pair         // introspection, and ID tokens beside it
}

// pair is an operation in one round, on both servers.
type pair struct{ ours, bare measurement }

func (b bench) run(ctx context.Context) (results, error) {
	_, counted := b.engine.(postgres)
	r := results{operations: b.operations, counted: counted}
	for _, connections := range b.widths {
		r.widths = append(r.widths, atWidth{connections: connections, pairs: make(map[string][]pair), counted: make(map[string]pair)})
	}
	var err error
	if r.engine, err = b.engine.Describe(ctx); err != nil {
		return r, err
	}
	for i := range b.rounds {
		for w := range r.widths {
			if err := b.round(ctx, i, &r.widths[w]); err != nil {
				return r, fmt.Errorf("round %d, %d connections: %w", i+1, r.widths[w].connections, err)
			}
		}
	}
	for w := range r.widths {
		if !counted {
			break
		}
		if err := b.count(ctx, &r.widths[w]); err != nil {
			return r, fmt.Errorf("count, %d connections: %w", r.widths[w].connections, err)
		}
	}
	r.facts, err = b.facts(ctx)
	return r, err
}

// round measures every operation once on both servers, on fresh databases. Both run all the time, each in a process of its
// own, but only one of them is loaded at a time, and the bursts that are compared follow each other at once, because
// machines drift. Who begins changes from round to round.
func (b bench) round(ctx context.Context, number int, r *atWidth) (err error) {
	ours, bare, leave, err := b.openBoth(ctx, strconv.Itoa(number), r.connections)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	sides := []*side{ours, bare}
	if number%2 == 1 {
		slices.Reverse(sides)
	}
	inTurn := func(what string, groups func(*audience) []group) ([]pair, error) {
		for _, s := range sides {
			if err := errors.Join(ctx.Err(), s.measure(groups(s.audience), b.options, what)); err != nil {
				return nil, err
			}
		}
		pairs := make([]pair, len(ours.measured))
		for i := range pairs {
			pairs[i] = pair{ours.measured[i], bare.measured[i]}
		}
		b.progress(fmt.Sprintf("round %d, %2d wide", number+1, r.connections), what, pairs[0])
		return pairs, nil
	}
	for _, o := range b.operations {
		pairs, err := inTurn(o.name, func(a *audience) []group { return []group{{o, a.visitors}} })
		if err != nil {
			return err
		}
		r.pairs[o.name] = append(r.pairs[o.name], pairs[0])
	}
	if r.connections > 1 && slices.ContainsFunc(b.operations, func(o operation) bool { return o.name == introspection }) {
		pairs, err := inTurn("introspection beside RS256", besideSignatures)
		if err != nil {
			return err
		}
		for i, p := range pairs {
			r.signing[i] = append(r.signing[i], p)
		}
	}
	return nil
}

// count does every operation once more, with both servers' connections to the database passing through a counter.
func (b bench) count(ctx context.Context, r *atWidth) (err error) {
	b.counting = true
	ours, bare, leave, err := b.openBoth(ctx, "counted", r.connections)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	for _, o := range b.operations {
		for _, s := range []*side{ours, bare} {
			if err := errors.Join(ctx.Err(), s.measure([]group{{o, s.audience.visitors}}, b.options, o.name)); err != nil {
				return err
			}
		}
		r.counted[o.name] = pair{ours.measured[0], bare.measured[0]}
	}
	return nil
}

// openBoth starts both servers, and seats as many visitors at each. The returned function undoes it all.
func (b bench) openBoth(ctx context.Context, name string, connections int) (ours, bare *side, leave func() error, err error) {
	ours, leaveOurs, err := b.openOurs(ctx, "ours_"+name, connections)
	if err != nil {
		return nil, nil, nil, err
	}
	sizes, err := ours.audience.rehearse()
	if err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("dialtone serve: %w", err), leaveOurs())
	}
	bare, leaveBare, err := b.openBare(ctx, "bare_"+name, sizes, connections)
	if err != nil {
		return nil, nil, nil, errors.Join(err, leaveOurs())
	}
	return ours, bare, func() error { return errors.Join(leaveBare(), leaveOurs()) }, nil
}

func (b bench) progress(round, what string, p pair) {
	fmt.Fprintf(os.Stderr, "%-8s %s  %-27s %7.0f/s of %7.0f/s: %.2f\n",
		b.engine.Name(), round, what, p.ours.rate, p.bare.rate, p.ours.rate/p.bare.rate)
}

// besideSignatures lets one half of the visitors introspect while the other half gets ID tokens.
func besideSignatures(a *audience) []group {
	half := len(a.visitors) / 2
	return []group{{operationNamed(introspection), a.visitors[:half]}, {operationNamed(codeOpenID), a.visitors[half:]}}
}

// side is one server with its visitors.
type side struct {
	process  *process
	wire     *wire // to the database; nil: not counted
	audience *audience
	measured []measurement // of the last burst, one for each group
}

// measure loads the server, and takes its profile meanwhile if there is a profiler.
func (s *side) measure(groups []group, o options, what string) error {
	taken := make(chan error, 1)
	if s.process.profile == "" {
		taken <- nil
	} else {
		file := filepath.Join(o.profiles, fmt.Sprintf("%s.%d.prof", strings.ReplaceAll(what, " ", "_"), time.Now().UnixMilli()))
		go func() { taken <- takeProfile(s.process.profile, file, o.burst.warming+o.burst.measuring) }()
	}
	usedBefore, err := s.process.processorTime()
	if err != nil {
		return err
	}
	doneBefore := total(groups)
	statements, trips := s.wire.counts()
	if s.measured, err = burst(groups, o.burst); err != nil {
		return fmt.Errorf("%s: %w", s.process.command.Args[1], errors.Join(err, <-taken))
	}
	used, err := s.process.processorTime()
	statementsAfter, tripsAfter := s.wire.counts()
	done := total(groups) - doneBefore
	for i := range s.measured {
		m := &s.measured[i]
		m.cpu = (used - usedBefore) / time.Duration(done)
		m.statements, m.trips = float64(statementsAfter-statements)/float64(done), float64(tripsAfter-trips)/float64(done)
	}
	return errors.Join(err, <-taken)
}

// openOurs starts dialtone serve on a fresh database and seats its visitors. The returned function undoes it all.
func (b bench) openOurs(ctx context.Context, name string, connections int) (*side, func() error, error) {
	database, err := b.engine.Create(ctx, b.folder, name)
	if err != nil {
		return nil, nil, err
	}
	drop := func() error { return b.engine.Drop(context.WithoutCancel(ctx), database) }
	if err := b.program.register(ctx, database); err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	way, through, err := b.way(database)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	leave := func() error { return errors.Join(way.close(), drop()) }
	running, err := b.program.serve(through)
	if err != nil {
		return nil, nil, errors.Join(err, leave())
	}
	return b.seat(running, way, connections, leave)
}

// openBare does the same with the bare server.
func (b bench) openBare(ctx context.Context, name string, sizes map[step]size, connections int) (*side, func() error, error) {
	database, err := b.engine.Create(ctx, b.folder, name)
	if err != nil {
		return nil, nil, err
	}
	drop := func() error { return b.engine.Drop(context.WithoutCancel(ctx), database) }
	way, through, err := b.way(database)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	leave := func() error { return errors.Join(way.close(), drop()) }
	running, err := startBareServer(b.folder, through, sizes)
	if err != nil {
		return nil, nil, errors.Join(err, leave())
	}
	return b.seat(running, way, connections, leave)
}

func (b bench) seat(running *process, way *wire, connections int, drop func() error) (*side, func() error, error) {
	a, err := seat(running.address, connections)
	if err != nil {
		return nil, nil, errors.Join(err, running.stop(), running.tail(), drop())
	}
	leave := func() error { return errors.Join(a.leave(), running.stop(), drop()) }
	return &side{process: running, wire: way, audience: a}, leave, nil
}

// way returns the database's address as the server gets it: through a counter in the round that counts.
func (b bench) way(database string) (*wire, string, error) {
	if !b.counting {
		return nil, database, nil
	}
	return openWire(database)
}

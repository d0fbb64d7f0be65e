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
}

// results are what was measured on one engine, over all rounds.
type results struct {
	engine     string
	operations []operation
	pairs      map[string][]pair // by the operation's name, one for each round
	signing    [2][]pair         // introspection, and ID tokens beside it
	facts      facts
}

// pair is an operation in one round, on both servers.
type pair struct{ ours, bare measurement }

func (b bench) run(ctx context.Context) (results, error) {
	r := results{operations: b.operations, pairs: make(map[string][]pair)}
	var err error
	if r.engine, err = b.engine.Describe(ctx); err != nil {
		return r, err
	}
	for i := range b.rounds {
		if err := b.round(ctx, i, &r); err != nil {
			return r, fmt.Errorf("round %d: %w", i+1, err)
		}
	}
	r.facts, err = b.facts(ctx)
	return r, err
}

// round measures every operation once on both servers, on fresh databases. Both run all the time, each in a process of its
// own, but only one of them is loaded at a time, and the bursts that are compared follow each other at once, because
// machines drift. Who begins changes from round to round.
func (b bench) round(ctx context.Context, number int, r *results) (err error) {
	ours, leave, err := b.openOurs(ctx, "ours_"+strconv.Itoa(number))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	sizes, err := ours.audience.rehearse()
	if err != nil {
		return fmt.Errorf("dialtone serve: %w", err)
	}
	bare, leaveBare, err := b.openBare(ctx, "bare_"+strconv.Itoa(number), sizes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leaveBare()) }()

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
		b.progress(number, what, pairs[0])
		return pairs, nil
	}
	for _, o := range b.operations {
		pairs, err := inTurn(o.name, func(a *audience) []group { return []group{{o, a.visitors}} })
		if err != nil {
			return err
		}
		r.pairs[o.name] = append(r.pairs[o.name], pairs[0])
	}
	if slices.ContainsFunc(b.operations, func(o operation) bool { return o.name == introspection }) {
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

func (b bench) progress(round int, what string, p pair) {
	fmt.Fprintf(os.Stderr, "%-8s round %d  %-27s %7.0f/s of %7.0f/s: %.2f\n",
		b.engine.Name(), round+1, what, p.ours.rate, p.bare.rate, p.ours.rate/p.bare.rate)
}

// besideSignatures lets one half of the visitors introspect while the other half gets ID tokens.
func besideSignatures(a *audience) []group {
	half := len(a.visitors) / 2
	return []group{{operationNamed(introspection), a.visitors[:half]}, {operationNamed(codeOpenID), a.visitors[half:]}}
}

// side is one server with its visitors.
type side struct {
	process  *process
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
	if s.measured, err = burst(groups, o.burst); err != nil {
		return fmt.Errorf("%s: %w", s.process.command.Args[1], errors.Join(err, <-taken))
	}
	used, err := s.process.processorTime()
	for i := range s.measured {
		s.measured[i].cpu = (used - usedBefore) / time.Duration(total(groups)-doneBefore)
	}
	return errors.Join(err, <-taken)
}

// openOurs starts dialtone serve on a fresh database and seats its visitors. The returned function undoes it all.
func (b bench) openOurs(ctx context.Context, name string) (*side, func() error, error) {
	database, err := b.engine.Create(ctx, b.folder, name)
	if err != nil {
		return nil, nil, err
	}
	drop := func() error { return b.engine.Drop(context.WithoutCancel(ctx), database) }
	if err := b.program.register(ctx, database); err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	running, err := b.program.serve(database)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	return b.seat(running, drop)
}

// openBare does the same with the bare server.
func (b bench) openBare(ctx context.Context, name string, sizes map[step]size) (*side, func() error, error) {
	database, err := b.engine.Create(ctx, b.folder, name)
	if err != nil {
		return nil, nil, err
	}
	drop := func() error { return b.engine.Drop(context.WithoutCancel(ctx), database) }
	running, err := startBareServer(b.folder, database, sizes)
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	return b.seat(running, drop)
}

func (b bench) seat(running *process, drop func() error) (*side, func() error, error) {
	a, err := seat(running.address, b.connections)
	if err != nil {
		return nil, nil, errors.Join(err, running.stop(), running.tail(), drop())
	}
	leave := func() error { return errors.Join(a.leave(), running.stop(), drop()) }
	return &side{process: running, audience: a}, leave, nil
}

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"time"
)

const (
	smallSize   = 10_000  // lines of the database that a large one is compared with
	spreadKeys  = 100_000 // random grants whose tokens the visitors of a database have
	sizedWithin = 0.8     // least share of the small database's rate
)

// sizedOperations are those whose rows are found by keys.
var sizedOperations = []string{introspection, "userinfo", "refresh", "code"}

// keysOf says who the visitors of a measurement are.
type keysOf struct {
	title string
	side  *side
	each  int // identities of a visitor
}

// runSized compares a database of many lines with a small one, by hot and by random keys, and prints it. Both are filled in
// the same way, and only one server is loaded at a time.
func (b bench) runSized(ctx context.Context, w io.Writer) (err error) {
	described, err := b.engine.Describe(ctx)
	if err != nil {
		return err
	}
	// The small one comes second: a server closes connections that wait for as long as the large one takes.
	large, facts, leaveLarge, err := b.openFilled(ctx, "large", b.size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leaveLarge()) }()
	small, _, leaveSmall, err := b.openFilled(ctx, "small", smallSize)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leaveSmall()) }()

	rates := make(map[string][][]float64) // by operation: of each round, of each of kinds
	for round := range b.rounds {
		for _, name := range sizedOperations {
			kinds := []keysOf{{"small", small, 0}, {"hot", large, grantsEach}, {"random", large, 0}}
			measured := make([]float64, len(kinds))
			order := []int{0, 1, 2}
			if round%2 == 1 {
				slices.Reverse(order)
			}
			for _, i := range order {
				k := kinds[i]
				if err := errors.Join(ctx.Err(), k.side.measure([]group{{asSomebody(operationNamed(name), k.each), k.side.audience.visitors}}, b.options, name)); err != nil {
					return fmt.Errorf("%s, %s keys: %w", name, k.title, err)
				}
				measured[i] = k.side.measured[0].rate
			}
			rates[name] = append(rates[name], measured)
			fmt.Fprintf(os.Stderr, "size     round %d  %-27s %7.0f/s small, %7.0f/s hot, %7.0f/s random\n", round+1, name, measured[0], measured[1], measured[2])
		}
	}
	fmt.Fprintf(w, "\n### %d lines, sessions, consents and grants on %s\n\n", b.size, described)
	fmt.Fprintf(w, "%s, %d rounds; filled in %s, %.1f GB with indexes; small is %d lines, hot is %d grants, random is %d grants spread over all\n\n",
		connections(b.widest()), b.rounds, facts.took.Round(time.Second), float64(facts.bytes)/(1<<30), smallSize, grantsEach*b.widest(), min(spreadKeys, b.size))
	writeTable(w, sizedRows(rates))
	return nil
}

// sizedRows is the table: medians of the rates, and of the rounds' ratios with their spread.
func sizedRows(rates map[string][][]float64) [][]string {
	rows := [][]string{{"operation", "small/s", "hot/s", "random/s", "hot ÷ small", "min–max", "random ÷ small", "min–max", "random ÷ hot", "goal", ""}}
	for _, name := range sizedOperations {
		var kinds [3][]float64
		var hot, random, between []float64
		for _, m := range rates[name] {
			for i := range kinds {
				kinds[i] = append(kinds[i], m[i])
			}
			hot, random, between = append(hot, m[1]/m[0]), append(random, m[2]/m[0]), append(between, m[2]/m[1])
		}
		spread := func(ratios []float64) string {
			return fmt.Sprintf("%.2f–%.2f", slices.Min(ratios), slices.Max(ratios))
		}
		rows = append(rows, []string{
			operationNamed(name).title, rate(median(kinds[0])), rate(median(kinds[1])), rate(median(kinds[2])),
			share(median(hot)), spread(hot), share(median(random)), spread(random), share(median(between)),
			fmt.Sprintf("≥ %.2f", sizedWithin), verdict(min(median(hot), median(random)), sizedWithin),
		})
	}
	return rows
}

// asSomebody is the operation done by another identity of the visitor each time: by the first ones only, unless each is 0.
func asSomebody(o operation, each int) operation {
	do := o.do
	o.do = func(v *visitor) error {
		among := len(v.people)
		if each > 0 {
			among = min(each, among)
		}
		v.turnOf = (v.turnOf + 1) % among
		who := v.people[v.turnOf]
		v.access, v.refresh, v.cookies = who.access, who.refresh, who.cookies
		err := do(v)
		who.refresh, who.cookies = v.refresh, v.cookies
		return err
	}
	return o
}

// filledFacts is what filling took.
type filledFacts struct {
	took  time.Duration
	bytes int64
}

// openFilled starts our server on a fresh database of that many lines. The returned function undoes it all.
func (b bench) openFilled(ctx context.Context, name string, size int) (_ *side, f filledFacts, _ func() error, err error) {
	database, err := b.engine.Create(ctx, b.folder, name)
	if err != nil {
		return nil, f, nil, err
	}
	drop := func() error { return b.engine.Drop(context.WithoutCancel(ctx), database) }
	address, err := url.Parse(database)
	if err != nil {
		return nil, f, nil, errors.Join(err, drop())
	}
	if err := b.program.register(ctx, database); err != nil {
		return nil, f, nil, errors.Join(err, drop())
	}
	began := time.Now()
	who, err := fill(ctx, database, b.program.path("root.key"), size, spreadKeys)
	if err != nil {
		return nil, f, nil, errors.Join(err, drop())
	}
	f.took = time.Since(began)
	err = administer(ctx, func(db *sql.DB) error {
		if _, err := db.ExecContext(ctx, "CHECKPOINT"); err != nil { // not while something is measured
			return err
		}
		return db.QueryRowContext(ctx, "SELECT pg_database_size($1::name)", address.Path[1:]).Scan(&f.bytes)
	})
	if err != nil {
		return nil, f, nil, errors.Join(err, drop())
	}
	running, err := b.program.serve(database)
	if err != nil {
		return nil, f, nil, errors.Join(err, drop())
	}
	a := &audience{address: running.address}
	leave := func() error { return errors.Join(a.leave(), running.stop(), drop()) }
	for i := range b.widest() {
		v, err := newVisitor(a.address, nil)
		if err != nil {
			return nil, f, nil, errors.Join(err, leave())
		}
		for n := i; n < len(who); n += b.widest() {
			v.people = append(v.people, who[n])
		}
		a.visitors = append(a.visitors, v)
	}
	return &side{process: running, audience: a}, f, leave, nil
}

// Command bench says how fast Dialtone is: for each operation of the protocol, requests a second and response times of the
// real `dialtone serve`, and their ratio to the bare server, on SQLite and on PostgreSQL.
//
//	go run ./bench [-engine sqlite,postgres] [-only refresh,code] [-rounds 5] [-time 3s] [-connections 1,16,64] [-cpuprofile DIR]
//	go run ./bench -size 10m       a database of so many lines beside a small one, instead; on PostgreSQL
//	go run ./bench -only portal        the portal's pages alone; they are measured after the operations otherwise
//
// PostgreSQL is the one that DIALTONE_TEST_POSTGRES names; `make bench` starts a throw-away one. It must not be one that
// anybody else uses: databases are created and dropped. docs/performance.md explains how to read the result.
//
//	main.go ── round.go      the rounds: both servers side by side, loaded in turn
//	        ── report.go     medians and the table
//	round.go ── process.go, ours.go, engine.go    starting `dialtone serve` and the bare server on a fresh database each
//	         ── audience.go, crowd.go             who visits them
//	         ── load.go                           bursts of load, percentiles
//	             ── operation.go, visitor.go      what a visitor does
//	             ── client.go                     HTTP/1.1 at little cost
//	         ── wire.go                           what goes over to PostgreSQL, counted in a round of its own
//	sized.go, filled.go                           a database of many lines beside a small one: -size
//	portal.go, portal_seed.go                     how long the portal's pages take: `bench portal`
//	bare.go, bare_db.go      the bare server; `bench bare` runs it in a process of its own
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := runBench
	arguments := os.Args[1:]
	if len(arguments) > 0 && arguments[0] == bareCommand {
		run, arguments = runBare, arguments[1:]
	}
	if err := run(ctx, arguments); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	engines    []engine
	operations []operation
	portal     bool // the portal's pages, too
	rounds     int
	widths     []int // keep-alive connections that work at the same time
	burst      times
	size       int    // lines of a database to compare with a small one, instead of everything else; 0: none
	profiles   string // folder for CPU profiles of our server; empty: none
}

func parseOptions(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	engineNames := flags.String("engine", "sqlite,postgres", "databases to measure on")
	only := flags.String("only", "", "what to measure, by name; all if empty: "+strings.Join(append(operationNames(), portalCommand), ", "))
	flags.IntVar(&o.rounds, "rounds", 3, "how many times all is measured; the medians count")
	widths := flags.String("connections", "1,16,64", "keep-alive connections that work at the same time; everything is measured at each width")
	flags.DurationVar(&o.burst.measuring, "time", 2*time.Second, "how long each operation is measured in a round")
	flags.DurationVar(&o.burst.warming, "warm", 500*time.Millisecond, "how long it runs before that, uncounted")
	size := flags.String("size", "", "compare a PostgreSQL database of that many lines with a small one instead, at the greatest of -connections: 100k, 1m, 10m")
	flags.StringVar(&o.profiles, "cpuprofile", "", "folder for a CPU profile of our server in each operation; the figures are a little lower then")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	var err error
	names := slices.DeleteFunc(strings.Split(*only, ","), func(name string) bool { return name == portalCommand })
	o.portal = *only == "" || len(names) < len(strings.Split(*only, ","))
	if len(names) > 0 {
		if o.operations, err = choose(operations, strings.Join(names, ","), func(o operation) string { return o.name }); err != nil {
			return o, err
		}
	}
	if o.engines, err = choose(engines, *engineNames, engine.Name); err != nil {
		return o, err
	}
	if o.widths, err = parseWidths(*widths); err != nil {
		return o, err
	}
	if *size != "" {
		if o.size, err = parseSize(*size); err != nil {
			return o, err
		}
		o.engines = []engine{postgres{}}
	}
	if o.rounds < 1 || o.burst.measuring <= 0 || flags.NArg() > 0 {
		return o, errors.New("see go run ./bench -help")
	}
	return o, nil
}

// parseWidths reads numbers of connections.
func parseWidths(list string) ([]int, error) {
	var widths []int
	for text := range strings.SplitSeq(list, ",") {
		width, err := strconv.Atoi(text)
		if err != nil || width < 1 || width > crowdedConnections {
			return nil, fmt.Errorf("%q is no number of connections from 1 to %d", text, crowdedConnections)
		}
		widths = append(widths, width)
	}
	return widths, nil
}

// widest is the greatest number of connections that is measured.
func (o options) widest() int { return slices.Max(o.widths) }

// choose returns the items that the comma-separated names name, all of them if there are none.
func choose[T any](all []T, names string, name func(T) string) ([]T, error) {
	if names == "" {
		return all, nil
	}
	var chosen []T
	for wanted := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(item T) bool { return name(item) == wanted })
		if i < 0 {
			return nil, fmt.Errorf("there is no %q", wanted)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func operationNames() []string {
	var names []string
	for _, o := range operations {
		names = append(names, o.name)
	}
	return names
}

func runBench(ctx context.Context, arguments []string) (err error) {
	o, err := parseOptions(arguments)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	// The generator shares the machine with what it measures, so it collects its garbage seldom.
	debug.SetGCPercent(800)
	folder, err := os.MkdirTemp("", "dialtone-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	program, err := buildProgram(ctx, folder, o.profiles != "")
	if err != nil {
		return err
	}
	reportMachine(os.Stdout, program, o)
	for _, e := range o.engines {
		b := bench{options: o, program: program, engine: e, folder: folder}
		if err := b.runAll(ctx); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return nil
}

// runAll measures what was chosen on one engine and prints it.
func (b bench) runAll(ctx context.Context) error {
	if b.size > 0 {
		return b.runSized(ctx, os.Stdout)
	}
	if len(b.operations) > 0 {
		results, err := b.run(ctx)
		if err != nil {
			return err
		}
		results.report(os.Stdout)
	}
	if !b.portal {
		return nil
	}
	return b.runPortal(ctx, os.Stdout)
}

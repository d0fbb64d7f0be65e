// Command interop proves that ordinary OAuth libraries work with Dialtone: it starts `dialtone serve` over TLS with a
// throw-away certificate authority and a fresh SQLite database, lets relying parties on four libraries go through all
// steps of an app's life, and prints a table of what happened. It exits with 1 if any step failed.
//
//	go run ./interop [-only openid-client,authlib] [-v]
//
//	main.go ── host.go     the server: build, certificates, configuration, apply, start and stop
//	        ── party.go    the relying parties in clients/, and the talk with them
//	        ── person.go   the person at the browser, who fills in the pages
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
)

func main() {
	only := flag.String("only", "", "comma-separated names of the parties to run; all if empty")
	verbose := flag.Bool("v", false, "print the server's log at the end, also when everything passed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *only, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, verbose bool) (err error) {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		fmt.Printf("installing %s\n", p.library)
		if err := p.prepare(ctx); err != nil {
			return err
		}
	}
	fmt.Println("starting dialtone serve")
	server, err := startHost(ctx, chosen)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, server.stop())
		if err != nil || verbose {
			fmt.Printf("\nthe server's log:\n%s\n", server.logTail())
		}
		err = errors.Join(err, server.remove())
	}()

	results := make(map[string]map[string]verdict)
	var broken []error
	for _, p := range chosen {
		fmt.Printf("running %s\n", p.library)
		who, err := newPerson(server.transport, server.issuer, p.phoneNumber, p.pin())
		if err != nil {
			return err
		}
		results[p.name], err = p.talk(ctx, server.settings(p), who)
		broken = append(broken, err)
	}
	return errors.Join(append(broken, report(chosen, results))...)
}

// choose returns the parties that are named, in the order of the table; all of them if names is empty.
func choose(names string) ([]party, error) {
	if names == "" {
		return parties, nil
	}
	var chosen []party
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(parties, func(p party) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no party %q", name)
		}
		chosen = append(chosen, parties[i])
	}
	return chosen, nil
}

// report prints the table and the reasons below it. It returns an error if a step failed or was not reached.
func report(chosen []party, results map[string]map[string]verdict) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\nlibrary\t%s\n", strings.Join(steps, "\t"))
	var remarks []string
	failed := 0
	for _, p := range chosen {
		row := []string{p.library}
		for _, step := range steps {
			v := results[p.name][step]
			switch v.outcome {
			case "pass":
				row = append(row, "pass")
			case "none":
				row = append(row, "–")
				remarks = append(remarks, fmt.Sprintf("–     %s, %s: %s", p.name, step, v.reason))
			case "fail":
				failed++
				row = append(row, "FAIL")
				remarks = append(remarks, fmt.Sprintf("FAIL  %s, %s: %s", p.name, step, v.reason))
			default:
				failed++
				row = append(row, "not reached")
			}
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush()
	fmt.Printf("\n%s\n", strings.Join(remarks, "\n"))
	if failed > 0 {
		return fmt.Errorf("%d steps failed or were not reached", failed)
	}
	return nil
}

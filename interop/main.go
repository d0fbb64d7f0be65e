// Command interop proves that ordinary OAuth libraries work with Dialtone, and that the developer portal's Try it tab tells the
// truth. It starts `dialtone serve` over TLS with a throw-away certificate authority and a fresh SQLite database and lets
// relying parties on four libraries go through all steps of an app's life; then it starts `dialtone demo`, registers clients in
// the portal as a developer does, and runs every program that the portal shows for them. Then it runs the programs of the guide's
// pages on libraries. It prints a table of each, and exits with 1 if anything failed.
//
//	go run ./interop [-only openid-client,authlib,snippets,libraries,flask] [-v]
//
//	main.go ── host.go      the server: certificates, configuration, apply
//	        ── party.go     the relying parties in clients/, and the talk with them
//	        ── portal.go    the demo, and the developer who registers clients in its portal
//	        ── snippets.go  the clients with which everything of its Try it tab is tried
//	        ── program.go   the programs that the tab shows, run as they are shown
//	        ── tryit.go     the tab's own run, step by step
//	        ── library.go   the programs of the guide's pages on libraries and proxies
//	        ── person.go    the person at the browser, who fills in the pages
//	        ── report.go    the tables
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Beside the names of the parties and of the guide's pages: snippets for what the portal shows, and whole for all of the pages,
// also those that a run of everything leaves out.
const (
	snippets = "snippets"
	whole    = "libraries"
)

func main() {
	only := flag.String("only", "", "comma-separated names of parties and of pages of the guide, "+snippets+" and "+whole+"; all but the slow pages if empty")
	verbose := flag.Bool("v", false, "print the servers' logs at the end, also when everything passed")
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
	for _, p := range parties {
		if !slices.ContainsFunc(chosen.parties, func(c party) bool { return c.name == p.name }) && !(chosen.portal && lends(p)) {
			continue
		}
		fmt.Printf("installing %s\n", p.library)
		if err := p.prepare(ctx); err != nil {
			return err
		}
	}
	for _, l := range chosen.pages {
		fmt.Printf("installing what the page %s needs\n", l.name)
		if err := l.prepare(ctx); err != nil {
			return err
		}
	}
	folder, err := os.MkdirTemp("", "dialtone-interop-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	binary := filepath.Join(folder, "dialtone")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/dialtone").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, output)
	}
	var broken error
	if len(chosen.parties) > 0 {
		broken = runParties(ctx, binary, folder, chosen.parties, verbose)
	}
	if chosen.portal {
		broken = errors.Join(broken, runSnippets(ctx, binary, folder, verbose))
	}
	if len(chosen.pages) > 0 {
		own := filepath.Join(folder, whole)
		broken = errors.Join(broken, os.Mkdir(own, 0o700), runLibraries(ctx, binary, own, chosen.pages, verbose))
	}
	return broken
}

// runParties lets the parties go through all steps on a server over TLS, and prints what happened.
func runParties(ctx context.Context, binary, folder string, chosen []party, verbose bool) (err error) {
	fmt.Println("starting dialtone serve")
	server, err := startHost(ctx, binary, folder, chosen)
	defer func() { err = end(server.process, err, verbose) }()
	if err != nil {
		return err
	}
	t := newTable("library", steps)
	var broken []error
	for _, p := range chosen {
		fmt.Printf("running %s\n", p.library)
		who, err := newPerson(server.transport, server.issuer, p.phoneNumber, p.pin())
		if err != nil {
			return err
		}
		verdicts, err := p.talk(ctx, server.settings(p), who)
		t.add(p.name, p.library, verdicts)
		broken = append(broken, err)
	}
	return errors.Join(append(broken, t.print())...)
}

// end stops a server, and prints its log if something failed or if somebody wants to see it.
func end(server *process, err error, verbose bool) error {
	err = errors.Join(err, server.stop())
	if err != nil || verbose {
		fmt.Printf("\nthe server's log:\n%s\n", server.logTail())
	}
	return err
}

// choice is what to run.
type choice struct {
	parties []party
	portal  bool // what the portal shows
	pages   []library
}

// choose returns what is named, in the order of the tables; everything but what is slow if names is empty.
func choose(names string) (choice, error) {
	if names == "" {
		quick := slices.DeleteFunc(slices.Clone(libraries), func(l library) bool { return l.slow })
		return choice{parties: parties, portal: true, pages: quick}, nil
	}
	wanted := strings.Split(names, ",")
	chosen := choice{portal: slices.Contains(wanted, snippets)}
	known := []string{snippets, whole}
	for _, p := range parties {
		known = append(known, p.name)
		if slices.Contains(wanted, p.name) {
			chosen.parties = append(chosen.parties, p)
		}
	}
	for _, l := range libraries {
		known = append(known, l.name)
		if slices.Contains(wanted, l.name) || slices.Contains(wanted, whole) {
			chosen.pages = append(chosen.pages, l)
		}
	}
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return choice{}, fmt.Errorf("there is no %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

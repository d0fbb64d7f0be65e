// Command interop proves that ordinary OAuth libraries work with Dialtone, and that the developer portal's TRY IT tab tells the
// truth. It starts `dialtone serve` over TLS with a throw-away certificate authority and a fresh SQLite database and lets
// relying parties on four libraries go through all steps of an app's life; then it starts `dialtone demo`, registers clients in
// the portal as a developer does, and runs every program that the portal shows for them. It prints a table of each, and exits
// with 1 if anything failed.
//
//	go run ./interop [-only openid-client,authlib,snippets] [-v]
//
//	main.go ── host.go      the server: certificates, configuration, apply
//	        ── party.go     the relying parties in clients/, and the talk with them
//	        ── portal.go    the demo, and the developer who registers clients in its portal
//	        ── snippets.go  the clients with which everything of its TRY IT tab is tried
//	        ── program.go   the programs that the tab shows, run as they are shown
//	        ── tryit.go     the tab's own run, step by step
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

// snippets is the name for what the portal shows, beside the names of the parties.
const snippets = "snippets"

func main() {
	only := flag.String("only", "", "comma-separated names of the parties to run, and "+snippets+"; all if empty")
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
	chosen, portalToo, err := choose(only)
	if err != nil {
		return err
	}
	for _, p := range parties {
		if !slices.ContainsFunc(chosen, func(c party) bool { return c.name == p.name }) && !(portalToo && lends(p)) {
			continue
		}
		fmt.Printf("installing %s\n", p.library)
		if err := p.prepare(ctx); err != nil {
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
	if len(chosen) > 0 {
		broken = runParties(ctx, binary, folder, chosen, verbose)
	}
	if portalToo {
		broken = errors.Join(broken, runSnippets(ctx, binary, folder, verbose))
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

// choose returns the parties that are named, in the order of the table, and whether the portal's snippets are; all of them if
// names is empty.
func choose(names string) (chosen []party, portalToo bool, err error) {
	if names == "" {
		return parties, true, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		if name == snippets {
			portalToo = true
			continue
		}
		i := slices.IndexFunc(parties, func(p party) bool { return p.name == name })
		if i < 0 {
			return nil, false, fmt.Errorf("there is no party %q", name)
		}
		chosen = append(chosen, parties[i])
	}
	return chosen, portalToo, nil
}

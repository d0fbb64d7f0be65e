// Command failover kills the primary of two PostgreSQL servers under load and promotes its synchronous standby, round after round,
// and fails if something that two nodes of dialtone had acknowledged is lost, if something is spent twice, or if callers hear
// anything but 503 with Retry-After meanwhile. At last it takes the standby away. It starts all that it needs.
//
//	go run ./test/failover
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/dialtone-id/dialtone/test/rig"
)

const (
	rounds  = 3
	workers = 4 // at each node
	calm    = 4 * time.Second
	// decide is how long whoever watches over the servers takes to promote the standby.
	decide = 2 * time.Second
	// soon is how long a node may take from the promotion to its first good write, and patient the same where the primary went
	// silent: connections to it end after the statement timeout, new ones after 5 s.
	soon    = 5 * time.Second
	patient = 30 * time.Second
	// longest is how long an answer may take: a request's own time, where it waits for the statement timeout and then connects anew.
	longest = 16 * time.Second
)

func main() {
	ctx, end := rig.UntilInterrupted()
	defer end()
	if err := run(ctx); err != nil {
		end()
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	folder, err := rig.Folder("failover")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	addresses, err := rig.FreeAddresses(5)
	if err != nil {
		return err
	}
	servers, err := startPair(ctx, folder, addresses[0], addresses[1])
	if err != nil {
		return err
	}
	defer servers.kill()
	program, err := rig.Build(ctx, folder)
	if err != nil {
		return err
	}
	database := fmt.Sprintf("postgres://dialtone@%s,%s/dialtone?target_session_attrs=read-write", addresses[0], addresses[1])
	apps, err := program.Apply(ctx, database, 2*rounds+2)
	if err != nil {
		return err
	}
	logFile, err := os.Create(filepath.Join(folder, "nodes.log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	t := &trial{servers: servers, apps: apps, issuer: "http://" + addresses[4]}
	for _, address := range addresses[2:4] {
		n := &rig.Node{Program: program, Database: database, Issuer: t.issuer, Address: address, Log: logFile,
			Arguments: []string{"--sandbox-sends-per-hour", "0", "--log-level", "error", "--shutdown-delay", "0s"}}
		t.nodes = append(t.nodes, n)
		defer n.Kill()
		if err := n.Start(ctx); err != nil {
			return err
		}
	}
	err = t.run(ctx)
	if err != nil && ctx.Err() == nil {
		text, _ := os.ReadFile(logFile.Name())
		fmt.Fprintf(os.Stderr, "the nodes' log ends with:\n%s\n", text[max(0, len(text)-4000):])
	}
	return err
}

// trial is the two nodes with the two servers behind them.
type trial struct {
	servers *pair
	nodes   []*rig.Node
	issuer  string
	apps    []rig.App
	people  people
}

func (t *trial) run(ctx context.Context) error {
	for n := range rounds {
		began := time.Now()
		end := ending{"killed", soon, (*rig.Server).Kill}
		if n == rounds-1 {
			end = ending{"silent", patient, (*rig.Server).Freeze}
		}
		if err := t.round(ctx, n+1, end); err != nil {
			return fmt.Errorf("round %d: %w", n+1, err)
		}
		fmt.Printf("  round %d took %s\n", n+1, time.Since(began).Round(time.Second))
	}
	return t.standbyAway(ctx)
}

// ending is how the primary is lost.
type ending struct {
	name  string
	bound time.Duration // from the promotion to the first good write
	do    func(*rig.Server)
}

// round is one fail-over, with all that is promised checked afterwards, and a new standby at its end.
func (t *trial) round(ctx context.Context, n int, end ending) error {
	w := newWatch(t.nodes)
	watching := w.ready(ctx)
	l := startLoad(t, w)
	err := t.failOver(ctx, w, end)
	l.end()
	watching()
	if err != nil {
		return err
	}
	w.report(fmt.Sprintf("%d, primary %s", n, end.name), l.tally())
	c := checker{trial: t, grants: l.grants}
	return errors.Join(w.judge(end.bound), l.judge(), c.check(), t.servers.rebuild(ctx))
}

// failOver ends the primary, promotes the standby and waits until both nodes write again.
func (t *trial) failOver(ctx context.Context, w *watch, end ending) error {
	if err := rig.Sleep(ctx, calm); err != nil {
		return err
	}
	end.do(t.servers.primary)
	w.killed()
	if err := rig.Sleep(ctx, decide); err != nil {
		return err
	}
	if err := t.servers.promote(ctx); err != nil {
		return err
	}
	w.promoted()
	for deadline := time.Now().Add(2 * end.bound); !w.back() && time.Now().Before(deadline); {
		if err := rig.Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return rig.Sleep(ctx, calm)
}

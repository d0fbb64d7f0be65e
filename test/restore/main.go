// Command restore restores a PostgreSQL server from a base backup and archived WAL to a moment before an accident, and fails if
// dialtone, started on it with the same root key, lost something that was acknowledged before that moment or knows of something
// that came later. It also shows what a restore cannot keep, and what ends that. It starts all that it needs.
//
//	go run ./test/restore
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/test/rig"
)

// signedIn is how many people sign in before the moment, and after it.
const signedIn = 60

func main() {
	ctx, end := rig.UntilInterrupted()
	defer end()
	if err := run(ctx); err != nil {
		end()
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	folder, err := rig.Folder("restore")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	addresses, err := rig.FreeAddresses(4)
	if err != nil {
		return err
	}
	program, err := rig.Build(ctx, folder)
	if err != nil {
		return err
	}
	a := &archive{folder: folder}
	defer a.kill()
	if err := a.start(ctx, addresses[0]); err != nil {
		return err
	}
	t := &trial{program: program, issuer: "http://" + addresses[3], archive: a}
	if t.apps, err = program.Apply(ctx, a.address(a.first), 4); err != nil {
		return err
	}
	before, err := t.node(ctx, a.first, addresses[2])
	if err != nil {
		return err
	}
	defer before.Kill()
	if err := a.backUp(ctx, addresses[1]); err != nil {
		return err
	}
	if err := t.live(ctx, before); err != nil {
		return err
	}
	began := time.Now()
	if err := a.restore(ctx, t.moment); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := t.node(ctx, a.second, addresses[2])
	if err != nil {
		return err
	}
	defer after.Kill()
	fmt.Printf("restore: to %s, %s before the accident; the server took %.1f s, a sign-in was possible %.1f s after the beginning\n",
		t.moment, t.accident.Round(time.Millisecond), took.Seconds(), time.Since(began).Seconds())
	return t.check(ctx, after)
}

// trial is what people did before the moment and after it.
type trial struct {
	program  rig.Program
	issuer   string
	apps     []rig.App
	archive  *archive
	moment   string        // as recovery_target_time wants it
	accident time.Duration // after the moment

	given                        int // how many people signed in
	kept, revoked, later         []*grant
	refreshedLater, revokedLater []*grant
	codes                        []code // made before the moment and redeemed after it
	unspent                      int    // how many of them could be redeemed once more
}

type grant struct {
	app             rig.App
	number          string
	browser         rig.Browser
	access, refresh string
	newer           rig.Tokens // of a refresh after the moment
}

type code struct {
	app  rig.App
	text string
}

func (t *trial) node(ctx context.Context, on *rig.Server, address string) (*rig.Node, error) {
	n := &rig.Node{Program: t.program, Database: t.archive.address(on), Issuer: t.issuer, Address: address, Log: io.Discard,
		Arguments: []string{"--sandbox-sends-per-hour", "0", "--shutdown-delay", "0s"}}
	return n, n.Start(ctx)
}

// live lets people sign in, names the moment, goes on, and ends with the accident.
func (t *trial) live(ctx context.Context, n *rig.Node) error {
	to := rig.Call(t.issuer, n.Address, nil)
	for range signedIn {
		g, err := t.signIn(ctx, to)
		if err != nil {
			return err
		}
		tokens, a := to.Refresh(g.app, g.refresh) // so that the live token is not the first one
		if !a.Good() {
			return a
		}
		g.access, g.refresh = tokens.Access, tokens.Refresh
		t.kept = append(t.kept, g)
	}
	t.revoked, t.kept = t.kept[:10], t.kept[10:]
	for _, g := range t.revoked {
		if a := to.Revoke(g.app, g.refresh); !a.Good() {
			return a
		}
	}
	for _, g := range t.kept[:5] {
		text, _, err := to.SignIn(g.browser, g.app, g.number)
		if err != nil {
			return err
		}
		t.codes = append(t.codes, code{g.app, text})
	}
	if err := rig.Sleep(ctx, 100*time.Millisecond); err != nil {
		return err
	}
	var err error
	if t.moment, err = t.archive.first.Query(ctx, "dialtone", "SELECT clock_timestamp()"); err != nil {
		return err
	}
	began := time.Now()
	if err := rig.Sleep(ctx, 100*time.Millisecond); err != nil {
		return err
	}
	if err := t.goOn(ctx, to); err != nil {
		return err
	}
	t.accident = time.Since(began)
	if _, err := t.archive.first.Query(ctx, "dialtone", "TRUNCATE client_grant, consent CASCADE"); err != nil {
		return err
	}
	if _, a := to.Refresh(t.kept[9].app, t.kept[9].refresh); a.Code() != "invalid_grant" {
		return fmt.Errorf("the accident was none: %w", a)
	}
	return n.Stop()
}

// goOn is what happens between the moment and the accident.
func (t *trial) goOn(ctx context.Context, to *rig.Caller) error {
	t.refreshedLater, t.revokedLater, t.kept = t.kept[40:45], t.kept[45:50], t.kept[:40]
	for range signedIn {
		g, err := t.signIn(ctx, to)
		if err != nil {
			return err
		}
		t.later = append(t.later, g)
	}
	for _, g := range t.refreshedLater {
		var a rig.Answer
		if g.newer, a = to.Refresh(g.app, g.refresh); !a.Good() {
			return a
		}
	}
	for _, g := range t.revokedLater {
		if a := to.Revoke(g.app, g.refresh); !a.Good() {
			return a
		}
	}
	for _, c := range t.codes {
		if _, a := to.Redeem(c.app, c.text); !a.Good() {
			return a
		}
	}
	return nil
}

func (t *trial) signIn(ctx context.Context, to *rig.Caller) (*grant, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	g := &grant{app: t.apps[t.given%len(t.apps)], number: rig.TestNumber(t.given / len(t.apps)), browser: rig.NewBrowser()}
	t.given++
	text, _, err := to.SignIn(g.browser, g.app, g.number)
	if err != nil {
		return nil, err
	}
	tokens, a := to.Redeem(g.app, text)
	if !a.Good() {
		return nil, a
	}
	g.access, g.refresh = tokens.Access, tokens.Refresh
	return g, nil
}

// archive is a server that archives its WAL, its base backup, and the server that is restored from both.
type archive struct {
	folder, wal   string
	first, second *rig.Server
}

func (a *archive) address(s *rig.Server) string {
	return "postgres://dialtone@" + s.Address + "/dialtone"
}

func (a *archive) start(ctx context.Context, address string) error {
	postgres, err := rig.FindPostgres()
	if err != nil {
		return err
	}
	a.wal = filepath.Join(a.folder, "wal")
	if err := postgres.Own(a.wal); err != nil {
		return err
	}
	settings := "wal_level = replica\narchive_mode = on\n" +
		"archive_command = 'test ! -f " + a.wal + "/%f && cp %p " + a.wal + "/%f'\narchive_timeout = 60s\n"
	if a.first, err = postgres.Init(ctx, filepath.Join(a.folder, "first"), address, settings); err != nil {
		return err
	}
	if err := a.first.Start(ctx); err != nil {
		return err
	}
	_, err = a.first.Query(ctx, "postgres", "CREATE DATABASE dialtone")
	return err
}

// backUp makes the base backup, while the first server works.
func (a *archive) backUp(ctx context.Context, address string) (err error) {
	a.second, err = a.first.Copy(ctx, filepath.Join(a.folder, "second"), address, "--wal-method=none")
	return err
}

// restore ends the first server and brings the base backup to the moment.
func (a *archive) restore(ctx context.Context, moment string) error {
	a.first.Stop()
	lines := []string{
		"archive_mode = off", // until there is a folder for the new timeline
		"restore_command = 'cp " + a.wal + "/%f %p'",
		"recovery_target_time = '" + moment + "'",
		"recovery_target_action = promote",
	}
	if err := a.second.Configure(strings.Join(lines, "\n") + "\n"); err != nil {
		return err
	}
	if err := a.second.Signal("recovery.signal"); err != nil {
		return err
	}
	if err := a.second.Start(ctx); err != nil {
		return err
	}
	return a.second.Await(ctx, "postgres", "SELECT pg_is_in_recovery()", "f")
}

func (a *archive) kill() {
	a.first.Kill()
	a.second.Kill()
}

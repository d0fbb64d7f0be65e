package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/dialtone-id/dialtone/test/rig"
)

// pair is a primary and its synchronous standby.
type pair struct {
	folder           string
	primary, standby *rig.Server
	copies           int
}

// settings are the primary's, which the standby gets with its copy. synchronous_standby_names is not among them: a standby
// that was promoted would wait for one that it does not have.
const settings = `
wal_level = replica
synchronous_commit = on
wal_sender_timeout = 5s
wal_receiver_timeout = 5s
`

func startPair(ctx context.Context, folder, one, two string) (*pair, error) {
	postgres, err := rig.FindPostgres()
	if err != nil {
		return nil, err
	}
	p := &pair{folder: folder}
	if p.primary, err = postgres.Init(ctx, filepath.Join(folder, "first"), one, settings); err != nil {
		return nil, err
	}
	// With the address of a server that does not run yet, for join.
	p.standby = &rig.Server{Postgres: postgres, Address: two}
	if err := p.start(ctx); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

func (p *pair) start(ctx context.Context) error {
	if err := p.primary.Start(ctx); err != nil {
		return err
	}
	if _, err := p.primary.Query(ctx, "postgres", "CREATE DATABASE dialtone"); err != nil {
		return err
	}
	return p.join(ctx)
}

// join makes a standby from a copy of the primary, at the address of the one there was, and lets commits wait for it.
func (p *pair) join(ctx context.Context) error {
	p.copies++
	standby, err := p.primary.Copy(ctx, filepath.Join(p.folder, fmt.Sprint("copy", p.copies)), p.standby.Address, "--write-recovery-conf", "--wal-method=stream")
	if err != nil {
		return err
	}
	p.standby = standby
	if err := p.standby.Start(ctx); err != nil {
		return err
	}
	return p.wait(ctx, "*")
}

// wait says for whom commits wait, and waits until one is there.
func (p *pair) wait(ctx context.Context, names string) error {
	// ALTER SYSTEM runs in no transaction, so each statement goes by itself.
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '" + names + "'", "SELECT pg_reload_conf()"} {
		if _, err := p.primary.Query(ctx, "postgres", statement); err != nil {
			return err
		}
	}
	return p.primary.Await(ctx, "postgres", "SELECT sync_state FROM pg_stat_replication", "sync")
}

// promote makes the standby the primary, which waits for nobody yet.
func (p *pair) promote(ctx context.Context) error {
	if err := p.standby.Promote(ctx); err != nil {
		return err
	}
	p.primary, p.standby = p.standby, p.primary
	return nil
}

// rebuild makes a new standby in the place of the primary that was lost.
func (p *pair) rebuild(ctx context.Context) error {
	p.standby.Kill() // if it is only silent
	return p.join(ctx)
}

func (p *pair) kill() {
	p.primary.Kill()
	p.standby.Kill()
}

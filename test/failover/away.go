package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/test/rig"
)

// givingUp ends the wait of every commit for its standby, as an administrator may do by hand. PostgreSQL calls such a commit done.
const givingUp = `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`

// standbyAway takes the standby away: commits wait for it, so callers hear 503 and nothing is acknowledged, until it is back. Also
// a commit is not acknowledged whose wait somebody ended.
func (t *trial) standbyAway(ctx context.Context) error {
	to := rig.Call(t.issuer, t.nodes[0].Address, nil)
	app := t.apps[0] // which has a grace, so that it may try again
	_, number := t.people.next(t.apps)
	code, _, err := to.SignIn(rig.NewBrowser(), app, number)
	if err != nil {
		return err
	}
	tokens, a := to.Redeem(app, code)
	if !a.Good() {
		return a
	}
	t.servers.standby.Stop()
	began := time.Now()
	told := make(chan rig.Answer, 1)
	go func() { told <- t.untilNotReady(ctx) }()
	_, a = to.Refresh(app, tokens.Refresh)
	if !a.Away() || a.Took > longest {
		return fmt.Errorf("without the standby: after %s: %w", a.Took, a)
	}
	// The primary has it already, but an answer from there is no better.
	if _, tried := to.Refresh(app, tokens.Refresh); !tried.Away() {
		return fmt.Errorf("without the standby, once more: %w", tried)
	}
	active, reading := to.Active(app, tokens.Access)
	if !active || reading.Took > time.Second {
		return fmt.Errorf("without the standby a read: %w", reading)
	}
	ready := <-told
	if !ready.Away() {
		return fmt.Errorf("without the standby: %w", ready)
	}
	if err := t.giveUp(ctx, to, app, tokens); err != nil {
		return err
	}
	if err := t.servers.standby.Start(ctx); err != nil {
		return err
	}
	back := time.Now()
	for {
		if _, tried := to.Refresh(app, tokens.Refresh); tried.Good() {
			break
		}
		if ctx.Err() != nil || time.Since(back) > time.Minute {
			return errors.New("no good write within a minute after the standby came back")
		}
		time.Sleep(again)
	}
	fmt.Printf("failover: standby away: a write and its repetition got 503, after %.2f s, a read was good in %.3f s, /readyz told after %.2f s: %s\n"+
		"  a commit whose wait was ended by hand got 503, too; good writes %.2f s after the standby was back\n",
		a.Took.Seconds(), reading.Took.Seconds(), ready.Began.Sub(began).Seconds(), strings.TrimSpace(string(ready.Body)), time.Since(back).Seconds())
	return nil
}

// untilNotReady asks /readyz until it tells, or for the longest time that an answer may take.
func (t *trial) untilNotReady(ctx context.Context) rig.Answer {
	for began := time.Now(); ; _ = rig.Sleep(ctx, pause) {
		if a := rig.Get("http://" + t.nodes[0].Address + "/readyz"); !a.Good() || time.Since(began) > longest {
			return a
		}
	}
}

// giveUp writes while the standby is away, and ends the wait by hand.
func (t *trial) giveUp(ctx context.Context, to *rig.Caller, app rig.App, tokens rig.Tokens) error {
	answers := make(chan rig.Answer, 1)
	go func() { answers <- to.Revoke(app, tokens.Access) }()
	for range 20 {
		if err := rig.Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
		if _, err := t.servers.primary.Query(ctx, "postgres", givingUp); err != nil {
			return err
		}
	}
	if a := <-answers; !a.Away() {
		return fmt.Errorf("a commit that is on one server only was acknowledged: %w", a)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dialtone-id/dialtone/test/rig"
)

// check looks at what the restored server knows.
func (t *trial) check(ctx context.Context, n *rig.Node) error {
	to := rig.Call(t.issuer, n.Address, nil)
	var faults []error
	every := func(what string, grants []*grant, do func(*rig.Caller, *grant) error) {
		for _, g := range grants {
			if err := do(to, g); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", what, err))
			}
		}
	}
	every("acknowledged before the moment", t.kept, works)
	every("revoked before the moment", t.revoked, refused)
	every("signed in after the moment", t.later, unknown)
	// What nobody can know any more. It is here so that the page that says it stays true.
	every("refreshed after the moment, the older token", t.refreshedLater[:2], works)
	every("refreshed after the moment, the newer token", t.refreshedLater[2:], refusedAsNewer)
	every("revoked after the moment", t.revokedLater, works)
	for _, c := range t.codes {
		if _, a := to.Redeem(c.app, c.text); !a.Good() && a.Code() != "invalid_grant" {
			faults = append(faults, a)
		} else if a.Good() {
			t.unspent++
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d promises were broken, the first ones: %w", len(faults), errors.Join(faults[:min(len(faults), 5)]...))
	}
	fmt.Printf("  before the moment: %d people's access and refresh tokens, sessions and consents work, %d revocations hold\n"+
		"  after the moment: %d people are asked for number and consent again, their tokens are dead\n"+
		"  spent after the moment and good again: %d of %d codes within their lifetime, %d refresh tokens; revoked after it and alive again: %d\n"+
		"  apps with a newer refresh token than the database: %d, refused, their grants ended\n",
		len(t.kept), len(t.revoked), len(t.later), t.unspent, len(t.codes), 2, len(t.revokedLater), len(t.refreshedLater)-2)
	return t.endAll(ctx, n, to)
}

// works: tokens, session and consent are there.
func works(to *rig.Caller, g *grant) error {
	if active, a := to.Active(g.app, g.access); !active {
		return fmt.Errorf("the access token is dead: %w", a)
	}
	tokens, a := to.Refresh(g.app, g.refresh)
	if !a.Good() {
		return a
	}
	g.refresh, g.access = tokens.Refresh, tokens.Access
	if _, asked, err := to.SignIn(g.browser, g.app, g.number); err != nil || asked.Number || asked.Consent {
		return fmt.Errorf("asked for %+v: %w", asked, err)
	}
	return nil
}

func refused(to *rig.Caller, g *grant) error {
	active, _ := to.Active(g.app, g.access)
	if _, a := to.Refresh(g.app, g.refresh); active || a.Code() != "invalid_grant" {
		return fmt.Errorf("alive: access token %t: %w", active, a)
	}
	return nil
}

// unknown: the tokens are dead, and the person is a new one.
func unknown(to *rig.Caller, g *grant) error {
	if err := refused(to, g); err != nil {
		return err
	}
	if _, asked, err := to.SignIn(g.browser, g.app, g.number); err != nil || !asked.Number || !asked.Consent {
		return fmt.Errorf("asked for %+v only: %w", asked, err)
	}
	return nil
}

func refusedAsNewer(to *rig.Caller, g *grant) error {
	if _, a := to.Refresh(g.app, g.newer.Refresh); a.Code() != "invalid_grant" {
		return a
	}
	return refused(to, g)
}

// endAll is what an operator can do who wants nothing back that was spent or revoked: the data keys are replaced at once.
func (t *trial) endAll(ctx context.Context, n *rig.Node, to *rig.Caller) error {
	if _, err := t.program.Run(ctx, "keys", "rotate", "data", "--now", "--database", n.Database, "--root-key-file", t.program.Key); err != nil {
		return err
	}
	if err := n.Stop(); err != nil {
		return err
	}
	if err := n.Start(ctx); err != nil {
		return err
	}
	for _, g := range append(t.kept, t.revokedLater...) {
		if err := refused(to, g); err != nil {
			return fmt.Errorf("after dialtone keys rotate data --now: %w", err)
		}
	}
	g := t.kept[0]
	_, asked, err := to.SignIn(g.browser, g.app, g.number)
	if err != nil {
		return err
	}
	fmt.Printf("  dialtone keys rotate data --now: all tokens from before are dead; who signs in again is asked for the number: %t, for consent: %t\n", asked.Number, asked.Consent)
	return nil
}

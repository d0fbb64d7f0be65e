package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dialtone-id/dialtone/test/rig"
)

// checker looks, at both nodes, whether what was acknowledged before the kill or after is there.
type checker struct {
	trial  *trial
	grants []*grant
	turn   atomic.Int64
	raced  int

	mu     sync.Mutex
	faults []error
}

// check returns what was lost or could be spent twice.
func (c *checker) check() error {
	c.each(c.grants, c.kept)
	c.each(c.grants[:min(len(c.grants), 40)], c.consented)
	c.each(c.grants, c.spentOnce)
	for range 10 {
		c.race()
	}
	fmt.Printf("  checked %d grants: each acknowledged token, consent and revocation, each code and each spent refresh token once more;\n"+
		"  %d codes and refresh tokens spent at both nodes at once\n", len(c.grants), c.raced)
	if len(c.faults) > 0 {
		return fmt.Errorf("%d promises were broken, the first ones: %w", len(c.faults), errors.Join(c.faults[:min(len(c.faults), 5)]...))
	}
	return nil
}

// each does something with every grant, some at a time.
func (c *checker) each(grants []*grant, do func(*rig.Caller, *grant) error) {
	var doing sync.WaitGroup
	queue := make(chan *grant)
	for range 8 {
		doing.Go(func() {
			for g := range queue {
				if err := do(c.caller(), g); err != nil {
					c.fault(fmt.Errorf("%s at %s (revoked %t, unsure %t): %w", g.number, g.app.ID, g.revoked, g.unsure, err))
				}
			}
		})
	}
	for _, g := range grants {
		queue <- g
	}
	close(queue)
	doing.Wait()
}

func (c *checker) fault(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, err)
}

// caller is at another node each time.
func (c *checker) caller() *rig.Caller {
	return c.at(int(c.turn.Add(1)) % len(c.trial.nodes))
}

func (c *checker) at(node int) *rig.Caller {
	return rig.Call(c.trial.issuer, c.trial.nodes[node].Address, nil)
}

// kept: what was acknowledged is there. The refresh needs the grant and the consent, and says whether the token is the live one.
func (c *checker) kept(to *rig.Caller, g *grant) error {
	active, a := to.Active(g.app, g.access)
	if !a.Good() {
		return a
	}
	switch {
	case g.revoked:
		_, a = to.Refresh(g.app, g.live)
		if active || a.Code() != "invalid_grant" {
			return fmt.Errorf("revoked, and yet alive: access token %t, %w", active, a)
		}
		return nil
	case g.unsure:
		return nil
	case !active:
		return errors.New("the access token is dead")
	}
	tokens, a := to.Refresh(g.app, g.live)
	if !a.Good() {
		return fmt.Errorf("an acknowledged refresh token: %w", a)
	}
	g.spent, g.live, g.access = append(g.spent, g.live), tokens.Refresh, tokens.Access
	return nil
}

// consented: the person's session and consent are there, so that no page asks for anything.
func (c *checker) consented(to *rig.Caller, g *grant) error {
	code, asked, err := to.SignIn(g.browser, g.app, g.number)
	switch {
	case err != nil:
		return err
	case asked.Number || asked.Consent:
		return fmt.Errorf("the session or the consent is lost: asked for %+v", asked)
	}
	return c.once(to, g.app, code)
}

// once: a code gives tokens at the first time only.
func (c *checker) once(to *rig.Caller, app rig.App, code string) error {
	if _, a := to.Redeem(app, code); !a.Good() {
		return a
	}
	if _, a := to.Redeem(app, code); a.Code() != "invalid_grant" {
		return fmt.Errorf("a code was spent twice: %w", a)
	}
	return nil
}

// spentOnce: nothing that was spent gives anything again, but for the last refresh token within the grace, which gives the same
// token. It comes last, because a code that is used again ends the grant.
func (c *checker) spentOnce(to *rig.Caller, g *grant) error {
	if !g.revoked && !g.unsure && !g.app.Strict {
		last := g.spent[len(g.spent)-1]
		if tokens, a := to.Refresh(g.app, last); !a.Good() || tokens.Refresh != g.live {
			return fmt.Errorf("the last refresh token within the grace does not give the same successor: %w", a)
		}
	}
	refused := g.spent
	if !g.app.Strict {
		refused = g.spent[:max(0, len(g.spent)-1)]
	}
	for _, token := range slices.Backward(refused) {
		if _, a := to.Refresh(g.app, token); a.Code() != "invalid_grant" {
			return fmt.Errorf("a spent refresh token was taken: %w", a)
		}
	}
	if _, a := to.Redeem(g.app, g.code); a.Code() != "invalid_grant" {
		return fmt.Errorf("a spent code was taken: %w", a)
	}
	if _, a := to.Refresh(g.app, g.live); a.Code() != "invalid_grant" {
		return fmt.Errorf("alive after the code was used again: %w", a)
	}
	return nil
}

// race spends a code, and then a refresh token of an app without grace, at both nodes at once.
func (c *checker) race() {
	app := c.trial.apps[1]
	_, number := c.trial.people.next(c.trial.apps)
	code, _, err := c.at(0).SignIn(rig.NewBrowser(), app, number)
	if err != nil {
		c.fault(err)
		return
	}
	tokens, _ := c.at(0).Redeem(app, code)
	again, _, err := c.at(0).SignIn(rig.NewBrowser(), app, number)
	if err != nil {
		c.fault(err)
		return
	}
	c.atOnce("code", func(to *rig.Caller) rig.Answer { _, a := to.Redeem(app, again); return a })
	c.atOnce("refresh token", func(to *rig.Caller) rig.Answer { _, a := to.Refresh(app, tokens.Refresh); return a })
}

func (c *checker) atOnce(what string, spend func(*rig.Caller) rig.Answer) {
	var good atomic.Int64
	var spending sync.WaitGroup
	for node := range c.trial.nodes {
		spending.Go(func() {
			switch a := spend(c.at(node)); {
			case a.Good():
				good.Add(1)
			case a.Code() != "invalid_grant":
				c.fault(a)
			}
		})
	}
	spending.Wait()
	c.raced++
	if good.Load() != 1 {
		c.fault(fmt.Errorf("a %s at both nodes at once was taken %d times", what, good.Load()))
	}
}

package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialtone-id/dialtone/test/rig"
)

const (
	pause   = 20 * time.Millisecond  // between requests of a worker
	again   = 100 * time.Millisecond // before a worker tries what was answered with 503; sooner than it was asked to
	refresh = 4                      // refreshes of each grant
)

// people hands out people who have not signed in to an app before.
type people struct{ given atomic.Int64 }

func (p *people) next(apps []rig.App) (app rig.App, number string) {
	const numbers = 1000
	n := int(p.given.Add(1) - 1)
	return apps[n%len(apps)], rig.TestNumber(n / len(apps) % numbers)
}

// grant is what a person allowed an app, as far as it was acknowledged.
type grant struct {
	app     rig.App
	number  string
	browser rig.Browser
	code    string
	access  string
	live    string   // the refresh token
	spent   []string // refresh tokens that were replaced, oldest first
	revoked bool
	unsure  bool // an answer was lost and the app has no grace: it may be dead
}

// load is what workers do, and what they were told of it.
type load struct {
	trial    *trial
	stopping atomic.Bool
	working  sync.WaitGroup

	mu     sync.Mutex
	grants []*grant
	wrong  []error
	lost   int // codes whose answer was lost: the person has to sign in again
}

// startLoad lets workers sign in at each node until end.
func startLoad(t *trial, w *watch) *load {
	l := &load{trial: t}
	for i, n := range t.nodes {
		caller := rig.Call(t.issuer, n.Address, w.of(i))
		for range workers {
			l.working.Go(func() { l.work(caller) })
		}
	}
	return l
}

// end stops the workers, and waits for their last answers.
func (l *load) end() {
	l.stopping.Store(true)
	l.working.Wait()
}

// judge returns what callers heard that was neither what they asked for nor that they should come back.
func (l *load) judge() error {
	if len(l.wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%d answers were wrong, the first one: %w", len(l.wrong), l.wrong[0])
}

func (l *load) work(c *rig.Caller) {
	for n := 0; !l.stopping.Load(); n++ {
		g := l.signIn(c)
		if g == nil {
			continue
		}
		for range refresh {
			time.Sleep(pause)
			if !l.refresh(c, g) {
				break
			}
		}
		if n%4 == 3 && !g.unsure {
			l.revoke(c, g)
		}
	}
}

// signIn signs somebody new in. Who hears 503 begins again.
func (l *load) signIn(c *rig.Caller) *grant {
	g := &grant{browser: rig.NewBrowser()}
	g.app, g.number = l.trial.people.next(l.trial.apps)
	for !l.stopping.Load() {
		code, _, err := c.SignIn(g.browser, g.app, g.number)
		if err == nil {
			g.code = code
			return l.redeem(c, g)
		}
		l.mend(err)
		time.Sleep(again)
	}
	return nil
}

func (l *load) redeem(c *rig.Caller, g *grant) *grant {
	for tried := 0; !l.stopping.Load(); tried++ {
		tokens, a := c.Redeem(g.app, g.code)
		switch {
		case a.Good():
			g.access, g.live = tokens.Access, tokens.Refresh
			l.mu.Lock()
			l.grants = append(l.grants, g)
			l.mu.Unlock()
			return g
		case tried > 0 && a.Code() == "invalid_grant":
			// The first try was written and only its answer lost.
			l.mu.Lock()
			l.lost++
			l.mu.Unlock()
			return nil
		}
		l.mend(a)
		time.Sleep(again)
	}
	return nil
}

func (l *load) refresh(c *rig.Caller, g *grant) bool {
	for tried := 0; !l.stopping.Load(); tried++ {
		tokens, a := c.Refresh(g.app, g.live)
		if a.Good() {
			g.spent, g.live, g.access, g.unsure = append(g.spent, g.live), tokens.Refresh, tokens.Access, false
			return true
		}
		if tried > 0 && g.app.Strict && a.Code() == "invalid_grant" {
			return false // unsure since the first try
		}
		g.unsure = g.app.Strict
		l.mend(a)
		time.Sleep(again)
	}
	return false
}

func (l *load) revoke(c *rig.Caller, g *grant) {
	for !l.stopping.Load() {
		a := c.Revoke(g.app, g.live)
		if a.Good() {
			g.revoked, g.unsure = true, false
			return
		}
		g.unsure = true
		l.mend(a)
		time.Sleep(again)
	}
}

// mend takes what is no plain "come back later" for a fault of the product.
func (l *load) mend(err error) {
	a, ok := err.(rig.Answer)
	if ok && a.Status == http.StatusServiceUnavailable {
		return // the watch looks at it
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, err)
}

// tally is what was acknowledged.
type tally struct{ signIns, refreshes, revocations, unsure, lost int }

func (l *load) tally() tally {
	t := tally{lost: l.lost}
	for _, g := range l.grants {
		t.signIns++
		t.refreshes += len(g.spent)
		if g.revoked {
			t.revocations++
		}
		if g.unsure && !g.revoked {
			t.unsure++
		}
	}
	return t
}

func (t tally) String() string {
	return fmt.Sprintf("%d sign-ins, %d refreshes, %d revocations; written though the answer was 503: %d codes, %d refreshes of apps without grace",
		t.signIns, t.refreshes, t.revocations, t.lost, t.unsure)
}

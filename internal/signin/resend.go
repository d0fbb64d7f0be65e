package signin

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// ResendRequest asks for the PIN of a challenge once more.
type ResendRequest struct {
	Asker
	ChallengeID string
}

// Resend sends the PIN again: the same code while it has enough life left, so that it does not matter which SMS comes first;
// a new code, with its own tries, otherwise. The number's wrong tries are not given back.
//
// Errors: ErrForbidden if another browser asks; ErrConflict if it is too early, or the PIN was entered already; ErrExhausted
// if it was sent often enough, with a *BudgetError if waiting helps; ErrExpired if the challenge is over, or its tries are
// used up: then Start again; ErrSuperseded; ErrNotFound.
func (s *Service) Resend(ctx context.Context, r ResendRequest, now time.Time) (Started, error) {
	state, err := s.challengeOf(ctx, r.ChallengeID, r.BrowserID)
	if err != nil {
		return Started{}, fmt.Errorf("resend PIN: %w", err)
	}
	c := state.Challenge
	switch {
	case c.Superseded:
		return Started{}, fmt.Errorf("resend PIN: %w", dialtone.ErrSuperseded)
	case !c.Verified.IsZero():
		return Started{}, fmt.Errorf("resend PIN that was entered: %w", dialtone.ErrConflict)
	case c.Attempts >= s.Policy.Tries:
		return Started{}, fmt.Errorf("resend PIN after too many tries: %w", dialtone.ErrExpired)
	}
	line := s.challengedLine(state)
	if !s.reached(line, r.App, now) {
		line = dialtone.Subscription{} // the operator took the product away since the start
	}
	change, err := s.changeFor(c, line, now)
	if err != nil {
		return Started{}, fmt.Errorf("resend PIN: %w", err)
	}
	before := s.digits(c)
	c, err = s.Store.ResendChallenge(ctx, c.ID, c.BrowserHash, change, s.Policy.maxSends(), s.sendBudgets(r.Asker, c.NumberKey, line), now)
	if err != nil {
		s.logRefusal(err, r.App.Client.ID)
		return Started{}, fmt.Errorf("resend PIN: %w", err)
	}
	if s.digits(c) > before {
		s.Budgets.Bit(dialtone.BudgetNumberFailures)
	}
	// What the row holds now is sent, whatever was read before: another tab may have been quicker.
	code, ok := s.openCode(c.ID, c.SealedCode)
	if !ok {
		return Started{}, fmt.Errorf("resend PIN: %w", dialtone.ErrExpired)
	}
	s.Dispatcher.Enqueue(s.pinMessage(sending{Asker: r.Asker, line: line, code: code, asked: now, notAfter: c.Expires}))
	return Started{ChallengeID: c.ID, Expires: c.Expires, NextSend: c.NextSend, New: change.Code.Hash != ""}, nil
}

// changeFor decides between the same code and a new one.
func (s *Service) changeFor(c dialtone.Challenge, line dialtone.Subscription, now time.Time) (dialtone.Resend, error) {
	change := dialtone.Resend{NextSend: s.Policy.nextSend(c.Sends+1, now)}
	if _, ok := s.openCode(c.ID, c.SealedCode); ok && c.Expires.Sub(now) > s.Policy.SameCodeWhile {
		return change, nil
	}
	digits := s.digits(c)
	if c.Attempts > 0 {
		digits = LongDigits // new tries for whoever guessed before
	}
	code, ok := s.newCode(c.ID, line, digits)
	if !ok {
		return dialtone.Resend{}, dialtone.ErrExpired
	}
	change.Code, change.Expires = code, now.Add(s.Policy.Lifetime)
	return change, nil
}

// digits is how many the challenge's code has.
func (s *Service) digits(c dialtone.Challenge) int { return cmp.Or(c.Digits, s.Policy.Digits) }

// challengedLine returns the line that a challenge's PIN goes to, or a zero one if it was none, is no longer the line of
// that number, or has another SIM since: the PIN is on the old one.
func (s *Service) challengedLine(c dialtone.ChallengeState) dialtone.Subscription {
	if !c.Line.Active() || s.switchedOff(c.Line) || !secret.Equal(s.numberKey(c.Line.PhoneNumber), c.NumberKey) || c.Created.Before(c.Line.SIMChanged) {
		return dialtone.Subscription{}
	}
	return c.Line
}

// challengeOf returns the challenge if the browser is the one that started it. ErrForbidden otherwise.
func (s *Service) challengeOf(ctx context.Context, id, browserID string) (dialtone.ChallengeState, error) {
	c, err := s.Store.Challenge(ctx, id)
	if err != nil {
		return dialtone.ChallengeState{}, err
	}
	if !secret.Equal(c.BrowserHash, secret.Hash(browserID)) {
		return dialtone.ChallengeState{}, fmt.Errorf("challenge of another browser: %w", dialtone.ErrForbidden)
	}
	return c, nil
}

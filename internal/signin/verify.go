package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// VerifyRequest brings a PIN.
type VerifyRequest struct {
	Asker
	ChallengeID string
	RequestHash string
	PIN         string // as typed: spaces and hyphens do not matter
}

// Outcome is a person who proved a number.
type Outcome struct {
	State  dialtone.SessionState // at the app's product
	Cookie secret.Text           // the session cookie's value
	Known  secret.Text           // the value of a cookie that lasts, and comes back as Asker.Known
}

// WrongPINError says that the PIN is not the one that was sent, and how many tries are left: at least one.
type WrongPINError struct{ Left int }

func (e *WrongPINError) Error() string { return fmt.Sprintf("wrong PIN, %d tries left", e.Left) }

// ErrLastTry: the try was wrong and the last one that the PIN survives. It wraps ErrExhausted.
var ErrLastTry = fmt.Errorf("the last try was wrong: %w", dialtone.ErrExhausted)

// amr are the methods that a PIN by SMS proves (RFC 8176 §2).
var amr = []string{"sms", "otp"}

// noPIN is a length that no PIN has.
const noPIN = 32

// Verify spends one try and signs the person in if the PIN is right.
//
// Errors: *WrongPINError; ErrInvalid if it is no PIN at all, which costs no try; ErrExpired; ErrSuperseded if a newer PIN of the
// same sign-in was asked for; ErrExhausted if the tries are used up, as ErrLastTry by this one; ErrForbidden if the PIN belongs to another
// browser or request; ErrNotFound.
func (s *Service) Verify(ctx context.Context, r VerifyRequest, now time.Time) (Outcome, error) {
	pin, err := parsePIN(r.PIN)
	if err != nil {
		return Outcome{}, err
	}
	// The browser is checked before a try is spent: nobody else can use up a person's tries.
	c, err := s.challengeOf(ctx, r.ChallengeID, r.BrowserID)
	if err != nil {
		return Outcome{}, fmt.Errorf("verify PIN: %w", err)
	}
	if !secret.Equal(c.RequestHash, r.RequestHash) {
		return Outcome{}, fmt.Errorf("verify PIN of another request: %w", dialtone.ErrForbidden)
	}
	if s.switchedOff(c.Line) {
		return Outcome{}, fmt.Errorf("verify PIN of the sandbox, which is switched off: %w", dialtone.ErrExpired)
	}
	if digits := s.digits(c.Challenge); len(pin) != digits {
		return Outcome{}, fmt.Errorf("PIN: %w: it is not %d digits", dialtone.ErrInvalid, digits)
	}
	line := s.challengedLine(c)
	if line.ID == "" {
		pin = secret.Digits(noPIN) // the number was never served, or changed hands since: counted, and never right
	}
	hash, ok := s.codeHash(c.ID, pin)
	if !ok {
		return Outcome{}, fmt.Errorf("verify PIN: %w: its key is gone", dialtone.ErrExpired)
	}
	sessionID := secret.ID("ses")
	cookie, ok := s.cookieFor(c.ID, sessionID)
	if !ok {
		return Outcome{}, fmt.Errorf("verify PIN: %w: its key is gone", dialtone.ErrExpired)
	}
	tried, err := s.Store.TryChallenge(ctx, dialtone.Try{
		ID: c.ID, BrowserHash: c.BrowserHash, RequestHash: c.RequestHash, CodeHash: hash, MaxAttempts: s.Policy.Tries,
		GuessKey: s.guessKey(r.Asker, c.Challenge, line), ProductID: r.App.Product.ID,
		Session: dialtone.Session{
			ID: sessionID, SecretHash: cookie.hash(), AMR: amr, AuthTime: now, Created: now, Expires: now.Add(s.Policy.SessionLifetime),
		},
	}, now)
	switch {
	case errors.Is(err, dialtone.ErrConflict):
		return s.repeat(ctx, r.Asker, tried.Challenge, hash, now)
	case err != nil:
		return Outcome{}, fmt.Errorf("verify PIN: %w", err)
	case tried.Right:
		s.strangers.SignedIn(s.sendShares(r.Asker), s.guessShares(r.Asker), now)
		return Outcome{State: tried.State, Cookie: cookie.text(), Known: s.remember(r.Asker, tried.State.Session)}, nil
	}
	s.strangers.Guess(s.guessShares(r.Asker), now)
	switch {
	case tried.Challenge.Attempts >= s.Policy.Tries:
		s.Budgets.Bit(dialtone.BudgetPINTries)
		return Outcome{}, fmt.Errorf("verify PIN: %w", ErrLastTry)
	default:
		return Outcome{}, &WrongPINError{Left: s.Policy.Tries - tried.Challenge.Attempts}
	}
}

// guessKey is under what a wrong try is counted: not those of a browser that signed in with the line before, nor with test numbers.
func (s *Service) guessKey(a Asker, c dialtone.Challenge, line dialtone.Subscription) string {
	if inSandbox(line) || s.known(a).Has(line.ID) {
		return ""
	}
	return dialtone.BudgetNumberFailures.Of(c.NumberKey)
}

// repeat answers a PIN that was entered before: with the same session if it is right and came soon.
func (s *Service) repeat(ctx context.Context, a Asker, c dialtone.Challenge, hash string, now time.Time) (Outcome, error) {
	over := fmt.Errorf("verify PIN that was used: %w", dialtone.ErrExpired)
	if !secret.Equal(c.CodeHash, hash) || now.Sub(c.Verified) > s.Policy.RepeatWithin {
		return Outcome{}, over
	}
	cookie, ok := s.cookieFor(c.ID, c.SessionID)
	if !ok {
		return Outcome{}, over
	}
	state, err := s.Session(ctx, cookie.text().Reveal(), a.App.Product.ID, now)
	if errors.Is(err, dialtone.ErrNotFound) {
		return Outcome{}, over
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("verify PIN again: %w", err)
	}
	return Outcome{State: state, Cookie: cookie.text(), Known: s.remember(a, state.Session)}, nil
}

// parsePIN takes away what people and keyboards put between the digits. Nothing but a PIN of the right length costs a try.
func parsePIN(typed string) (secret.Text, error) {
	const maxTyped = 64
	if len(typed) > maxTyped {
		return "", fmt.Errorf("PIN: %w: it is too long", dialtone.ErrInvalid)
	}
	pin := writing.TypedDigits(typed)
	if len(pin) < minDigits || len(pin) > maxDigits || strings.ContainsFunc(pin, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", fmt.Errorf("PIN: %w: it is not %d to %d digits", dialtone.ErrInvalid, minDigits, maxDigits)
	}
	return secret.Text(pin), nil
}

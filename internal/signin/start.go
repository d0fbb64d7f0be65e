package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// StartRequest asks for a PIN.
type StartRequest struct {
	Asker
	Number      dialtone.PhoneNumber
	RequestHash string // names the authorization request; only it can be gone on with
}

// Asker is who asks for an SMS, and for which app.
type Asker struct {
	App       dialtone.Registration // its SMS goes to lines of the operators that enabled it, and to no other
	BrowserID string                // the browser-id cookie; only this browser can use the PIN
	Language  string                // of the page; empty: the line's own
	Network   string                // the IP address
	Host      string                // of the identity server, without scheme and port
}

// Started is a PIN on its way, or, for a number that is not served, one that looks like it.
type Started struct {
	ChallengeID string
	Expires     time.Time
	NextSend    time.Time // zero: it is not sent again
}

// Start makes a challenge and has its PIN sent. Nothing in the answer or in its time depends on whether the number is served, or
// whether its operator has enabled the product.
// Error: *BudgetError if the number or the network asked too often.
func (s *Service) Start(ctx context.Context, r StartRequest, now time.Time) (Started, error) {
	line, err := s.servedLine(ctx, r.Number, r.App)
	if err != nil {
		return Started{}, fmt.Errorf("start sign-in: %w", err)
	}
	c := dialtone.Challenge{
		ID:             s.newChallengeID(),
		BrowserHash:    secret.Hash(r.BrowserID),
		RequestHash:    r.RequestHash,
		NumberKey:      s.numberKey(r.Number),
		SubscriptionID: line.ID,
		Sends:          1,
		NextSend:       s.Policy.nextSend(1, now),
		Created:        now,
		Expires:        now.Add(s.Policy.Lifetime),
	}
	code := s.newCode(line)
	hash, ok := s.codeHash(c.ID, code)
	if !ok {
		return Started{}, fmt.Errorf("start sign-in: %w: the current data key is gone", dialtone.ErrUnavailable)
	}
	c.CodeHash, c.SealedCode = hash, s.sealCode(c.ID, code)

	budgets, maxOpen := s.sendBudgets(c.NumberKey, r.Network), s.Policy.OpenPerNumber
	if inSandbox(line) {
		budgets, maxOpen = s.sandboxBudgets(r.Network), sandboxOpen
	}
	if err := s.Store.CreateChallenge(ctx, c, budgets, maxOpen, now); err != nil {
		s.logRefusal(err, r.App.Client.ID)
		return Started{}, fmt.Errorf("start sign-in: %w", err)
	}
	s.Dispatcher.Enqueue(s.pinMessage(sending{Asker: r.Asker, line: line, code: code, asked: now, notAfter: c.Expires}))
	return Started{ChallengeID: c.ID, Expires: c.Expires, NextSend: c.NextSend}, nil
}

// servedLine returns the line that can sign in with the number, or a zero one: also if its operator has not enabled the app's
// product. Whoever names a product "pay here" and types other people's numbers would otherwise have their operator's name below it.
func (s *Service) servedLine(ctx context.Context, number dialtone.PhoneNumber, app dialtone.Registration) (dialtone.Subscription, error) {
	line, err := s.directory.Lookup(ctx, number)
	if errors.Is(err, dialtone.ErrNotFound) || err == nil && !s.reached(line, app) {
		return dialtone.Subscription{}, nil
	}
	return line, err
}

// reached reports whether an SMS of the app may go to the line.
func (s *Service) reached(line dialtone.Subscription, app dialtone.Registration) bool {
	return line.Active() && !s.switchedOff(line) && app.EnabledAt(line.OperatorID)
}

// switchedOff reports whether the line belongs to a sandbox that is not served: everybody knows its PIN.
func (s *Service) switchedOff(line dialtone.Subscription) bool {
	return !s.Sandbox && (inSandbox(line) || line.OperatorID == directory.SandboxOperatorID)
}

// sandboxOpen stands in for Policy.OpenPerNumber in the sandbox. Its numbers and PINs are published and no SMS leaves: there is
// no cost to bound and nothing to guess, but many developers who test with the same few numbers. Wrong tries count as ever.
const sandboxOpen = 1000

func (s *Service) sandboxBudgets(address string) []dialtone.Budget {
	if len(s.Policy.SandboxSends) == 0 {
		return nil
	}
	return []dialtone.Budget{s.networkBudget(countSandboxSends, dialtone.Household(address), s.Policy.SandboxSends)}
}

// inSandbox reports whether the line has a PIN that everybody knows. It must have a number that nobody has: a fixed PIN on
// any other one is ignored.
func inSandbox(line dialtone.Subscription) bool {
	return line.FixedPIN != "" && directory.IsSandboxNumber(line.PhoneNumber)
}

func (s *Service) newCode(line dialtone.Subscription) secret.Text {
	random := secret.Digits(s.Policy.Digits)
	if inSandbox(line) {
		return secret.Text(line.FixedPIN)
	}
	return random
}

// logRefusal notes a budget that is used up: many of them are an attack on people or on the SMS bill.
func (s *Service) logRefusal(err error, clientID string) {
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		s.Log.Warn("PIN refused: budget used up", "budget", refused.Key, "client", clientID, "retry_after", refused.RetryAfter)
	}
}

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
	Known     string                // the cookie that Outcome.Known was; empty: none
	Language  string                // of the page; empty: the line's own
	Network   string                // the IP address
	Host      string                // of the identity server, without scheme and port
}

// Started is a PIN on its way, or, for a number that is not served, one that looks like it.
type Started struct {
	ChallengeID string
	Expires     time.Time
	NextSend    time.Time // zero: it is not sent again
	New         bool      // a code that was not sent before
}

// Start makes a challenge and has its PIN sent. Nothing in the answer or in its time depends on whether the number is served, or
// whether its operator has enabled the product.
// Error: *BudgetError if the number or the network asked too often.
func (s *Service) Start(ctx context.Context, r StartRequest, now time.Time) (Started, error) {
	line, err := s.servedLine(ctx, r.Number, r.App, now)
	if err != nil {
		return Started{}, fmt.Errorf("start sign-in: %w", err)
	}
	stranger := !inSandbox(line) && !s.known(r.Asker).Has(line.ID)
	if stranger {
		if err := s.strangers.Send(s.sendShares(r.Asker), now); err != nil {
			s.logRefusal(err, r.App.Client.ID)
			return Started{}, fmt.Errorf("start sign-in: %w", err)
		}
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
	issue := dialtone.Issue{Challenge: c, Budgets: s.sendBudgets(r.Asker, c.NumberKey, line)}
	digits := s.Policy.Digits
	if stranger {
		issue.Guesses = dialtone.Budget{Key: dialtone.BudgetNumberFailures.Of(c.NumberKey), Limits: s.Policy.NumberFailures}
		if s.strangers.Spraying(s.guessShares(r.Asker), now) {
			digits = LongDigits
		}
	}
	usual, ok := s.newCode(c.ID, line, digits)
	long, longOK := s.newCode(c.ID, line, LongDigits)
	if !ok || !longOK {
		return Started{}, fmt.Errorf("start sign-in: %w: the current data key is gone", dialtone.ErrUnavailable)
	}
	issue.Challenge.Digits, issue.Challenge.CodeHash, issue.Challenge.SealedCode, issue.Long = usual.Digits, usual.Hash, usual.Sealed, long
	c, err = s.Store.CreateChallenge(ctx, issue, now)
	if err != nil {
		if stranger {
			s.strangers.Unsent(s.sendShares(r.Asker), now)
		}
		s.logRefusal(err, r.App.Client.ID)
		return Started{}, fmt.Errorf("start sign-in: %w", err)
	}
	if c.Digits > s.Policy.Digits {
		if digits < c.Digits {
			s.Budgets.Bit(dialtone.BudgetNumberFailures)
		}
		s.Log.Warn("a longer PIN was sent: somebody guesses at the number, or at many", "client", r.App.Client.ID)
	}
	code, ok := s.openCode(c.ID, c.SealedCode)
	if !ok {
		return Started{}, fmt.Errorf("start sign-in: %w: the current data key is gone", dialtone.ErrUnavailable)
	}
	s.Dispatcher.Enqueue(s.pinMessage(sending{Asker: r.Asker, line: line, code: code, asked: now, notAfter: c.Expires}))
	return Started{ChallengeID: c.ID, Expires: c.Expires, NextSend: c.NextSend, New: true}, nil
}

// servedLine returns the line that can sign in with the number, or a zero one: also if its operator has not enabled the app's
// product and the line is not named to try it. Whoever names a product "pay here" and types other people's numbers would otherwise have their operator's name below it.
func (s *Service) servedLine(ctx context.Context, number dialtone.PhoneNumber, app dialtone.Registration, now time.Time) (dialtone.Subscription, error) {
	line, err := s.directory.Lookup(ctx, number)
	if errors.Is(err, dialtone.ErrNotFound) || err == nil && !s.reached(line, app, now) {
		return dialtone.Subscription{}, nil
	}
	return line, err
}

// reached reports whether an SMS of the app may go to the line.
func (s *Service) reached(line dialtone.Subscription, app dialtone.Registration, now time.Time) bool {
	return line.Active() && !s.switchedOff(line) && app.Reaches(line.OperatorID, line.ID, now)
}

// switchedOff reports whether the line belongs to a sandbox that is not served: everybody knows its PIN.
func (s *Service) switchedOff(line dialtone.Subscription) bool {
	return !s.Sandbox && (inSandbox(line) || line.OperatorID == directory.SandboxOperatorID)
}

// inSandbox reports whether the line has a PIN that everybody knows. It must have a number that nobody has: a fixed PIN on
// any other one is ignored.
func inSandbox(line dialtone.Subscription) bool {
	return line.FixedPIN != "" && directory.IsSandboxNumber(line.PhoneNumber)
}

// newCode makes a code for a challenge. False if the key that the challenge was made with is gone.
func (s *Service) newCode(challengeID string, line dialtone.Subscription, digits int) (dialtone.Code, bool) {
	code := secret.Digits(digits)
	if inSandbox(line) {
		code = secret.Text(line.FixedPIN)
	}
	hash, ok := s.codeHash(challengeID, code)
	return dialtone.Code{Digits: len(code), Hash: hash, Sealed: s.sealCode(challengeID, code)}, ok
}

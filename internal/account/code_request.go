package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// CodeRequest asks for a sign-in code.
type CodeRequest struct {
	Email     string // as typed
	BrowserID string // the browser-id cookie; only this browser can use the code
	Known     string // the cookie that SignedIn.Known was; empty: none
	Network   string // the IP address that asks
}

func (r CodeRequest) asker(emailKey string) asker { return asker{r.Known, r.Network, emailKey} }

// CodeSent is a code that our mail server has taken.
type CodeSent struct {
	CodeID  string
	Email   string // in the form that VerifyCode wants back, as Digits
	Digits  int
	Expires time.Time
}

// RequestCode sends a code to an address, and takes their validity from the codes that this browser asked for before. Nothing in
// the answer or in its time depends on whether the address has an account.
//
// Errors: FieldErrors for "email"; *BudgetError if the address or the network asked too often; *MailError if our mail server does
// not take the e-mail.
func (s *Service) RequestCode(ctx context.Context, r CodeRequest, now time.Time) (CodeSent, error) {
	email, err := writing.Email(r.Email)
	if err != nil {
		return CodeSent{}, dialtone.FieldErrors{{Field: "email", Problem: "Write an e-mail address, such as name@example.com."}}
	}
	asks := r.asker(s.emailKey(email))
	stranger := !s.known(asks).Has(asks.emailKey)
	if stranger {
		if err := s.strangers.Send(s.sendShares(asks), now); err != nil {
			s.logRefusal(err)
			return CodeSent{}, fmt.Errorf("request sign-in code: %w", err)
		}
	}
	id := s.newCodeID()
	code, codeOK := s.newCode(id, s.Policy.Digits)
	long, longOK := s.newCode(id, longDigits)
	if !codeOK || !longOK {
		return CodeSent{}, fmt.Errorf("request sign-in code: %w: the current data key is gone", dialtone.ErrUnavailable)
	}
	issue := dialtone.EmailIssue{Budgets: s.sendBudgets(asks), LongHash: long.hash, Code: dialtone.EmailCode{
		ID: id, BrowserHash: secret.Hash(r.BrowserID), EmailKey: asks.emailKey, CodeHash: code.hash, Created: now, Expires: now.Add(s.Policy.Lifetime),
	}}
	if stranger {
		issue.Guesses = dialtone.Budget{Key: dialtone.BudgetEmailFailures.Of(asks.emailKey), Limits: s.Policy.EmailFailures}
		if s.strangers.Spraying(s.guessShares(asks), now) {
			code, issue.Code.CodeHash = long, long.hash
		}
	}
	made, err := s.Store.CreateEmailCode(ctx, issue, now)
	if err != nil {
		if stranger {
			s.strangers.Unsent(s.sendShares(asks), now)
		}
		s.logRefusal(err)
		return CodeSent{}, fmt.Errorf("request sign-in code: %w", err)
	}
	if made.CodeHash != code.hash {
		s.Budgets.Bit(dialtone.BudgetEmailFailures)
		code = long
	}
	if len(code.text) > s.Policy.Digits {
		s.Log.Warn("a longer sign-in code was sent: somebody guesses at the address, or at many")
	}
	if err := s.send(ctx, codeMail(email, code.text, s.host, s.Policy.Lifetime)); err != nil {
		return CodeSent{}, fmt.Errorf("request sign-in code: %w", err)
	}
	return CodeSent{CodeID: made.ID, Email: email, Digits: len(code.text), Expires: made.Expires}, nil
}

// MailError says that our mail server did not take an e-mail. It wraps ErrUnavailable.
type MailError struct {
	Cause error // holds neither the address nor the text
}

func (e *MailError) Error() string { return fmt.Sprintf("hand over e-mail: %v", e.Cause) }

// Unwrap makes errors.Is(err, ErrUnavailable) true, and finds the cause.
func (e *MailError) Unwrap() []error { return []error{dialtone.ErrUnavailable, e.Cause} }

// unmailable are the failures that come from the address: "no such mailbox" and the like (RFC 5321 §4.2.3).
var unmailable = []string{"address", "smtp_550", "smtp_551", "smtp_553", "smtp_no_smtputf8"}

// send hands an e-mail over. Errors: *MailError; FieldErrors for "email" if the mail server refuses the address.
func (s *Service) send(ctx context.Context, m message.Mail) error {
	err := s.Mail.SendMail(ctx, m)
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*message.Failure](err); ok {
		switch {
		case failure.Kind == message.Ambiguous:
			// It may have been taken. If it was, the code must work.
			s.Log.Warn("e-mail may be lost", "error", err)
			return nil
		case failure.Kind == message.Rejected && slices.Contains(unmailable, failure.Code):
			// It says something about the mailbox, and nothing about whether it has an account with us.
			s.Log.Warn("e-mail refused", "error", err)
			return dialtone.FieldErrors{{Field: "email", Problem: "Our mail server refuses this address. Check it, or use another one."}}
		}
	}
	return &MailError{Cause: err}
}

// A code's id ends with the id of the data key that it is hashed under: data keys rotate while codes are on their way.
const keySeparator = "."

func (s *Service) newCodeID() string { return secret.ID("emc") + keySeparator + s.Keys.CurrentID() }

// emailCode is a code with what the database keeps of it.
type emailCode struct {
	text secret.Text
	hash string
}

// newCode makes a code for the row with that id. False if the key that the id was made with is gone.
func (s *Service) newCode(id string, digits int) (emailCode, bool) {
	text := secret.Digits(digits)
	hash, ok := s.codeHash(id, text)
	return emailCode{text, hash}, ok
}

// codeHash is what the database keeps of a code. False if the key that it was made under is gone.
func (s *Service) codeHash(codeID string, code secret.Text) (string, bool) {
	_, keyID, _ := strings.Cut(codeID, keySeparator)
	mac, ok := s.Keys.MACWith(keyID, secret.LabelEmailCode, codeID, code.Reveal())
	return encode(mac), ok
}

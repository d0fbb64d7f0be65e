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
	Network   string // the IP address that asks
}

// CodeSent is a code that our mail server has taken.
type CodeSent struct {
	CodeID  string
	Email   string // in the form that VerifyCode wants back
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
	code := secret.Digits(s.Policy.Digits)
	c := dialtone.EmailCode{
		ID:          s.newCodeID(),
		BrowserHash: secret.Hash(r.BrowserID),
		EmailKey:    s.emailKey(email),
		Created:     now,
		Expires:     now.Add(s.Policy.Lifetime),
	}
	hash, ok := s.codeHash(c.ID, code)
	if !ok {
		return CodeSent{}, fmt.Errorf("request sign-in code: %w: the current data key is gone", dialtone.ErrUnavailable)
	}
	c.CodeHash = hash
	if err := s.Store.CreateEmailCode(ctx, c, s.sendBudgets(c.EmailKey, r.Network), now); err != nil {
		s.logRefusal(err)
		return CodeSent{}, fmt.Errorf("request sign-in code: %w", err)
	}
	if err := s.send(ctx, codeMail(email, code, s.host, s.Policy.Lifetime)); err != nil {
		return CodeSent{}, fmt.Errorf("request sign-in code: %w", err)
	}
	return CodeSent{CodeID: c.ID, Email: email, Expires: c.Expires}, nil
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

// What a budget counts.
const (
	countEmailSends   = "account-email-sends"
	countEmailNetwork = "account-email-network-sends"
	countAddressSends = "account-address-sends"
	countNetworkSends = "account-network-sends"
	countSignIns      = "account-sign-ins"
	countCompany      = "company-sign-ins"
)

func budgetKey(count, key string) string { return count + ":" + key }

// hourly is a budget of so many an hour.
func hourly(count, key string, most int) []dialtone.Budget {
	return []dialtone.Budget{{Key: budgetKey(count, key), Limits: []dialtone.Limit{{Count: most, Window: time.Hour}}}}
}

// emailKey stands for an address where the address itself is not needed.
func (s *Service) emailKey(email string) string {
	return encode(s.Keys.Fixed(secret.LabelEmail, email))
}

// sendBudgets are what one code is charged to. Limits that are not set are no budget. Each network has a share of an address's codes,
// so that one stranger does not take them all.
func (s *Service) sendBudgets(emailKey, address string) []dialtone.Budget {
	network := func(of string) string { return encode(s.Keys.Fixed(secret.LabelNetwork, of)) }
	budgets := []dialtone.Budget{
		{Key: budgetKey(countEmailNetwork, encode(s.Keys.Fixed(secret.LabelNetwork, emailKey, dialtone.Neighbourhood(address)))), Limits: s.Policy.EmailSends},
		{Key: budgetKey(countEmailSends, emailKey), Limits: s.Policy.EmailTotal},
		{Key: budgetKey(countAddressSends, network(dialtone.Household(address))), Limits: s.Policy.AddressSends},
		{Key: budgetKey(countNetworkSends, network(dialtone.Neighbourhood(address))), Limits: s.Policy.NetworkSends},
	}
	return slices.DeleteFunc(budgets, func(b dialtone.Budget) bool { return len(b.Limits) == 0 })
}

// logRefusal notes a budget that is used up: many of them are an attack on people or on their mailboxes.
func (s *Service) logRefusal(err error) {
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		s.Log.Warn("sign-in refused: budget used up", "budget", refused.Key, "retry_after", refused.RetryAfter)
	}
}

// A code's id ends with the id of the data key that it is hashed under: data keys rotate while codes are on their way.
const keySeparator = "."

func (s *Service) newCodeID() string { return secret.ID("emc") + keySeparator + s.Keys.CurrentID() }

// codeHash is what the database keeps of a code. False if the key that it was made under is gone.
func (s *Service) codeHash(codeID string, code secret.Text) (string, bool) {
	_, keyID, _ := strings.Cut(codeID, keySeparator)
	mac, ok := s.Keys.MACWith(keyID, secret.LabelEmailCode, codeID, code.Reveal())
	return encode(mac), ok
}

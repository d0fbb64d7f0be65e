package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// CodeEntry brings a code.
type CodeEntry struct {
	CodeID    string
	Email     string // as CodeSent had it
	Digits    int    // as CodeSent had it
	Code      string // as typed: spaces and hyphens do not matter
	BrowserID string
	Known     string // the cookie that SignedIn.Known was; empty: none
	Network   string // the IP address that asks
	Agent     string // the browser's User-Agent
}

// SignedIn is a person who proved an account.
type SignedIn struct {
	Account dialtone.Account
	Cookie  secret.Text // the session cookie's value
	Known   secret.Text // the value of a cookie that lasts, and comes back as CodeRequest.Known; empty: it stays as it is
	New     bool        // the account was made just now
}

// WrongCodeError says that the code is not the one that was sent, and how many tries are left: at least one.
type WrongCodeError struct{ Left int }

func (e *WrongCodeError) Error() string { return fmt.Sprintf("wrong code, %d tries left", e.Left) }

// VerifyCode spends one try and signs the person in if the code is right. An address that has no account gets one.
//
// Errors: *WrongCodeError; FieldErrors for "code" if it is no code at all, which costs no try; ErrExpired if it is too old, was
// used, or a newer one was asked for; ErrExhausted if the tries are used up; ErrNotFound
// if this browser asked for no such code for this address.
func (s *Service) VerifyCode(ctx context.Context, e CodeEntry, now time.Time) (SignedIn, error) {
	code, err := s.parseCode(e)
	if err != nil {
		return SignedIn{}, err
	}
	email, err := writing.Email(e.Email)
	if err != nil {
		return SignedIn{}, fmt.Errorf("verify sign-in code: %w", dialtone.ErrNotFound)
	}
	hash, ok := s.codeHash(e.CodeID, code)
	if !ok {
		return SignedIn{}, fmt.Errorf("verify sign-in code: %w: its key is gone", dialtone.ErrExpired)
	}
	asks := asker{e.Known, e.Network, s.emailKey(email)}
	session, cookie := s.newSession(dialtone.SignInEmail, e.Agent, now)
	tried, err := s.Store.TryEmailCode(ctx, dialtone.EmailTry{
		ID: e.CodeID, BrowserHash: secret.Hash(e.BrowserID), EmailKey: asks.emailKey, CodeHash: hash, MaxAttempts: s.Policy.Tries,
		GuessKey: s.guessKey(asks),
	}, dialtone.Account{ID: secret.ID("acc"), Email: email, Created: now}, session, now)
	switch {
	case errors.Is(err, dialtone.ErrConflict):
		return SignedIn{}, fmt.Errorf("verify sign-in code that was used: %w", dialtone.ErrExpired)
	case err != nil:
		return SignedIn{}, fmt.Errorf("verify sign-in code: %w", err)
	case !tried.Right:
		s.strangers.Guess(s.guessShares(asks), now)
	}
	switch {
	case !tried.Right && tried.AttemptsLeft == 0:
		s.Budgets.Bit(dialtone.BudgetCodeTries)
		return SignedIn{}, fmt.Errorf("verify sign-in code: the last try was wrong: %w", dialtone.ErrExhausted)
	case !tried.Right:
		return SignedIn{}, &WrongCodeError{Left: tried.AttemptsLeft}
	}
	if err := s.noteSignIn(ctx, session, tried.Account, now); err != nil {
		return SignedIn{}, fmt.Errorf("verify sign-in code: %w", err)
	}
	s.strangers.SignedIn(s.sendShares(asks), s.guessShares(asks), now)
	return SignedIn{Account: tried.Account, Cookie: cookie, Known: s.remember(asks), New: tried.New}, nil
}

// Remember is the cookie of a browser that just signed in with a passkey: whoever has one may need a code when it is lost. It takes the
// cookie from before; empty: none, or the account has no address.
func (s *Service) Remember(known string, account dialtone.Account) secret.Text {
	if account.Email == "" {
		return ""
	}
	return s.remember(asker{known: known, emailKey: s.emailKey(account.Email)})
}

// remember is the cookie of a browser that just signed in with the address.
func (s *Service) remember(a asker) secret.Text {
	return s.known(a).With(a.emailKey, s.Keys, secret.LabelKnownEmail)
}

// parseCode takes away what people and keyboards put between the digits.
func (s *Service) parseCode(e CodeEntry) (secret.Text, error) {
	const maxTyped = 64
	digits := cmp.Or(e.Digits, s.Policy.Digits) // a page of the release before does not say
	code := writing.TypedDigits(e.Code)
	if len(e.Code) > maxTyped || len(code) != digits || strings.ContainsFunc(code, func(r rune) bool { return r < '0' || r > '9' }) {
		problem := fmt.Sprintf("Type the %d digits from the e-mail.", digits)
		return "", dialtone.FieldErrors{{Field: "code", Problem: problem}}
	}
	return secret.Text(code), nil
}

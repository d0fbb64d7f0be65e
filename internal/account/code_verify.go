package account

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

// CodeEntry brings a code.
type CodeEntry struct {
	CodeID    string
	Email     string // as CodeSent had it
	Code      string // as typed: spaces and hyphens do not matter
	BrowserID string
	Agent     string // the browser's User-Agent
}

// SignedIn is a person who proved an account.
type SignedIn struct {
	Account dialtone.Account
	Cookie  secret.Text // the session cookie's value
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
	code, err := s.parseCode(e.Code)
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
	emailKey := s.emailKey(email)
	session, cookie := s.newSession(dialtone.SignInEmail, e.Agent, now)
	tried, err := s.Store.TryEmailCode(ctx, dialtone.EmailTry{
		ID: e.CodeID, BrowserHash: secret.Hash(e.BrowserID), EmailKey: emailKey, CodeHash: hash, MaxAttempts: s.Policy.Tries,
	}, dialtone.Account{ID: secret.ID("acc"), Email: email, Created: now}, session, now)
	switch {
	case errors.Is(err, dialtone.ErrConflict):
		return SignedIn{}, fmt.Errorf("verify sign-in code that was used: %w", dialtone.ErrExpired)
	case err != nil:
		s.logRefusal(err)
		return SignedIn{}, fmt.Errorf("verify sign-in code: %w", err)
	case !tried.Right && tried.AttemptsLeft == 0:
		return SignedIn{}, fmt.Errorf("verify sign-in code: the last try was wrong: %w", dialtone.ErrExhausted)
	case !tried.Right:
		return SignedIn{}, &WrongCodeError{Left: tried.AttemptsLeft}
	}
	if err := s.noteSignIn(ctx, session, tried.Account, now); err != nil {
		return SignedIn{}, fmt.Errorf("verify sign-in code: %w", err)
	}
	return SignedIn{Account: tried.Account, Cookie: cookie, New: tried.New}, nil
}

// parseCode takes away what people and keyboards put between the digits.
func (s *Service) parseCode(typed string) (secret.Text, error) {
	const maxTyped = 64
	code := writing.TypedDigits(typed)
	if len(typed) > maxTyped || len(code) != s.Policy.Digits || strings.ContainsFunc(code, func(r rune) bool { return r < '0' || r > '9' }) {
		problem := fmt.Sprintf("Type the %d digits from the e-mail.", s.Policy.Digits)
		return "", dialtone.FieldErrors{{Field: "code", Problem: problem}}
	}
	return secret.Text(code), nil
}

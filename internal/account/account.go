// Package account signs in the people who have an e-mail address: developers and the staff of operators.
//
// It owns how such a person proves an account, the rules for that (Policy), the sessions that come of it and their end. It
// refuses to know what an account may do: organizations, roles and rights belong to catalog.
//
//	RequestCode ──▶ email_code row ──▶ e-mail ──▶ VerifyCode ─────┐
//	BeginPasskey ──▶ sealed state ──▶ browser ──▶ FinishPasskey ──┼──▶ session row + cookie ──▶ Session, SignOut
//	package company, at a provider ──▶ Proved ──▶ StartSession ───┘
//
// Whether an address has an account is not looked up before it is proved: the same row, the same e-mail and the same answer for
// everybody. The first right code makes the account.
//
// A session that came through a company's sign-in is confined: it acts in that company's organization and may not change the
// account itself. Otherwise a company could add a passkey of its own and be the person everywhere.
package account

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/lastuse"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/strangers"
)

// Store is what signing in with an e-mail address or a passkey needs of the database.
type Store interface {
	Account(ctx context.Context, id string) (dialtone.Account, error)
	RenameAccount(ctx context.Context, id, name string) error

	// CreateEmailCode spends the budgets, supersedes the open codes of the same browser, and inserts a new one, all or nothing; it
	// returns it with the hash of the code that it got. *BudgetError if a budget is used up.
	CreateEmailCode(ctx context.Context, issue dialtone.EmailIssue, now time.Time) (dialtone.EmailCode, error)
	// TryEmailCode counts a try and, if the code is right, finds the account of the address, or inserts accountIfNew, and inserts
	// the session for it, in one transaction. Errors, none of which counts as a try: ErrNotFound for another browser or address;
	// ErrExpired if it is too old or superseded; ErrExhausted; ErrConflict if
	// the right code came already.
	TryEmailCode(ctx context.Context, try dialtone.EmailTry, accountIfNew dialtone.Account, session dialtone.AccountSession, now time.Time) (dialtone.EmailTried, error)

	CreateAccountSession(ctx context.Context, s dialtone.AccountSession) error
	AccountSession(ctx context.Context, id string) (dialtone.AccountSession, dialtone.Account, error)
	AccountSessions(ctx context.Context, accountID string, now time.Time) ([]dialtone.AccountSession, error)
	TouchAccountSessions(ctx context.Context, seen map[string]time.Time) error
	EndAccountSession(ctx context.Context, accountID, sessionID string, now time.Time, a dialtone.Activity) error
	EndOtherAccountSessions(ctx context.Context, accountID, keepSessionID string, now time.Time, a dialtone.Activity) (int, error)

	Passkeys(ctx context.Context, accountID string) ([]dialtone.Passkey, error)
	Passkey(ctx context.Context, id string) (dialtone.Passkey, error)
	PutPasskey(ctx context.Context, p dialtone.Passkey, a dialtone.Activity) error
	// UsePasskey replaces the credential if it is still the one before. ErrConflict if it is not.
	UsePasskey(ctx context.Context, id, before, after string, now time.Time) error
	RenamePasskey(ctx context.Context, accountID, id, name string) error
	DeletePasskey(ctx context.Context, accountID, id string, a dialtone.Activity) error

	// Spend takes one of each budget, or *BudgetError and none.
	Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error
	// SpendToken uses an id up. ErrConflict the second time.
	SpendToken(ctx context.Context, id string, expires time.Time) error
	PutActivity(ctx context.Context, a dialtone.Activity) error
}

// Mailer hands an e-mail to a mail server. Its errors hold neither the address nor the text.
type Mailer interface {
	SendMail(ctx context.Context, m message.Mail) error
}

// Config is what a Service needs.
type Config struct {
	Store  Store
	Keys   *secret.Keys
	Mail   Mailer
	Policy Policy
	Log    *slog.Logger
	// Budgets counts those that bit.
	Budgets *dialtone.BudgetCounts
	// Origin is the portal's address, without a path: "https://developers.example.com". Passkeys are bound to its host.
	Origin string
}

// Service signs people in. It is safe for concurrent use.
type Service struct {
	Config
	host      string             // of the origin, with its port
	passkeys  *webauthn.WebAuthn // nil: the host can have none
	seen      lastuse.Times
	strangers *strangers.Strangers
}

// New returns the service. Error: ErrInvalid, saying what to change in the policy or the origin.
func New(c Config) (*Service, error) {
	if err := c.Policy.Validate(); err != nil {
		return nil, err
	}
	origin, err := url.Parse(c.Origin)
	if err != nil || origin.Host == "" || origin.Scheme != "https" && origin.Scheme != "http" {
		return nil, fmt.Errorf("portal address %q: %w: write it as https://HOST", c.Origin, dialtone.ErrInvalid)
	}
	passkeys, err := newPasskeys(origin)
	if err != nil {
		return nil, fmt.Errorf("portal address %q: %w", c.Origin, err)
	}
	return &Service{Config: c, host: origin.Host, passkeys: passkeys, strangers: strangers.New(c.Budgets)}, nil
}

// Actor is the person of a session, as verbs and the activity log take it.
func (s *Service) Actor(session dialtone.AccountSession, account dialtone.Account) dialtone.Actor {
	return dialtone.Actor{AccountID: account.ID, OrganizationID: session.OrganizationID, Name: account.Display()}
}

// mayChangeAccount refuses API keys, and sessions that are confined to an organization.
func mayChangeAccount(actor dialtone.Actor) error {
	switch {
	case actor.AccountID == "" || actor.APIKeyID != "":
		return fmt.Errorf("an account belongs to a person: %w", dialtone.ErrForbidden)
	case actor.OrganizationID != "":
		return &dialtone.ForbiddenError{Why: "Only you, signed in with your e-mail address or a passkey, may do this."}
	}
	return nil
}

// Rename changes how colleagues read the person; empty: by the e-mail address. Errors: FieldErrors for "name"; *dialtone.ForbiddenError.
func (s *Service) Rename(ctx context.Context, actor dialtone.Actor, name string) error {
	if err := mayChangeAccount(actor); err != nil {
		return fmt.Errorf("rename account: %w", err)
	}
	name, err := ParseName(name)
	if err != nil {
		return err
	}
	if err := s.Store.RenameAccount(ctx, actor.AccountID, name); err != nil {
		return fmt.Errorf("rename account: %w", err)
	}
	return nil
}

// What the activity log calls the things that are done here.
const (
	actionSignIn        = "account.sign_in"
	actionEndSession    = "account.session.end"
	actionAddPasskey    = "account.passkey.add"
	actionRemovePasskey = "account.passkey.remove"
)

// activity is a line about something that the actor did to the account, or to what belongs to it.
func activity(actor dialtone.Actor, action, target, detail string, now time.Time) dialtone.Activity {
	return dialtone.Activity{
		ID: secret.ID("act"), ActorID: actor.ID(), ActorName: actor.Name, Action: action, Target: target, Detail: detail, At: now,
	}
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

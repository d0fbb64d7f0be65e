// Package signin turns a phone number into a session: number, PIN by SMS, session cookie.
//
// It owns the rules for PINs (Policy), their budgets, and who is signed in. It refuses to know what the session is for:
// product and consent belong to flow.
//
//	Start ──▶ challenge row ──▶ SMS, in the background
//	   │  Resend ─────────────▶ the same code again, or a new one
//	   └▶ Verify ──▶ session row + cookie ──▶ Session, SignOut
//
// A number that is served, one that nobody serves and one that is blocked take the same way: the same look-up, the same row,
// the same answer. Only the text that leaves in the background tells them apart, and only its addressee sees it.
//
// A PIN is bound to a browser, an authorization request and a number. The database holds its keyed hash, and, while it may be
// sent again, the code itself, sealed; the keys are elsewhere.
package signin

import (
	"context"
	"encoding/base64"
	"log/slog"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/strangers"
)

// Store is what signing in needs of the database.
type Store interface {
	directory.Store

	// CreateChallenge charges the budgets, then supersedes the open challenges of the same browser and request and inserts a new
	// one; it returns it with the code that it got. *BudgetError if a budget is used up.
	CreateChallenge(ctx context.Context, issue dialtone.Issue, now time.Time) (dialtone.Challenge, error)
	Challenge(ctx context.Context, id string) (dialtone.ChallengeState, error)
	// ResendChallenge counts a send and changes the challenge; a new code gets all its tries. ErrConflict: too early;
	// ErrExpired; ErrExhausted: sent often enough, or a *BudgetError.
	ResendChallenge(ctx context.Context, id, browserHash string, change dialtone.Resend, maxSends int,
		budgets []dialtone.Budget, now time.Time) (dialtone.Challenge, error)
	// TryChallenge counts a try and, if the code is right, inserts the session, in one transaction, and returns what SessionState
	// would. ErrConflict with the challenge if it was verified before.
	TryChallenge(ctx context.Context, try dialtone.Try, now time.Time) (dialtone.Tried, error)

	SessionState(ctx context.Context, sessionID, productID string) (dialtone.SessionState, error)
	EndSession(ctx context.Context, id string, now time.Time) error

	// CountMessages returns how many SMS were sent for an operator since then; for all operators if operatorID is empty.
	CountMessages(ctx context.Context, operatorID string, since time.Time) (int, error)
}

// Operators looks operators up; it may be up to a second old.
type Operators interface {
	Operator(ctx context.Context, id string) (dialtone.Operator, error)
}

// Traffic counts the SMS that leave. It waits for nothing.
type Traffic interface {
	Count(t dialtone.Tally)
}

// Dispatcher sends in the background.
type Dispatcher interface {
	Enqueue(compose message.Compose)
}

// Config is what a Service needs.
type Config struct {
	Store      Store
	Keys       *secret.Keys
	Dispatcher Dispatcher
	Operators  Operators
	Traffic    Traffic
	Policy     Policy
	Log        *slog.Logger
	Budgets    *dialtone.BudgetCounts // of those that bit
	// Sandbox says whether the test numbers, whose PINs are published, are served. While it is false their lines are nobody's
	// and their sessions are over, whatever the database holds from before.
	Sandbox bool
	// DailySMSLimit is the most SMS a day (UTC) over all operators; 0: no limit. Each operator has its own limit besides.
	DailySMSLimit int
}

// Service signs people in. It is safe for concurrent use.
type Service struct {
	Config
	directory directory.Directory
	daily     *daily
	strangers *strangers.Strangers
}

// New returns the service. The policy must be valid.
func New(c Config) *Service {
	return &Service{Config: c, directory: directory.New(c.Store), daily: newDaily(c.Store, c.Log, c.Budgets), strangers: strangers.New(c.Budgets)}
}

// A challenge's id ends with the id of the data key that its code is hashed under: data keys rotate while PINs are on their
// way.
const keySeparator = "."

func (s *Service) newChallengeID() string {
	return secret.ID("pin") + keySeparator + s.Keys.CurrentID()
}

// keyed returns the keyed hash of parts under the key that a challenge was made with. False if that key is gone.
func (s *Service) keyed(challengeID string, label secret.Label, parts ...string) (string, bool) {
	_, keyID, _ := strings.Cut(challengeID, keySeparator)
	mac, ok := s.Keys.MACWith(keyID, label, parts...)
	return encode(mac), ok
}

func (s *Service) codeHash(challengeID string, code secret.Text) (string, bool) {
	return s.keyed(challengeID, secret.LabelPIN, challengeID, code.Reveal())
}

// sealCode keeps a code for a resend. The id goes in, so that one row's code cannot be put into another row.
func (s *Service) sealCode(challengeID string, code secret.Text) string {
	return s.Keys.Seal(secret.LabelPINSealed, []byte(challengeID+" "+code.Reveal()))
}

// openCode undoes sealCode; false if there is nothing to open.
func (s *Service) openCode(challengeID, sealed string) (secret.Text, bool) {
	plain, err := s.Keys.Open(secret.LabelPINSealed, sealed)
	if err != nil {
		return "", false
	}
	code, ok := strings.CutPrefix(string(plain), challengeID+" ")
	return secret.Text(code), ok
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

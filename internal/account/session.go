package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// The session cookie on the wire: the session's id, a dot, 43 characters of base64url.
const (
	cookieSeparator = "."
	maxCookie       = 256
)

// newSession makes a session, of no account yet, and its cookie. Nothing is stored.
func (s *Service) newSession(method dialtone.SignInMethod, agent string, now time.Time) (dialtone.AccountSession, secret.Text) {
	id, random := secret.ID("pse"), secret.Token("")
	return dialtone.AccountSession{
		ID: id, SecretHash: secret.Hash(random.Reveal()), Method: method, Agent: agentInWords(agent),
		Created: now, Seen: now, Expires: now.Add(s.Policy.SessionLifetime),
	}, secret.Text(id + cookieSeparator + random.Reveal())
}

// hourlySignIns of one account by passkeys and through companies. Each leaves a line in the log, which is kept for ever; codes have
// budgets of their own. Only who has proved the account can use this one up.
const hourlySignIns = 60

// Proved is an account that somebody has proved to be theirs.
type Proved struct {
	Account        dialtone.Account
	Method         dialtone.SignInMethod
	OrganizationID string // that vouches for the person, and to which the session is confined; empty: nobody need vouch
	Agent          string // the browser's User-Agent
}

// StartSession signs in whoever proved the account. Errors: *BudgetError.
func (s *Service) StartSession(ctx context.Context, proved Proved, now time.Time) (SignedIn, error) {
	session, cookie := s.newSession(proved.Method, proved.Agent, now)
	session.AccountID, session.OrganizationID = proved.Account.ID, proved.OrganizationID
	if err := s.Store.Spend(ctx, []dialtone.Budget{dialtone.BudgetSignIns.Hourly(proved.Account.ID, hourlySignIns)}, now); err != nil {
		s.logRefusal(err)
		return SignedIn{}, fmt.Errorf("start session: %w", err)
	}
	if err := s.Store.CreateAccountSession(ctx, session); err != nil {
		return SignedIn{}, fmt.Errorf("start session: %w", err)
	}
	if err := s.noteSignIn(ctx, session, proved.Account, now); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Account: proved.Account, Cookie: cookie}, nil
}

// signInWords are how the log calls the ways to sign in.
var signInWords = map[dialtone.SignInMethod]string{
	dialtone.SignInEmail: "with a code by e-mail", dialtone.SignInPasskey: "with a passkey", dialtone.SignInCompany: "through the company",
}

// noteSignIn writes the line about a session before anybody gets its cookie: there is no sign-in that the log does not know.
func (s *Service) noteSignIn(ctx context.Context, session dialtone.AccountSession, account dialtone.Account, now time.Time) error {
	detail := fmt.Sprintf("%s, in %s", signInWords[session.Method], session.Agent)
	line := activity(s.Actor(session, account), actionSignIn, session.ID, detail, now)
	if err := s.Store.PutActivity(ctx, line); err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}

// Session returns the live session that a cookie names, with its account, and notes that it was seen. ErrNotFound if the cookie
// is empty, malformed or forged, or the session is over.
func (s *Service) Session(ctx context.Context, cookie string, now time.Time) (dialtone.AccountSession, dialtone.Account, error) {
	id, random, ok := strings.Cut(cookie, cookieSeparator)
	if !ok || id == "" || random == "" || len(cookie) > maxCookie {
		return dialtone.AccountSession{}, dialtone.Account{}, fmt.Errorf("session cookie: %w", dialtone.ErrNotFound)
	}
	session, account, err := s.Store.AccountSession(ctx, id)
	if err != nil {
		return dialtone.AccountSession{}, dialtone.Account{}, fmt.Errorf("session: %w", err)
	}
	session.Seen = s.seen.Latest(session.ID, session.Seen)
	if !secret.Equal(session.SecretHash, secret.Hash(random)) || !s.live(session, now) {
		return dialtone.AccountSession{}, dialtone.Account{}, fmt.Errorf("session is over or its secret is wrong: %w", dialtone.ErrNotFound)
	}
	if now.Sub(session.Seen) >= seenEvery {
		s.seen.Note(session.ID, now)
		session.Seen = now
	}
	return session, account, nil
}

// live reports whether the session counts, used recently enough. When one that a clock years ahead has seen was used, nobody knows.
func (s *Service) live(session dialtone.AccountSession, now time.Time) bool {
	return session.Live(now) && now.Sub(session.Seen) < s.Policy.SessionIdle && !dialtone.FromTheFuture(session.Seen, now)
}

// Sessions returns the live sessions of a person, newest seen first. A confined actor sees those of the same organization.
func (s *Service) Sessions(ctx context.Context, actor dialtone.Actor, now time.Time) ([]dialtone.AccountSession, error) {
	sessions, err := s.Store.AccountSessions(ctx, actor.AccountID, now)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	for i := range sessions {
		sessions[i].Seen = s.seen.Latest(sessions[i].ID, sessions[i].Seen)
	}
	sessions = slices.DeleteFunc(sessions, func(session dialtone.AccountSession) bool {
		return !s.live(session, now) || actor.OrganizationID != "" && actor.OrganizationID != session.OrganizationID
	})
	slices.SortStableFunc(sessions, func(a, b dialtone.AccountSession) int { return b.Seen.Compare(a.Seen) })
	return sessions, nil
}

// EndSession signs one browser of the person out. ErrNotFound if the actor has no such session.
func (s *Service) EndSession(ctx context.Context, actor dialtone.Actor, sessionID string, now time.Time) error {
	sessions, err := s.Sessions(ctx, actor, now)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	i := slices.IndexFunc(sessions, func(session dialtone.AccountSession) bool { return session.ID == sessionID })
	if i < 0 {
		return fmt.Errorf("end session: %w", dialtone.ErrNotFound)
	}
	line := activity(actor, actionEndSession, sessionID, sessions[i].Agent, now)
	if err := s.Store.EndAccountSession(ctx, actor.AccountID, sessionID, now, line); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndOtherSessions signs the person out everywhere else than in the session to keep, and says how many there were. ErrForbidden
// (*dialtone.ForbiddenError) if the actor is confined.
func (s *Service) EndOtherSessions(ctx context.Context, actor dialtone.Actor, keepSessionID string, now time.Time) (int, error) {
	if err := mayChangeAccount(actor); err != nil {
		return 0, fmt.Errorf("end other sessions: %w", err)
	}
	line := activity(actor, actionEndSession, actor.AccountID, "all others", now)
	ended, err := s.Store.EndOtherAccountSessions(ctx, actor.AccountID, keepSessionID, now, line)
	if err != nil {
		return 0, fmt.Errorf("end other sessions: %w", err)
	}
	return ended, nil
}

// SignOut ends the session that a cookie names, if there is one.
func (s *Service) SignOut(ctx context.Context, cookie string, now time.Time) error {
	session, account, err := s.Session(ctx, cookie, now)
	if err == nil {
		line := activity(s.Actor(session, account), actionEndSession, session.ID, "signed out", now)
		err = s.Store.EndAccountSession(ctx, account.ID, session.ID, now, line)
	}
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// FlushSeen writes when sessions were last seen. What cannot be written now is kept for the next time. Until then a restart
// forgets it, and a session seems idle for longer than it is.
func (s *Service) FlushSeen(ctx context.Context) error {
	return s.seen.Flush(ctx, "sessions", s.Store.TouchAccountSessions)
}

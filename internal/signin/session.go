package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// cookie is a session's id and the secret that goes with it. On the wire: id, a dot, 43 characters of base64url.
type cookie struct {
	sessionID string
	secret    secret.Text
}

const (
	cookieSeparator = "."
	maxCookie       = 256
)

// cookieFor derives the cookie of the session that a challenge leads to, so that the same PIN entered twice gives the same
// cookie. False if the challenge's key is gone.
func (s *Service) cookieFor(challengeID, sessionID string) (cookie, bool) {
	derived, ok := s.keyed(challengeID, secret.LabelCookie, sessionID)
	return cookie{sessionID, secret.Text(derived)}, ok
}

func parseCookie(value string) (cookie, bool) {
	id, rest, ok := strings.Cut(value, cookieSeparator)
	return cookie{id, secret.Text(rest)}, ok && id != "" && rest != "" && len(value) <= maxCookie
}

func (c cookie) text() secret.Text {
	return secret.Text(c.sessionID + cookieSeparator + c.secret.Reveal())
}

// hash is what the database keeps of the secret.
func (c cookie) hash() string { return secret.Hash(c.secret.Reveal()) }

// Session returns the live session that a cookie names, with its line and its consent to the product (none if productID is
// empty): one read. ErrNotFound if the cookie is empty, malformed or forged, or the session is over.
func (s *Service) Session(ctx context.Context, cookieValue, productID string, now time.Time) (dialtone.SessionState, error) {
	c, ok := parseCookie(cookieValue)
	if !ok {
		return dialtone.SessionState{}, fmt.Errorf("session cookie: %w", dialtone.ErrNotFound)
	}
	state, err := s.Store.SessionState(ctx, c.sessionID, productID)
	if err != nil {
		return dialtone.SessionState{}, fmt.Errorf("session: %w", err)
	}
	if !secret.Equal(state.Session.SecretHash, c.hash()) || !state.Session.Live(now) {
		return dialtone.SessionState{}, fmt.Errorf("session is over or its secret is wrong: %w", dialtone.ErrNotFound)
	}
	if s.switchedOff(state.Subscription) {
		return dialtone.SessionState{}, fmt.Errorf("session of the sandbox, which is switched off: %w", dialtone.ErrNotFound)
	}
	return state, nil
}

// SignOut ends the session that a cookie names, if there is one.
func (s *Service) SignOut(ctx context.Context, cookieValue string, now time.Time) error {
	state, err := s.Session(ctx, cookieValue, "", now)
	if errors.Is(err, dialtone.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	if err := s.Store.EndSession(ctx, state.Session.ID, now); err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

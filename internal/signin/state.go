package signin

import (
	"context"
	"fmt"
	"time"
)

// State is what the PIN page shows of a challenge.
type State struct {
	Expires    time.Time
	NextSend   time.Time // earliest time for "send again"; zero: not any more
	TriesLeft  int
	Digits     int // of the PIN
	Superseded bool
	Verified   bool
}

// State returns how far a challenge is. Errors: ErrForbidden if another browser asks; ErrNotFound.
func (s *Service) State(ctx context.Context, challengeID, browserID string) (State, error) {
	c, err := s.challengeOf(ctx, challengeID, browserID)
	if err != nil {
		return State{}, fmt.Errorf("state of PIN: %w", err)
	}
	state := State{
		Expires: c.Expires, NextSend: c.NextSend, TriesLeft: max(0, s.Policy.Tries-c.Attempts), Superseded: c.Superseded, Digits: s.digits(c.Challenge),
		Verified: !c.Verified.IsZero(),
	}
	if c.Sends >= s.Policy.maxSends() {
		state.NextSend = time.Time{}
	}
	return state, nil
}

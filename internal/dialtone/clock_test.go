package dialtone_test

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// A clock that was years ahead for a minute must decide nothing until that year; one that is minutes ahead must disturb nobody.
func TestWhatIsFromTheFutureIsOver(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		ahead time.Duration
		live  bool
	}{
		{0, true},
		{dialtone.ClockSkew, true},
		{dialtone.ClockSkew + time.Second, false},
		{5 * 365 * 24 * time.Hour, false},
	} {
		noted := now.Add(test.ahead)
		expires := noted.Add(time.Hour)
		for name, live := range map[string]bool{
			"session":         dialtone.Session{ID: "se", AuthTime: noted, Expires: expires}.Live(now),
			"account session": dialtone.AccountSession{ID: "pse", Created: noted, Expires: expires}.Live(now),
			"invitation":      dialtone.Invitation{ID: "inv", Created: noted, Expires: expires}.Open(now),
		} {
			if live != test.live {
				t.Errorf("%s of a clock %s ahead counts: %v, want %v", name, test.ahead, live, test.live)
			}
		}
	}
}

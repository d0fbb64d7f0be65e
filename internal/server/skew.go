package server

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// A node whose clock is wrong harms the others: one far ahead would delete what is live as expired, and make keys that nobody uses for
// years. All nodes share the database's clock to compare with; with SQLite that is the machine's own.

// compareClocks notes how far the clock is ahead of the database's. Errors: the database's, and ErrForbidden if the two are too far apart
// for any work that goes by the time alone.
func (s *Server) compareClocks(ctx context.Context, now time.Time) error {
	ahead, err := CompareClocks(ctx, s.db, now)
	s.ahead.Store(int64(ahead))
	return err
}

// Clock is a database's.
type Clock interface {
	Clock(ctx context.Context) (time.Time, error)
}

// CompareClocks returns how far now is ahead of the database's clock. Errors: as compareClocks.
func CompareClocks(ctx context.Context, db Clock, now time.Time) (ahead time.Duration, err error) {
	theirs, err := db.Clock(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", err)
	}
	ahead = now.Sub(theirs)
	if ahead.Abs() > dialtone.ClockSkew {
		return ahead, fmt.Errorf("%w: this machine's clock is %s ahead of the database's (negative: behind); set both by NTP",
			dialtone.ErrForbidden, ahead.Round(time.Second))
	}
	return ahead, nil
}

// clockWarning is a line for who looks whether this node is ready. It is all the same: where the database's clock is the wrong one, no
// node would be left.
func (s *Server) clockWarning() string {
	if time.Duration(s.ahead.Load()).Abs() <= dialtone.ClockSkew {
		return ""
	}
	return "but this machine's clock and the database's differ\n"
}

// inTime is the work, refused while the clock is wrong.
func (s *Server) inTime(do func(context.Context, time.Time) error) func(context.Context, time.Time) error {
	return func(ctx context.Context, now time.Time) error {
		if err := s.compareClocks(ctx, now); err != nil {
			return err
		}
		return do(ctx, now)
	}
}

// watchClock shows the difference as it was last seen.
func (s *Server) watchClock() {
	s.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dialtone_clock_ahead_seconds",
		Help: "How far this machine's clock is ahead of the database's. Beyond 600 either way nothing is deleted as expired and no key is made.",
	}, func() float64 { return time.Duration(s.ahead.Load()).Seconds() }))
}

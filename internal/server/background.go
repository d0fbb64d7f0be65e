package server

import (
	"context"
	"errors"
	"github.com/dialtone-id/dialtone/internal/account"
	"time"
)

// How often the background work runs. All of it may run on several nodes at once.
const (
	cleanEvery   = time.Minute
	reloadEvery  = time.Minute // shorter than a new data key's wait before its first use, so that every node knows it by then
	rotateEvery  = time.Hour
	watchEvery   = time.Minute
	flushEvery   = 30 * time.Second // last-used times are exact to a minute
	trafficEvery = 5 * time.Second  // how old the portal's figures are at most, and how many counts a crash can cost
	linesEvery   = 10 * time.Second
	cleanBatch   = 500 // rows a statement, so that nobody waits long for the writer
	cleanPause   = 50 * time.Millisecond
	resealBatch  = 500              // rows a transaction
	resealFor    = 20 * time.Second // of each minute, after a key for what is kept about people has changed
	taskDeadline = 30 * time.Second
)

// task is one piece of background work.
type task struct {
	name  string
	every time.Duration
	do    func(ctx context.Context, now time.Time) error
}

func (s *Server) tasks() []task {
	return []task{
		{"delete expired rows", cleanEvery, s.inTime(s.deleteExpired)},
		{"reload keys", reloadEvery, s.keyring.Reload},
		{"rotate keys", rotateEvery, s.inTime(s.keyring.RotateIfDue)},
		{"seal again under the new key", reloadEvery, s.reseal},
		{"look at the operators", watchEvery, s.watchOperators},
		{"count today's SMS", watchEvery, s.watchDailySMS},
		{"note last use of secrets, keys and sessions", flushEvery, s.noteUses},
		{"say what the log left out", linesEvery, func(ctx context.Context, _ time.Time) error { s.lines.flush(ctx); return nil }},
		{"write counts and refused requests", trafficEvery, func(ctx context.Context, _ time.Time) error { return s.traffic.Flush(ctx) }},
	}
}

// noteUses writes when secrets, API keys and sessions of portal and console were last used.
func (s *Server) noteUses(ctx context.Context, _ time.Time) error {
	err := s.catalog.FlushLastUsed(ctx)
	for _, people := range []*account.Service{s.accounts, s.staff} {
		if people != nil {
			err = errors.Join(err, people.FlushSeen(ctx))
		}
	}
	return err
}

// repeat runs a task until ctx ends. A failure is logged and tried again the next time.
func (s *Server) repeat(ctx context.Context, t task) {
	ticker := time.NewTicker(t.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			taskCtx, cancel := context.WithTimeout(ctx, taskDeadline)
			if err := t.do(taskCtx, now.UTC()); err != nil && ctx.Err() == nil {
				s.log.Error("background work failed; it will be tried again", "task", t.name, "error", err)
			}
			cancel()
		}
	}
}

// deleteExpired deletes in small batches until there is nothing more, or until its time is over: the rest is for the next
// time. It works for half of the time, so that others get at the database.
func (s *Server) deleteExpired(ctx context.Context, now time.Time) error {
	total := 0
	for {
		began := time.Now()
		deleted, more, err := s.db.DeleteExpired(ctx, now, cleanBatch, s.config.eventRetention())
		total += deleted
		if ctx.Err() != nil && total > 0 {
			s.log.Info("expired rows were deleted; more are left for the next time", "rows", total)
			return nil
		}
		if err != nil || !more {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Since(began)):
		}
	}
}

// reseal seals, under the newest key, what is kept about people, and retires the key before once nothing is under it.
func (s *Server) reseal(ctx context.Context, now time.Time) error {
	if !s.keyring.ResealDue(now) {
		return nil
	}
	for until := time.Now().Add(resealFor); time.Now().Before(until); {
		more, err := s.db.Reseal(ctx, resealBatch)
		if err != nil {
			return err
		}
		if !more {
			s.log.Info("everything about people is sealed under the new key; the old one retires")
			return s.keyring.RetirePersonal(ctx, now)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(cleanPause):
		}
	}
	return nil // the next minute goes on
}

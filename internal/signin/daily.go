package signin

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// recountEvery is how often what all nodes sent is counted anew; in between a node adds its own messages. So the limit is
// overrun by what the other nodes send in this time, and no count runs for every message.
const recountEvery = 10 * time.Second

// alarms are the parts of a daily limit, in percent, at which the log says how far it is used.
var alarms = []int{50, 80, 100}

// daily counts the SMS of the day (UTC), for each operator and for all of them.
type daily struct {
	store messageCounter
	log   *slog.Logger
	bites *dialtone.BudgetCounts

	mu     sync.Mutex
	counts map[string]*dailyCount // by operator id; empty: all
}

type messageCounter interface {
	CountMessages(ctx context.Context, operatorID string, since time.Time) (int, error)
}

type dailyCount struct {
	day     time.Time // its midnight
	counted time.Time
	sent    int
	alarmed int // the highest alarm that was given today
}

const allOperators = ""

func newDaily(store messageCounter, log *slog.Logger, bites *dialtone.BudgetCounts) *daily {
	return &daily{store: store, log: log, bites: bites, counts: make(map[string]*dailyCount)}
}

// spend counts one message, or returns a *BudgetError if the operator or the whole platform sent as many as it may today.
func (d *daily) spend(ctx context.Context, operator dialtone.Operator, platformLimit int, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	limits := []struct {
		name  dialtone.BudgetName
		key   string
		limit int
	}{{dialtone.BudgetOperatorSMS, operator.ID, operator.SMS.Daily}, {dialtone.BudgetAllSMS, allOperators, platformLimit}}
	for _, l := range limits {
		if l.limit == 0 {
			continue
		}
		count, err := d.count(ctx, l.key, now)
		if err != nil {
			return fmt.Errorf("count today's SMS: %w", err)
		}
		d.alarm(l.key, count, l.limit)
		if count.sent >= l.limit {
			d.bites.Bit(l.name)
			return &dialtone.BudgetError{Key: l.name.Of(l.key), RetryAfter: count.day.Add(24 * time.Hour).Sub(now)}
		}
	}
	for _, l := range limits {
		if l.limit > 0 {
			d.counts[l.key].sent++
		}
	}
	return nil
}

// count returns the count of today, counted anew when it is due.
func (d *daily) count(ctx context.Context, key string, now time.Time) (*dailyCount, error) {
	day := now.UTC().Truncate(24 * time.Hour)
	count := d.counts[key]
	if count == nil || !count.day.Equal(day) {
		count = &dailyCount{day: day}
		d.counts[key] = count
	}
	if now.Sub(count.counted) < recountEvery {
		return count, nil
	}
	sent, err := d.store.CountMessages(ctx, key, day)
	if err != nil {
		return nil, err
	}
	// What is on its way is in no row yet: the count never falls within a day.
	count.sent, count.counted = max(count.sent, sent), now
	return count, nil
}

// alarm tells the log once a day that a part of the limit is used.
func (d *daily) alarm(key string, count *dailyCount, limit int) {
	for _, percent := range alarms {
		if percent <= count.alarmed || count.sent*100 < limit*percent {
			continue
		}
		count.alarmed = percent
		level := slog.LevelWarn
		if percent == 100 {
			level = slog.LevelError
		}
		d.log.Log(context.Background(), level, "daily SMS limit", "operator", key, "percent", percent, "sent", count.sent, "limit", limit)
	}
}

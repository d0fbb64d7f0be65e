package traffic

import (
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Step is the width of a bucket.
type Step string

const (
	ByHour Step = "hour"
	ByDay  Step = "day"
)

// The longest ranges: what a plot can show, and what is kept.
const (
	maxHours = 14 * 24
	maxDays  = 400
)

const day = 24 * time.Hour

// Range is a stretch of time in buckets. Days are those of UTC.
type Range struct {
	From time.Time // the start of the first bucket
	To   time.Time // the end of the last bucket
	By   Step
}

// NewRange returns the range with the buckets that hold from and, as the last one, to. Errors: FieldErrors of from, to and by.
func NewRange(from, to time.Time, by Step) (Range, error) {
	most, width := maxDays, day
	switch by {
	case ByDay:
	case ByHour:
		most, width = maxHours, time.Hour
	default:
		return Range{}, dialtone.FieldErrors{{Field: "by", Problem: "Choose day or hour."}}
	}
	r := Range{From: from.UTC().Truncate(width), To: to.UTC().Truncate(width).Add(width), By: by}
	switch buckets := int(r.To.Sub(r.From) / width); {
	case buckets < 1:
		return Range{}, dialtone.FieldErrors{{Field: "to", Problem: "The end is before the start. Swap them."}}
	case buckets > most && by == ByHour:
		return Range{}, dialtone.FieldErrors{{Field: "from", Problem: fmt.Sprintf("By hour, choose at most %d days, or show it by day.", maxHours/24)}}
	case buckets > most:
		return Range{}, dialtone.FieldErrors{{Field: "from", Problem: fmt.Sprintf("Choose at most %d days: older counts are not kept.", maxDays)}}
	}
	return r, nil
}

// LastDays returns the range of the last days, today's included.
func LastDays(days int, now time.Time) Range {
	today := now.UTC().Truncate(day)
	return Range{From: today.Add(-time.Duration(days-1) * day), To: today.Add(day), By: ByDay}
}

// Kept is the first day whose counts are kept.
func Kept(now time.Time) time.Time { return LastDays(maxDays, now).From }

func (r Range) width() time.Duration {
	if r.By == ByHour {
		return time.Hour
	}
	return day
}

// Buckets returns the starts of the buckets, the oldest first.
func (r Range) Buckets() []time.Time {
	starts := make([]time.Time, 0, int(r.To.Sub(r.From)/r.width()))
	for start := r.From; start.Before(r.To); start = start.Add(r.width()) {
		starts = append(starts, start)
	}
	return starts
}

// bucket returns the index of the bucket that holds t, which must lie in the range.
func (r Range) bucket(t time.Time) int { return int(t.Sub(r.From) / r.width()) }

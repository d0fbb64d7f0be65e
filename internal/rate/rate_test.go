package rate

import (
	"fmt"
	"testing"
	"time"
)

var (
	limit = Limit{PerMinute: 60, Burst: 3}
	now   = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func TestABucketIsEmptiedAndFillsAgain(t *testing.T) {
	t.Parallel()
	var b Buckets
	for i, c := range []struct {
		key   string
		after time.Duration
		wait  time.Duration
	}{
		{"ada", 0, 0}, {"ada", 0, 0}, {"ada", 0, 0}, {"ada", 0, time.Second}, {"grace", 0, 0},
		{"ada", 500 * time.Millisecond, 500 * time.Millisecond}, {"ada", time.Second, 0}, {"ada", time.Second, time.Second},
		{"ada", 0, time.Second},                                                                              // a clock that goes back gives nothing
		{"ada", time.Hour, 0}, {"ada", time.Hour, 0}, {"ada", time.Hour, 0}, {"ada", time.Hour, time.Second}, // no more than the burst
	} {
		if wait := b.Take(c.key, limit, now.Add(c.after)); wait != c.wait {
			t.Errorf("%d: %s after %s waits %s, want %s", i, c.key, c.after, wait, c.wait)
		}
	}
}

func TestFullBucketsAreForgottenAndOthersAreNot(t *testing.T) {
	t.Parallel()
	var b Buckets
	for i := range 1000 {
		b.Take(fmt.Sprint(i), limit, now)
	}
	later := now.Add(time.Minute)
	for range 1000 {
		b.Take("ada", limit, later)
	}
	if len(b.buckets) != 1 || b.used.Len() != 1 || b.Take("ada", limit, later) == 0 {
		t.Errorf("%d buckets are kept, want the one that is not full", len(b.buckets))
	}
}

func TestAtTheMostTheBucketThatWasUsedLongestAgoGoes(t *testing.T) {
	t.Parallel()
	var b Buckets
	for i := range kept {
		b.Take(fmt.Sprint(i), limit, now)
	}
	b.Take("0", limit, now) // no longer the one that was used longest ago
	for i := range 1000 {
		b.Take(fmt.Sprint("new ", i), limit, now)
	}
	if len(b.buckets) != kept {
		t.Errorf("%d buckets, want %d", len(b.buckets), kept)
	}
	if b.buckets["0"] == nil || b.buckets["1"] != nil {
		t.Error("not the one that was used longest ago went")
	}
}

// BenchmarkTake must not depend on how many buckets are not full.
func BenchmarkTake(b *testing.B) {
	for _, keys := range []int{100, 20_000} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			var buckets Buckets
			names := make([]string, keys)
			for i := range names {
				names[i] = fmt.Sprint(i)
				buckets.Take(names[i], limit, now)
			}
			for i := 0; b.Loop(); i++ {
				buckets.Take(names[i%keys], limit, now)
			}
		})
	}
}

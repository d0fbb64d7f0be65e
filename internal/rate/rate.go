// Package rate counts how often somebody comes, in memory and on this node alone, so that a request costs no write. It owns
// token buckets; it refuses what must hold over all nodes or over a restart: that is a dialtone.Budget.
package rate

import (
	"sync"
	"time"
)

// kept is from when on buckets that are full again are forgotten.
const kept = 10_000

// Limit is how often one key may come.
type Limit struct {
	PerMinute int // in the long run
	Burst     int // at once
}

// Buckets holds one bucket a key, which fills again at a steady rate. The zero value is ready. Safe for concurrent use.
type Buckets struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// Take returns 0 if the key may come now, else how long it must wait. All keys of the same Buckets have the same limit.
func (b *Buckets) Take(key string, limit Limit, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buckets == nil {
		b.buckets = make(map[string]bucket)
	}
	one := b.buckets[key].filled(limit, now)
	wait := time.Duration(0)
	if one.tokens >= 1 {
		one.tokens--
	} else {
		wait = time.Duration((1 - one.tokens) / float64(limit.PerMinute) * float64(time.Minute))
	}
	b.buckets[key] = one
	if len(b.buckets) > kept {
		b.forget(limit, now)
	}
	return wait
}

// filled is the bucket at now; one that nobody knows is full.
func (b bucket) filled(limit Limit, now time.Time) bucket {
	if b.at.IsZero() {
		return bucket{tokens: float64(limit.Burst), at: now}
	}
	if gone := now.Sub(b.at); gone > 0 {
		b.tokens = min(float64(limit.Burst), b.tokens+gone.Minutes()*float64(limit.PerMinute))
		b.at = now
	}
	return b
}

// forget drops the buckets that are full: they say no more than none.
func (b *Buckets) forget(limit Limit, now time.Time) {
	for key, one := range b.buckets {
		if one.filled(limit, now).tokens >= float64(limit.Burst) {
			delete(b.buckets, key)
		}
	}
}

package api

import (
	"sync"
	"time"
)

const (
	// perMinute is how many requests a key may send in the long run, to one node.
	perMinute = 600
	// burst is how many of them may come at once.
	burst = 100
	// bucketsKept is from when on buckets that are full again are forgotten.
	bucketsKept = 10_000
)

// rates counts the requests of each key in memory, so that a request costs no write: one bucket a key, which fills again at
// a steady rate. Safe for concurrent use.
type rates struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newRates() *rates { return &rates{buckets: make(map[string]bucket)} }

// take returns 0 if the key may send a request now, else how long it must wait.
func (r *rates) take(key string, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[key].filled(now)
	wait := time.Duration(0)
	if b.tokens >= 1 {
		b.tokens--
	} else {
		wait = time.Duration((1 - b.tokens) / perMinute * float64(time.Minute))
	}
	r.buckets[key] = b
	if len(r.buckets) > bucketsKept {
		r.forget(now)
	}
	return wait
}

// filled is the bucket at now; one that nobody knows is full.
func (b bucket) filled(now time.Time) bucket {
	if b.at.IsZero() {
		return bucket{tokens: burst, at: now}
	}
	if gone := now.Sub(b.at); gone > 0 {
		b.tokens = min(burst, b.tokens+gone.Minutes()*perMinute)
		b.at = now
	}
	return b
}

// forget drops the buckets that are full: they say no more than none.
func (r *rates) forget(now time.Time) {
	for key, b := range r.buckets {
		if b.filled(now).tokens >= burst {
			delete(r.buckets, key)
		}
	}
}

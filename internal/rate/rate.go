// Package rate counts how often somebody comes, in memory and on this node alone, so that a request costs no write. It owns
// token buckets; it refuses what must hold over all nodes or over a restart: that is a dialtone.Budget.
package rate

import (
	"container/list"
	"sync"
	"time"
)

const (
	// kept is how many buckets are remembered at most. Beyond it the one that was used longest ago goes, full or not.
	kept = 100_000
	// forgotten is how many full buckets one Take drops at most: more than it adds, and few enough that nobody waits.
	forgotten = 2
)

// Limit is how often one key may come.
type Limit struct {
	PerMinute int // in the long run
	Burst     int // at once
}

// Buckets holds one bucket a key, which fills again at a steady rate. The zero value is ready. Safe for concurrent use.
type Buckets struct {
	mu      sync.Mutex
	buckets map[string]*list.Element
	used    list.List // of *bucket, the one that was used longest ago first
}

type bucket struct {
	key    string
	limit  Limit
	tokens float64
	at     time.Time
}

// Take returns 0 if the key may come now, else how long it must wait. A key has the same limit each time. It takes the same time
// however many keys there are.
func (b *Buckets) Take(key string, limit Limit, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.bucket(key, limit, now)
	one.fill(now)
	wait := one.wait()
	if wait == 0 {
		one.tokens--
	}
	b.forget(now)
	return wait
}

// Wait is what Take would return, and takes nothing.
func (b *Buckets) Wait(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	element, ok := b.buckets[key]
	if !ok {
		return 0
	}
	one := element.Value.(*bucket)
	one.fill(now)
	return one.wait()
}

// Give puts tokens back, as many as fit.
func (b *Buckets) Give(key string, tokens int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if element, ok := b.buckets[key]; ok {
		one := element.Value.(*bucket)
		one.fill(now)
		one.tokens = min(float64(one.limit.Burst), one.tokens+float64(tokens))
	}
}

// wait is how long it takes until there is a token.
func (b *bucket) wait() time.Duration {
	if b.tokens >= 1 {
		return 0
	}
	return time.Duration((1 - b.tokens) / float64(b.limit.PerMinute) * float64(time.Minute))
}

// bucket returns the key's bucket, from now on the one used last. One that nobody knows is full.
func (b *Buckets) bucket(key string, limit Limit, now time.Time) *bucket {
	if element, ok := b.buckets[key]; ok {
		b.used.MoveToBack(element)
		return element.Value.(*bucket)
	}
	if b.buckets == nil {
		b.buckets = make(map[string]*list.Element)
	}
	one := &bucket{key: key, limit: limit, tokens: float64(limit.Burst), at: now}
	b.buckets[key] = b.used.PushBack(one)
	return one
}

// fill adds what came since the bucket was used.
func (b *bucket) fill(now time.Time) {
	if gone := now.Sub(b.at); gone > 0 {
		b.tokens = min(float64(b.limit.Burst), b.tokens+gone.Minutes()*float64(b.limit.PerMinute))
		b.at = now
	}
}

// forget drops buckets from the end where nobody has come for longest: those that are full, which say no more than none, and one
// if there are too many.
func (b *Buckets) forget(now time.Time) {
	for range forgotten {
		element := b.used.Front()
		if element == nil {
			return
		}
		one := element.Value.(*bucket)
		one.fill(now)
		if one.tokens < float64(one.limit.Burst) && len(b.buckets) <= kept {
			return
		}
		b.used.Remove(element)
		delete(b.buckets, one.key)
	}
}

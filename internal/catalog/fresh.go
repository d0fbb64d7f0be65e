package catalog

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// lifetime keeps the promise that no answer is older than one second: it leaves a tenth for the read itself, because
// an entry's clock starts when its read is over.
const lifetime = 900 * time.Millisecond

// fresh is a read-through cache whose entries live for less than a second and are all dropped by a write on this node.
// It remembers ErrNotFound too, so that a flood of requests with an unknown client id is not a flood of reads.
// Callers that ask for the same missing key at once share one read. Safe for concurrent use.
type fresh[K comparable, V any] struct {
	entries *otter.Cache[K, entry[V]]
	loader  otter.Loader[K, entry[V]] // load, kept so that a Get allocates nothing
	read    func(ctx context.Context, key K) (V, error)
	// generation counts the drops. An entry counts only if its read began in the caller's generation or later: a read
	// that was under way while somebody wrote may have seen the old row.
	generation atomic.Uint64
}

type entry[V any] struct {
	value      V
	err        error // nil or ErrNotFound
	generation uint64
}

func newFresh[K comparable, V any](size int, read func(context.Context, K) (V, error)) *fresh[K, V] {
	f := &fresh[K, V]{
		entries: otter.Must(&otter.Options[K, entry[V]]{
			MaximumSize:      size,
			ExpiryCalculator: otter.ExpiryWriting[K, entry[V]](lifetime),
		}),
		read: read,
	}
	f.loader = otter.LoaderFunc[K, entry[V]](f.load)
	return f
}

// Get returns the value of key, which the caller must not change: others hold it too.
func (f *fresh[K, V]) Get(ctx context.Context, key K) (V, error) {
	wanted := f.generation.Load()
	for {
		found, err := f.entries.Get(ctx, key, f.loader)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			// The wait, for somebody else's read perhaps, took all the time that the caller has: that is the database's matter.
			var none V
			return none, fmt.Errorf("%w: %w", dialtone.ErrUnavailable, err)
		case err != nil:
			var none V
			return none, err
		case found.generation >= wanted:
			return found.value, found.err
		}
		f.entries.Invalidate(key)
	}
}

func (f *fresh[K, V]) load(ctx context.Context, key K) (entry[V], error) {
	generation := f.generation.Load()
	value, err := f.read(ctx, key)
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return entry[V]{}, err
	}
	return entry[V]{value: value, err: err, generation: generation}, nil
}

// Drop makes every Get that begins from now on read again.
func (f *fresh[K, V]) Drop() { f.generation.Add(1) }

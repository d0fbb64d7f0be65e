// Package traffic counts what clients do and keeps the requests of theirs that were refused, so that their developers see
// both in the portal.
//
// It owns the counting in memory, the bounds of what is kept, what no record may hold, and who may read which. It refuses
// to slow down what it counts: Count and Refused touch memory only, and a full memory drops records, never requests.
//
//	faces and verbs ── Count, Refused ──▶ Recorder ── Flush, every few seconds ──▶ rows
//	portal ── Summary, FailedRequests, LastWeek ──▶ Reports ◀── rows
//
// Counts of the last seconds are lost when a node crashes: they are statistics, and nothing is billed by them.
package traffic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Sink is where a Recorder leaves what it gathered. Each method is one transaction.
type Sink interface {
	// AddTallies adds the counts to those of the same client, operator, hour and kind.
	AddTallies(ctx context.Context, tallies []dialtone.Tally) error
	// PutFailedRequests inserts them; an id that is there already is left alone.
	PutFailedRequests(ctx context.Context, failed []dialtone.FailedRequest) error
}

const (
	// stripes is a power of two, well above the number of processors that count at the same moment.
	stripes = 16
	// tallyBatch is how many counts are written in one transaction, so that the writer is never held up for long.
	tallyBatch = 500
)

// Recorder gathers counts and refused requests in memory. Make it with New; it is safe for concurrent use.
type Recorder struct {
	sink Sink
	log  *slog.Logger
	// Any stripe takes any count, so that one busy client is spread over all of them; Flush adds them up.
	stripes [stripes]stripe
	refused refusals
	// flushing lets one Flush work at a time: two would share the spare maps.
	flushing sync.Mutex
}

// stripe is a share of the counts. Its two maps take turns, so that counting allocates nothing once both have grown.
type stripe struct {
	mu     sync.Mutex
	counts map[tallyKey]int64
	spare  map[tallyKey]int64 // empty; of flushing
	_      [40]byte           // a cache line of its own: neighbours must not slow each other down
}

// tallyKey is what is counted apart.
type tallyKey struct {
	productID, clientID, operatorID string
	kind                            dialtone.TallyKind
	hour                            int64 // since 1970
}

// New returns an empty Recorder.
func New(sink Sink, log *slog.Logger) *Recorder {
	r := &Recorder{sink: sink, log: log}
	for i := range r.stripes {
		r.stripes[i].counts, r.stripes[i].spare = make(map[tallyKey]int64), make(map[tallyKey]int64)
	}
	r.refused.clear()
	return r
}

const secondsPerHour = int64(time.Hour / time.Second)

// Count adds t.Count to what happened in the hour in which t.Hour lies. It costs about a tenth of a microsecond and
// waits for nothing but another count in the same stripe.
func (r *Recorder) Count(t dialtone.Tally) {
	r.add(tallyKey{
		productID: t.ProductID, clientID: t.ClientID, operatorID: t.OperatorID, kind: t.Kind, hour: t.Hour.Unix() / secondsPerHour,
	}, t.Count)
}

func (r *Recorder) add(key tallyKey, n int64) {
	s := &r.stripes[rand.Uint32()%stripes]
	s.mu.Lock()
	s.counts[key] += n
	s.mu.Unlock()
}

// Flush writes what has gathered since the last time. What could not be written is taken back and comes with the next one;
// the error says why. When a write was done and only its answer got lost, its counts are written twice.
func (r *Recorder) Flush(ctx context.Context) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	return errors.Join(r.flushCounts(ctx), r.flushRefused(ctx))
}

func (r *Recorder) flushCounts(ctx context.Context) error {
	counts := r.takeCounts()
	keys := make([]tallyKey, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	for start := 0; start < len(keys); start += tallyBatch {
		batch := keys[start:min(start+tallyBatch, len(keys))]
		tallies := make([]dialtone.Tally, len(batch))
		for i, key := range batch {
			tallies[i] = key.tally(counts[key])
		}
		if err := r.sink.AddTallies(ctx, tallies); err != nil {
			for _, key := range keys[start:] {
				r.add(key, counts[key])
			}
			return fmt.Errorf("write counts: %w", err)
		}
	}
	return nil
}

// takeCounts empties the stripes and returns their sums.
func (r *Recorder) takeCounts() map[tallyKey]int64 {
	sums := make(map[tallyKey]int64)
	for i := range r.stripes {
		s := &r.stripes[i]
		s.mu.Lock()
		taken := s.counts
		s.counts = s.spare
		s.mu.Unlock()
		for key, n := range taken {
			sums[key] += n
		}
		clear(taken)
		s.spare = taken
	}
	return sums
}

func (k tallyKey) tally(n int64) dialtone.Tally {
	return dialtone.Tally{
		ProductID: k.productID, ClientID: k.clientID, OperatorID: k.operatorID, Kind: k.kind,
		Hour: time.Unix(k.hour*secondsPerHour, 0).UTC(), Count: n,
	}
}

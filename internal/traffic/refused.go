package traffic

import (
	"context"
	"fmt"
	"sync"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Bounds of the refused requests that are kept between two writes. A client that fails in a loop fills its own share only,
// so that the others' are still found.
const (
	maxRefused       = 1000
	maxClientRefused = 100
)

// refusals are refused requests that wait to be written.
type refusals struct {
	mu      sync.Mutex
	list    []dialtone.FailedRequest
	clients map[string]int // how many of each are in the list
	dropped int
}

// Refused keeps a refused request of a client that is known; one without a client is nobody's and left out. It never waits:
// what is too much is dropped, and the log says how much.
func (r *Recorder) Refused(f dialtone.FailedRequest) {
	if f.ID == "" || f.ProductID == "" || f.ClientID == "" {
		return
	}
	r.refused.mu.Lock()
	defer r.refused.mu.Unlock()
	r.refused.keep(f)
}

// keep adds a request if there is room. The caller holds the lock.
func (q *refusals) keep(f dialtone.FailedRequest) {
	if len(q.list) >= maxRefused || q.clients[f.ClientID] >= maxClientRefused {
		q.dropped++
		return
	}
	q.list = append(q.list, f)
	q.clients[f.ClientID]++
}

// clear forgets everything. The caller holds the lock, or nobody else knows q yet.
func (q *refusals) clear() {
	q.list, q.clients, q.dropped = nil, make(map[string]int), 0
}

// take empties q.
func (q *refusals) take() (list []dialtone.FailedRequest, dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, dropped = q.list, q.dropped
	q.clear()
	return list, dropped
}

// giveBack puts requests that could not be written back, before those that came meanwhile: what is dropped then is new.
func (q *refusals) giveBack(list []dialtone.FailedRequest) {
	q.mu.Lock()
	defer q.mu.Unlock()
	newer, dropped := q.list, q.dropped
	q.clear()
	q.dropped = dropped
	for _, f := range list {
		q.keep(f)
	}
	for _, f := range newer {
		q.keep(f)
	}
}

func (r *Recorder) flushRefused(ctx context.Context) error {
	list, dropped := r.refused.take()
	if dropped > 0 {
		r.log.Warn("refused requests not kept: too many at once", "dropped", dropped, "kept", len(list))
	}
	if len(list) == 0 {
		return nil
	}
	for i := range list {
		list[i].Description, list[i].Detail = impersonal(list[i].Description), impersonal(list[i].Detail)
	}
	if err := r.sink.PutFailedRequests(ctx, list); err != nil {
		r.refused.giveBack(list)
		return fmt.Errorf("write refused requests: %w", err)
	}
	return nil
}

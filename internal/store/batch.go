package store

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const (
	largestBatch = 64 // callers that share a statement at most
	reserve      = 4  // times as many workers as usual may work when whole batches wait
)

// batcher lets callers that wait at the same moment share one statement. A call that finds a worker free goes at once, so
// an idle server answers as fast as without; the busier it is, the more callers share a round trip and a commit. There are
// few workers, because few and large statements cost least; when a whole batch waits, one more works, so that a statement
// that hangs holds up only those in it.
type batcher[Q, A any] struct {
	workers    int
	background func() (context.Context, context.CancelFunc)
	// run answers the questions in their order.
	run func(ctx context.Context, questions []Q) ([]A, error)
	// key, of a batcher that writes, names the row that a question is about: no two questions about the same row share a
	// statement, and rows are locked in the order of their keys. Nil for reads.
	key func(Q) string

	mu      sync.Mutex
	waiting []*call[Q, A]
	working int
}

func newBatcher[Q, A any](workers int, background func() (context.Context, context.CancelFunc),
	run func(context.Context, []Q) ([]A, error), key func(Q) string) *batcher[Q, A] {
	return &batcher[Q, A]{workers: workers, background: background, run: run, key: key}
}

// call is one caller's question, and the answer once done is closed.
type call[Q, A any] struct {
	ctx      context.Context
	question Q
	answer   A
	err      error
	done     chan struct{}
	askers   *askers // of the statement that it is in; nil: it waits
}

// askers counts those who wait for the answer of a statement.
type askers struct{ left atomic.Int32 }

type askersKey struct{}

// wanted reports whether anybody waits for what a statement does. Of one that is not shared only its own context tells.
func wanted(ctx context.Context) bool {
	a, shared := ctx.Value(askersKey{}).(*askers)
	return !shared || a.left.Load() > 0
}

// ask answers one question. A caller that leaves early may leave a write behind that is done, but none that begins when all who
// asked for it have left.
func (b *batcher[Q, A]) ask(ctx context.Context, question Q) (A, error) {
	c := &call[Q, A]{ctx: ctx, question: question, done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, c)
	if b.working < b.workers || b.working < reserve*b.workers && len(b.waiting) >= largestBatch {
		b.working++
		go b.work()
	}
	b.mu.Unlock()
	select {
	case <-c.done:
		return c.answer, c.err
	case <-ctx.Done():
		b.leave(c)
		var none A
		return none, leaving(ctx)
	}
}

func (b *batcher[Q, A]) leave(c *call[Q, A]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.askers != nil {
		c.askers.left.Add(-1)
	}
}

// work answers until nobody waits.
func (b *batcher[Q, A]) work() {
	for {
		// Those whom the last statement answered are about to ask again, or to let others ask: let them come along.
		runtime.Gosched()
		batch := b.take()
		if len(batch) == 0 {
			return
		}
		b.answer(batch)
	}
}

// take returns the next calls to answer, or none, and then the worker is gone.
func (b *batcher[Q, A]) take() []*call[Q, A] {
	b.mu.Lock()
	defer b.mu.Unlock()
	var batch, later []*call[Q, A]
	taken := make(map[string]bool)
	for i, c := range b.waiting {
		if len(batch) == largestBatch {
			later = append(later, b.waiting[i:]...)
			break
		}
		switch {
		case c.ctx.Err() != nil: // the caller is gone
		case b.key == nil:
			batch = append(batch, c)
		case taken[b.key(c.question)]:
			later = append(later, c)
		default:
			taken[b.key(c.question)] = true
			batch = append(batch, c)
		}
	}
	b.waiting = later
	if len(batch) == 0 {
		b.working--
	}
	together := &askers{}
	together.left.Store(int32(len(batch)))
	for _, c := range batch {
		c.askers = together
	}
	if b.key != nil {
		slices.SortFunc(batch, func(x, y *call[Q, A]) int { return strings.Compare(b.key(x.question), b.key(y.question)) })
	}
	return batch
}

// answer runs the statement for all of them, or for each by itself if it fails for all: one bad row must not fail the
// others.
func (b *batcher[Q, A]) answer(batch []*call[Q, A]) {
	questions := make([]Q, len(batch))
	for i, c := range batch {
		questions[i] = c.question
	}
	answers, err := b.ran(questions, batch[0].askers)
	var panicked *panicError
	switch {
	case err == nil:
		for i, c := range batch {
			c.answer = answers[i]
		}
	case len(batch) == 1 || errors.Is(err, dialtone.ErrUnavailable) || errors.As(err, &panicked):
		// When the database went away, or we stumbled, the statement may have been done: a write must not be tried again.
		for _, c := range batch {
			c.err = err
		}
	default:
		for _, c := range batch {
			b.answer([]*call[Q, A]{c})
		}
		return
	}
	for _, c := range batch {
		close(c.done)
	}
}

func (b *batcher[Q, A]) ran(questions []Q, by *askers) (answers []A, err error) {
	defer func() { recovered(recover(), &err) }()
	ctx, cancel := b.background()
	defer cancel()
	if b.key != nil {
		ctx = context.WithValue(ctx, askersKey{}, by)
	}
	return b.run(ctx, questions)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const (
	writeQuiet = 5 * time.Second  // after so long without a write one is tried
	writeSlow  = 2 * time.Second  // a tried write that takes longer counts as refused
	writeAgain = time.Second      // between tries while writes are refused
	writeBound = 10 * time.Second // the longest try
)

// errNoWrites is in the chain of an error that says that the database takes no writes at all, as one whose disk is full.
var errNoWrites = errors.New("the database takes no writes")

// condition knows whether the database takes writes. Real writes tell; where they are silent or fail in a way that concerns
// them all, a small one is tried in the background, and again until it succeeds.
type condition struct {
	try   func(ctx context.Context, large bool) error
	ctx   context.Context // ends with the database
	end   context.CancelFunc
	tries sync.WaitGroup

	written atomic.Int64 // when a write succeeded last, Unix nanoseconds

	mu      sync.Mutex
	trying  time.Time // since when; zero: nobody is
	refusal error     // of the last try
}

func newCondition(try func(ctx context.Context, large bool) error) *condition {
	c := &condition{try: try}
	c.ctx, c.end = context.WithCancel(context.Background())
	return c
}

// note looks at the outcome of a real write and passes it on.
func (c *condition) note(err error) error {
	switch {
	case err == nil:
		c.written.Store(time.Now().UnixNano())
	case errors.Is(err, errNoWrites):
		c.begin(true)
	}
	return err
}

// begin tries to write until it succeeds, if nobody does yet.
func (c *condition) begin(large bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trying.IsZero() && c.ctx.Err() == nil {
		c.trying = time.Now()
		c.tries.Go(func() { c.untilWritten(large) })
	}
}

func (c *condition) untilWritten(large bool) {
	for {
		ctx, cancel := context.WithTimeout(c.ctx, writeBound)
		err := c.try(ctx, large)
		cancel()
		c.mu.Lock()
		c.refusal = err
		if err == nil || c.ctx.Err() != nil {
			c.trying = time.Time{}
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		large = true
		select {
		case <-c.ctx.Done():
		case <-time.After(writeAgain):
		}
	}
}

// writable returns nil as far as is known. It does not wait.
func (c *condition) writable() error {
	if time.Since(time.Unix(0, c.written.Load())) > writeQuiet {
		c.begin(false)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.refusal != nil:
		return as(dialtone.ErrUnavailable, fmt.Errorf("%w: %w", errNoWrites, c.refusal))
	case !c.trying.IsZero() && time.Since(c.trying) > writeSlow:
		return as(dialtone.ErrUnavailable, errNoWrites)
	}
	return nil
}

// close waits for a try that is under way.
func (c *condition) close() {
	c.mu.Lock() // no try begins from now on
	c.end()
	c.mu.Unlock()
	c.tries.Wait()
}

// largeBody is what a try writes when small writes may still find room where others do not.
const largeBody = 256 << 10

// tryWrite writes a row of its own.
func (db *DB) tryWrite(ctx context.Context, large bool) error {
	if large {
		if err := db.engine.roomy(ctx); err != nil {
			return err
		}
	}
	_, err := db.on(probes).exec(ctx, triedWrite, "", time.Now().UnixMicro())
	return err
}

// triedWrite keeps one row, whoever writes it.
const triedWrite = `INSERT INTO write_probe (id, body, written_at) VALUES ('probe', $1, $2)
	ON CONFLICT (id) DO UPDATE SET body = excluded.body, written_at = excluded.written_at`

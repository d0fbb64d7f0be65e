package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// writer is the one goroutine that writes to a SQLite database. It commits the intentions that wait at the same moment
// together, because what costs time is the disk's answer to a commit. Each has a savepoint: one that fails is rolled back
// alone. Nobody is answered before the commit.
type writer struct {
	pool *sql.DB
	conn tx

	mu     sync.RWMutex // held for reading while an intention is put into the queue
	closed bool
	queue  chan *intention
	ended  chan struct{}
}

// intention is what one caller wants to write.
type intention struct {
	ctx  context.Context
	do   func(context.Context, tx) error
	err  error
	done chan struct{}
}

// largestGroup is how many intentions share a commit at most.
const largestGroup = 128

func newWriter(pool *sql.DB, conn tx) *writer {
	w := &writer{pool: pool, conn: conn, queue: make(chan *intention, largestGroup), ended: make(chan struct{})}
	go w.loop()
	return w
}

// write runs do in the next group. A caller that leaves before its turn is passed over; later it has to wait for the end,
// because do works on the caller's variables.
func (w *writer) write(ctx context.Context, do func(context.Context, tx) error) error {
	i := &intention{ctx: ctx, do: do, done: make(chan struct{})}
	if err := w.enqueue(i); err != nil {
		return err
	}
	<-i.done
	return i.err
}

func (w *writer) enqueue(i *intention) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return fmt.Errorf("%w: the database is closed", dialtone.ErrUnavailable)
	}
	select {
	case w.queue <- i:
		return nil
	case <-i.ctx.Done():
		return leaving(i.ctx)
	}
}

func (w *writer) loop() {
	defer close(w.ended)
	for first := range w.queue {
		group := []*intention{first}
		for len(group) < largestGroup && len(w.queue) > 0 {
			group = append(group, <-w.queue) // nobody else takes from the queue, so this does not wait
		}
		if err := w.commit(group); err != nil {
			for _, i := range group {
				i.err = err
			}
		}
		for _, i := range group {
			close(i.done)
		}
	}
}

// commit runs the group in one transaction. An error is everybody's: nothing was written. Statements run without the
// callers' contexts, because interrupting one would roll back the others, too.
func (w *writer) commit(group []*intention) error {
	ctx := context.Background()
	if _, err := w.conn.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	for _, i := range group {
		switch {
		case i.ctx.Err() != nil:
			i.err = leaving(i.ctx)
			continue
		case !wanted(i.ctx):
			i.err = fmt.Errorf("%w: everybody who asked for it has left", dialtone.ErrUnavailable)
			continue
		}
		if err := w.attempt(ctx, i); err != nil {
			return w.abandon(ctx, err)
		}
	}
	if _, err := w.conn.exec(ctx, `COMMIT`); err != nil {
		return w.abandon(ctx, err)
	}
	return nil
}

// attempt runs one intention. It returns an error only if the whole transaction is lost.
func (w *writer) attempt(ctx context.Context, i *intention) error {
	if _, err := w.conn.exec(ctx, `SAVEPOINT intention`); err != nil {
		return err
	}
	if i.err = i.do(ctx, w.conn); i.err != nil {
		// A full disk, for one, makes SQLite roll back everything; then there is no savepoint to go back to.
		if _, err := w.conn.exec(ctx, `ROLLBACK TO intention`); err != nil {
			return fmt.Errorf("%w: %w", err, i.err)
		}
	}
	_, err := w.conn.exec(ctx, `RELEASE intention`)
	return err
}

func (w *writer) abandon(ctx context.Context, cause error) error {
	// After the errors that roll back by themselves this one fails, and that is fine.
	_, _ = w.conn.exec(ctx, `ROLLBACK`)
	return fmt.Errorf("%w: nothing was written: %w", dialtone.ErrUnavailable, cause)
}

// close lets the queue run empty.
func (w *writer) close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.ended
	// The log goes into the file now, so that a database that was closed is one whole file. If somebody else still reads it,
	// the log stays, and nothing is lost.
	_, err := w.conn.exec(context.Background(), `PRAGMA wal_checkpoint(TRUNCATE)`)
	return errors.Join(err, w.pool.Close())
}

package token

import (
	"context"
	"fmt"
	"runtime"
)

// queue lets as many run at once as it has places. An RS256 signature takes about a millisecond of a processor; a
// thousand of them started together would keep every other request waiting for as long as all of them take.
type queue chan struct{}

// do runs work when it has a place. Error: that of ctx, if it ends first.
func (q queue) do(ctx context.Context, work func()) error {
	select {
	case q <- struct{}{}:
	default:
		select {
		case q <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("wait for a signature: %w", context.Cause(ctx))
		}
		// The scheduler runs next whom we just woke, before others that have waited longer, so that a row of waiting
		// signatures would go one after the other. Giving way once to everything else that can run halves the time
		// of other requests under a load of signatures and costs the signatures nothing.
		runtime.Gosched()
	}
	defer func() { <-q }()
	work()
	return nil
}

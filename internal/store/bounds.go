package store

import (
	"fmt"
	"runtime"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Bounds are how much of a PostgreSQL server a node takes, and how long it waits for it. SQLite needs none.
type Bounds struct {
	Connections int           // in all; 0: as the processors suggest, 24 to 48
	Lock        time.Duration // the longest wait for a lock that somebody else holds; 0: 5 s
	Statement   time.Duration // the longest statement, with the wait for a connection before it; 0: 10 s
}

const (
	defaultLock      = 5 * time.Second
	defaultStatement = 10 * time.Second

	fewestConnections = 12
	mostConnections   = 1000
	longestStatement  = 5 * time.Minute
)

// Check says what is wrong with the bounds. Error: ErrInvalid.
func (b Bounds) Check() error {
	switch b = b.orDefault(); {
	case b.Connections < fewestConnections || b.Connections > mostConnections:
		return fmt.Errorf("%w: %d connections to the database: it takes %d to %d; leave --database-connections out for a number that fits the processors",
			dialtone.ErrInvalid, b.Connections, fewestConnections, mostConnections)
	case b.Lock < time.Millisecond || b.Statement < time.Millisecond || b.Lock > b.Statement || b.Statement > longestStatement:
		return fmt.Errorf("%w: --database-lock-timeout %v and --database-statement-timeout %v: the first must not be longer than the second, which is 5m at most",
			dialtone.ErrInvalid, b.Lock, b.Statement)
	}
	return nil
}

func (b Bounds) orDefault() Bounds {
	if b.Connections == 0 {
		b.Connections = min(max(24, 4*runtime.GOMAXPROCS(0)), 48)
	}
	if b.Lock == 0 {
		b.Lock = defaultLock
	}
	if b.Statement == 0 {
		b.Statement = defaultStatement
	}
	return b
}

// shares are the connections of each kind of work, out of 24. Cleaning can hold one while counts are written through the
// other; a probe can wait while the next one asks whether there is an answer at all.
var shares = [kindsOfWork]int{tokenReads: 5, tokenWrites: 4, lookups: 4, signIns: 4, desk: 3, upkeep: 2, probes: 2}

// share returns how many connections a kind of work has.
func (b Bounds) share(kind work) int {
	if kind == upkeep || kind == probes {
		return 2
	}
	others := b.Connections - 4
	return max(1, others*shares[kind]/20)
}

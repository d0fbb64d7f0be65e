package message

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Bounds of what a node holds at once. A route that hangs fills its own share only, so that the other operators' messages
// still leave.
const (
	maxPending      = 4096 // messages that are not finished, all routes
	maxRoutePending = 1024 // of one route
	maxRouteSending = 32   // requests to one gateway at the same time

	firstWait     = time.Second // before the first repetition; doubled each time
	longestWait   = 15 * time.Second
	composeWithin = 10 * time.Second
	recordWithin  = 5 * time.Second
)

// ErrNothing is returned by a Compose that decides against a message.
var ErrNothing = errors.New("nothing to send")

// Compose makes a message when it is its turn. ErrNothing: there is none.
type Compose func(ctx context.Context) (Message, error)

// Store keeps the record of a message.
type Store interface {
	PutMessage(ctx context.Context, m dialtone.SMSMessage) error
}

// DispatcherConfig is what a Dispatcher needs.
type DispatcherConfig struct {
	Router Router
	Store  Store
	Log    *slog.Logger
	// Spread delays each message by a random time up to this, before anything about it is looked up. The work on a message that
	// leaves would otherwise compete with the browser's next request, and its time would tell that somebody is served.
	Spread time.Duration
}

// Dispatcher sends messages in the background: it finds the sender, repeats what failed for the moment until the message is
// worthless, and records the outcome. What is on its way is in memory only: after a crash people ask for another PIN.
// It is safe for concurrent use.
type Dispatcher struct {
	store  Store
	log    *slog.Logger
	lanes  map[string]*lane
	slots  chan struct{}
	spread time.Duration
	now    func() time.Time
	ctx    context.Context // ends when Close loses its patience
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	pending sync.WaitGroup
}

// lane is one route with its share of the bounds.
type lane struct {
	sender  Sender
	pending chan struct{}
	sending chan struct{}
}

// NewDispatcher returns a Dispatcher; Close ends it.
func NewDispatcher(c DispatcherConfig) *Dispatcher {
	d := &Dispatcher{store: c.Store, log: c.Log, lanes: make(map[string]*lane), slots: make(chan struct{}, maxPending), spread: c.Spread, now: time.Now}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	for name, sender := range c.Router {
		d.lanes[name] = &lane{sender: sender, pending: make(chan struct{}, maxRoutePending), sending: make(chan struct{}, maxRouteSending)}
	}
	return d
}

// Enqueue has a message made and sent in the background. It never waits: when too many are on their way, the message is
// dropped and the log says so.
func (d *Dispatcher) Enqueue(compose Compose) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		d.log.Warn("SMS dropped: the server is stopping")
		return
	}
	select {
	case d.slots <- struct{}{}:
	default:
		d.log.Error("SMS dropped: too many are on their way", "limit", maxPending)
		return
	}
	d.pending.Go(func() {
		defer func() { <-d.slots }()
		d.run(compose)
	})
}

// Close takes no more messages and waits for those on their way, at most until ctx ends; what is left then is dropped.
func (d *Dispatcher) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		d.pending.Wait()
		close(drained)
	}()
	defer d.cancel()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		d.cancel()
		<-drained
		return ctx.Err()
	}
}

func (d *Dispatcher) run(compose Compose) {
	if d.spread > 0 {
		select {
		case <-time.After(rand.N(d.spread)):
		case <-d.ctx.Done():
			return
		}
	}
	ctx, cancel := context.WithTimeout(d.ctx, composeWithin)
	m, err := compose(ctx)
	cancel()
	if errors.Is(err, ErrNothing) {
		return
	}
	if err != nil {
		d.log.Error("SMS dropped: it could not be made", "error", err)
		return
	}
	accepted, err := d.deliver(m)
	d.record(m, accepted, err)
}

// deliver tries until the message is taken, refused for good, or worthless.
func (d *Dispatcher) deliver(m Message) (Accepted, error) {
	lane, ok := d.lanes[m.Route]
	if !ok {
		return Accepted{}, &Failure{Kind: Rejected, Code: "no_route"}
	}
	select {
	case lane.pending <- struct{}{}:
		defer func() { <-lane.pending }()
	default:
		return Accepted{}, &Failure{Kind: Throttled, Code: "route_full"}
	}
	ctx, cancel := context.WithTimeout(d.ctx, m.NotAfter.Sub(d.now()))
	defer cancel()
	for attempt := 0; ; attempt++ {
		accepted, err := lane.send(ctx, m)
		failure, ok := errors.AsType[*Failure](err)
		if err == nil || !ok || failure.Kind == Rejected || failure.Kind == Ambiguous {
			return accepted, err
		}
		wait := waitBefore(attempt, failure.RetryAfter)
		if d.now().Add(wait).After(m.NotAfter) {
			return Accepted{}, err
		}
		d.log.Warn("SMS failed for now; it will be tried again", "message", m.ID, "route", m.Route, "code", failure.Code, "wait", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return Accepted{}, err
		}
	}
}

func (l *lane) send(ctx context.Context, m Message) (Accepted, error) {
	select {
	case l.sending <- struct{}{}:
		defer func() { <-l.sending }()
	case <-ctx.Done():
		return Accepted{}, &Failure{Kind: Temporary, Code: "too_late", Cause: ctx.Err()}
	}
	if err := ctx.Err(); err != nil {
		return Accepted{}, &Failure{Kind: Temporary, Code: "too_late", Cause: err}
	}
	return l.sender.Send(ctx, m)
}

// waitBefore is how long to wait before the repetition that follows the attempt (0, 1, …): longer each time, or as long as
// the gateway asks for, and never the same for all messages that failed together.
func waitBefore(attempt int, asked time.Duration) time.Duration {
	wait := min(firstWait<<min(attempt, 10), longestWait)
	return max(wait, asked) + rand.N(wait/2)
}

// record keeps what became of the message, even while the server stops.
func (d *Dispatcher) record(m Message, accepted Accepted, err error) {
	now := d.now().UTC()
	row := dialtone.SMSMessage{
		ID: m.ID, OperatorID: m.OperatorID, Route: m.Route, ProviderID: accepted.ProviderID, Template: m.Template,
		Language: m.Language, State: dialtone.SMSAccepted, Segments: Segments(m.Text.Reveal()), Created: now, Updated: now,
	}
	if err != nil {
		row.State, row.Code = outcome(err)
		d.log.Error("SMS not sent", "message", m.ID, "operator", m.OperatorID, "route", m.Route, "state", row.State, "error", err)
	}
	if left := row.State == dialtone.SMSAccepted || row.State == dialtone.SMSUnknown; left && m.Left != nil {
		m.Left(row.Segments) // also when the gateway broke off: most of those were sent
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), recordWithin)
	defer cancel()
	if err := d.store.PutMessage(ctx, row); err != nil {
		d.log.Error("SMS not recorded", "message", m.ID, "operator", m.OperatorID, "state", row.State, "error", err)
	}
}

// outcome is the state for the record, and its reason.
func outcome(err error) (dialtone.SMSState, string) {
	failure, ok := errors.AsType[*Failure](err)
	switch {
	case !ok || failure.Kind == Ambiguous:
		return dialtone.SMSUnknown, "ambiguous"
	case failure.Code == "no_route":
		return dialtone.SMSDropped, failure.Code
	case failure.Kind == Rejected:
		return dialtone.SMSRejected, failure.Code
	default:
		return dialtone.SMSDropped, failure.Code
	}
}

// Package server puts the parts together: configuration, database, keys, the listeners and what each one serves, background
// work, start and stop.
//
// It owns no rule of the product. A newcomer reads config.go (what can be set), mount.go (what is served where, and from which
// parts) and this file (the order of starting and stopping).
//
//	New: database → keys → catalogue → handlers        no socket yet
//	Run: sockets → background work → … ctx ends … → not ready → drain → close
package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

// stopWithin is how long requests under way may take after the stop signal, and after them the messages in the queue.
const stopWithin = 15 * time.Second

// Server is one node. Make it with New, run it once with Run.
type Server struct {
	config     Config
	log        *slog.Logger
	db         *store.DB
	keyring    *keys.Keyring
	catalog    *catalog.Catalog
	dispatcher *message.Dispatcher
	traffic    *traffic.Recorder
	accounts   *account.Service // nil: there is no portal
	staff      *account.Service // nil: there is no console
	metrics    *metrics
	lines      *lineCounts // of the log
	listeners  []listener
	stopping   atomic.Bool       // since the stop signal
	ahead      atomic.Int64      // see compareClocks, in nanoseconds
	warned     map[string]string // of watchOperators, which nothing runs twice at a time

	connections  *connections
	certificates *certificateFiles // nil: none are read from files
}

// New opens the database, brings its schema up to date, loads the keys and builds the handlers. It opens no socket. Close
// or Run must follow.
func New(ctx context.Context, c Config, log *slog.Logger) (*Server, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	db, keyring, err := c.Storage.Open(ctx, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	sparing := newQuiet(log.Handler(), clock)
	log = slog.New(sparing)
	s := &Server{
		config: c, log: log, lines: sparing.counts, db: db, keyring: keyring, catalog: c.Storage.Catalog(db), traffic: traffic.New(db, log),
		metrics: newMetrics(),
	}
	most, mostFrom := c.Connections.bounds(mostDescriptors())
	s.connections = newConnections(most, mostFrom, c.TrustedProxies, log, s.metrics)
	db.CountBudgets(s.metrics.budgets)
	s.metrics.watch(s.connections)
	s.watchClock()
	if err := s.compareClocks(ctx, clock()); err != nil {
		log.Warn("the clock is not trusted: nothing is deleted as expired, and no key is made, until that is mended", "error", err)
	}
	if err := errors.Join(s.mount(ctx), s.watchOperators(ctx, clock())); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Catalog is what the node serves from; a change through it is seen at once.
func (s *Server) Catalog() *catalog.Catalog { return s.catalog }

// Applier brings the node to what documents say; a change through it is seen at once.
func (s *Server) Applier() apply.Applier {
	a := apply.New(s.catalog, s.db)
	a.Routes = s.config.routes()
	return a
}

// Listen adds a listener in plain http. It must be called before Run.
func (s *Server) Listen(name, address string, handler http.Handler) {
	s.listeners = append(s.listeners, listener{name: name, address: address, refuse: refusePlainly, handler: handler})
}

// Run opens the sockets, calls ready, and serves until ctx ends or a listener breaks; then it says that it is not ready, goes on
// serving for the shutdown delay, lets requests under way finish and closes everything. It returns nil after an orderly stop.
func (s *Server) Run(ctx context.Context, ready func()) error {
	sockets, err := s.open()
	if err != nil {
		return errors.Join(err, s.Close())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work, rest := context.WithCancel(context.WithoutCancel(ctx)) // until the last request is answered
	defer rest()

	var serving, working sync.WaitGroup
	for _, r := range sockets {
		serving.Go(func() {
			if err := r.serve(); err != nil {
				cancel(err)
			}
		})
		s.log.Info("listening", "listener", r.name, "address", r.socket.Addr().String())
	}
	for _, t := range s.tasks() {
		working.Go(func() { s.repeat(work, t) })
	}
	ready()

	<-ctx.Done()
	fault := context.Cause(ctx)
	if errors.Is(fault, context.Canceled) {
		fault = nil
		s.leave()
	}
	stopErr := stop(sockets)
	rest()
	serving.Wait()
	working.Wait()
	return errors.Join(fault, stopErr, s.Close())
}

// leave says that this node is going, and serves on until balancers have noticed: /readyz is 503, and each answer ends its
// connection.
func (s *Server) leave() {
	s.stopping.Store(true)
	s.log.Info("stopping: not ready any more, and answering what comes", "for", s.config.ShutdownDelay)
	time.Sleep(s.config.ShutdownDelay)
	s.log.Info("stopping: taking no more connections")
}

// open opens all sockets or none.
func (s *Server) open() ([]*running, error) {
	var sockets []*running
	for _, l := range s.listeners {
		r, err := s.openListener(l)
		if err != nil {
			for _, earlier := range sockets {
				err = errors.Join(err, earlier.socket.Close())
			}
			return nil, err
		}
		sockets = append(sockets, r)
	}
	return sockets, nil
}

// stop drains the listeners side by side.
func stop(sockets []*running) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	faults := make([]error, len(sockets))
	var draining sync.WaitGroup
	for i, r := range sockets {
		draining.Go(func() { faults[i] = r.stop(ctx) })
	}
	draining.Wait()
	return errors.Join(faults...)
}

// ReadCertificates reads the TLS certificate's files now, instead of when somebody comes; one that cannot be read leaves the old one in
// use. ACME has certificates of its own.
func (s *Server) ReadCertificates() {
	if s.certificates == nil {
		s.log.Info("there are no files of TLS certificates to read")
		return
	}
	if err := s.certificates.reload(); err != nil {
		s.log.Error("keeping the old TLS certificate", "error", err)
		return
	}
	s.log.Info("the TLS certificate was read")
}

// Close sends the messages that wait, writes what is still in memory, and closes the database. Run does so by itself.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return errors.Join(s.dispatcher.Close(ctx), s.noteUses(ctx, clock()), s.traffic.Flush(ctx), s.db.Close())
}

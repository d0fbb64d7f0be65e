package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

// connections bounds how many connections all listeners hold together, in all and from one address: each costs memory and a
// file descriptor, and a process without descriptors answers nobody. At a bound the connection goes that has been idle for
// longest, be it a browser's that may come back or one that never asked for anything; only if every one has a request under
// way, the new one is refused. Safe for concurrent use.
type connections struct {
	most, mostFrom int            // in all, from one address
	trusted        []netip.Prefix // of proxies: many people come from there
	log            *slog.Logger
	metrics        *metrics

	mu   sync.Mutex
	open int
	idle list.List // of *connection, the one that is idle for longest first
	from map[netip.Addr]*origin
}

// origin is one address: of IPv6 a /64, which is one household's.
type origin struct {
	open int
	idle list.List
}

// connection is a connection with its place in the two lists.
type connection struct {
	net.Conn
	all     *connections
	address netip.Addr // not valid: a proxy's
	origin  *origin    // nil: a proxy's

	// Guarded by all.mu.
	active   int           // requests under way
	idle     *list.Element // in all.idle; nil while a request is under way
	idleFrom *list.Element // in origin.idle
	gone     bool
}

func newConnections(most, mostFrom int, trusted []netip.Prefix, log *slog.Logger, m *metrics) *connections {
	return &connections{most: most, mostFrom: mostFrom, trusted: trusted, log: log, metrics: m, from: make(map[netip.Addr]*origin)}
}

// The names of the bounds in logs and metrics.
const (
	boundAll         = "all"
	boundAddress     = "address"
	boundDescriptors = "file descriptors"
)

// admit takes a new connection in. When it returns nil, the connection was closed.
func (a *connections) admit(conn net.Conn) *connection {
	c := &connection{Conn: conn, all: a, address: a.addressOf(conn)}
	victim, bound, ok := a.enter(c)
	if victim != nil {
		a.closeIdle(victim, bound)
	}
	if !ok {
		a.refuse(bound)
		_ = conn.Close()
		return nil
	}
	return c
}

// enter counts the connection in. At a bound it gives the idle one that must go for it; false: there is none.
func (a *connections) enter(c *connection) (victim *connection, bound string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var from *origin
	if c.address.IsValid() {
		if from = a.from[c.address]; from == nil {
			from = new(origin)
		}
	}
	switch {
	case from != nil && from.open >= a.mostFrom:
		victim, bound = oldest(&from.idle), boundAddress
	case a.open >= a.most:
		victim, bound = oldest(&a.idle), boundAll
	default:
		bound = ""
	}
	if bound != "" && victim == nil {
		return nil, bound, false
	}
	if victim != nil {
		a.leave(victim)
	}
	a.open++
	if c.origin = from; from != nil {
		from.open++
		a.from[c.address] = from
	}
	a.rest(c)
	return victim, bound, true
}

func oldest(idle *list.List) *connection {
	if first := idle.Front(); first != nil {
		return first.Value.(*connection)
	}
	return nil
}

// leave counts a connection out, once. The caller holds mu.
func (a *connections) leave(c *connection) {
	if c.gone {
		return
	}
	c.gone = true
	a.stir(c)
	a.open--
	if c.origin == nil {
		return
	}
	if c.origin.open--; c.origin.open == 0 {
		delete(a.from, c.address)
	}
}

// rest puts a connection at the end of the idle ones; stir takes it out. The caller holds mu.
func (a *connections) rest(c *connection) {
	c.idle = a.idle.PushBack(c)
	if c.origin != nil {
		c.idleFrom = c.origin.idle.PushBack(c)
	}
}

func (a *connections) stir(c *connection) {
	if c.idle == nil {
		return
	}
	a.idle.Remove(c.idle)
	if c.origin != nil {
		c.origin.idle.Remove(c.idleFrom)
	}
	c.idle, c.idleFrom = nil, nil
}

// relieve closes the connection that is idle for longest, if there is one: no descriptor is left to accept another with.
func (a *connections) relieve() {
	a.mu.Lock()
	victim := oldest(&a.idle)
	if victim != nil {
		a.leave(victim)
	}
	a.mu.Unlock()
	if victim != nil {
		a.closeIdle(victim, boundDescriptors)
	}
}

func (a *connections) closeIdle(c *connection, bound string) {
	a.metrics.bounded.WithLabelValues(bound, "idle closed").Inc()
	a.log.Warn("too many connections: the oldest idle one was closed", "bound", bound)
	_ = c.Conn.Close() // not through TLS, which would wait for the client
}

func (a *connections) refuse(bound string) {
	a.metrics.bounded.WithLabelValues(bound, "refused").Inc()
	a.log.Warn("too many connections: one was refused, all others have requests under way", "bound", bound)
}

// count is how many connections are open.
func (a *connections) count() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return float64(a.open)
}

// addressOf is from where a connection comes; not valid if it is a proxy's.
func (a *connections) addressOf(conn net.Conn) netip.Addr {
	const household = 64 // bits
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap()
	if slices.ContainsFunc(a.trusted, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return netip.Addr{}
	}
	if address.Is6() {
		return netip.PrefixFrom(address, household).Masked().Addr()
	}
	return address
}

// Close closes the connection and gives its place free.
func (c *connection) Close() error {
	c.all.mu.Lock()
	c.all.leave(c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets net/http end an answer before it throws away what the client still sends.
func (c *connection) CloseWrite() error { return closeWrite(c.Conn) }

// begin and end stand around every request: a connection that has one is not idle.
func (c *connection) begin() {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	c.active++
	c.all.stir(c)
}

func (c *connection) end() {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	if c.active--; c.active == 0 && !c.gone {
		c.all.rest(c)
	}
}

// bounded is a socket whose connections are counted. What it accepts is a *framed, or behind TLS what the handshake makes of it.
type bounded struct {
	net.Listener
	all *connections
}

// acceptPause is how long a socket waits after a failure to accept.
const acceptPause = 10 * time.Millisecond

// Accept returns the next connection that is within the bounds. Out of file descriptors, it closes idle connections until there
// is one; net/http would wait for better times without a word.
func (b bounded) Accept() (net.Conn, error) {
	c, err := b.accept()
	if err != nil {
		return nil, err
	}
	return &framed{Conn: c, on: c}, nil
}

func (b bounded) accept() (*connection, error) {
	for {
		conn, err := b.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			b.all.metrics.bounded.WithLabelValues(boundDescriptors, "not accepted").Inc()
			b.all.log.Warn("a connection could not be accepted", "error", err)
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				b.all.relieve()
			}
			time.Sleep(acceptPause)
			continue
		}
		if c := b.all.admit(conn); c != nil {
			return c, nil
		}
	}
}

// handshakes is a socket that speaks TLS. The handshakes run side by side, before net/http sees the connection: one for HTTP/2
// it must get as a *tls.Conn, one for HTTP/1 with its framing looked at.
type handshakes struct {
	bounded
	config *tls.Config
	ready  chan net.Conn
	fault  chan error
	closed chan struct{}
	once   sync.Once
}

func newHandshakes(b bounded, config *tls.Config) *handshakes {
	h := &handshakes{bounded: b, config: config, ready: make(chan net.Conn), fault: make(chan error, 1), closed: make(chan struct{})}
	go h.run()
	return h
}

func (h *handshakes) run() {
	for {
		c, err := h.accept()
		if err != nil {
			h.fault <- err
			return
		}
		go h.shake(c)
	}
}

func (h *handshakes) shake(c *connection) {
	ctx, cancel := context.WithTimeout(context.Background(), headerTimeout)
	defer cancel()
	conn := tls.Server(c, h.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		h.all.log.Debug("TLS handshake failed", "error", err) // mostly port scanners
		_ = c.Close()
		return
	}
	var made net.Conn = conn
	if state := conn.ConnectionState(); state.NegotiatedProtocol != "h2" {
		made = &framed{Conn: conn, on: c, tls: &state}
	}
	select {
	case h.ready <- made:
	case <-h.closed:
		_ = c.Close()
	}
}

// Accept returns the next connection whose handshake is done.
func (h *handshakes) Accept() (net.Conn, error) {
	select {
	case conn := <-h.ready:
		return conn, nil
	case err := <-h.fault:
		return nil, err
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the socket; connections whose handshake is under way are closed after it.
func (h *handshakes) Close() error {
	h.once.Do(func() { close(h.closed) })
	return h.bounded.Close()
}

// arrivalKey is where the context of a connection carries what its requests must know of it.
type arrivalKey struct{}

// arrival is the connection that a request came on.
type arrival struct {
	on        *connection
	tls       *tls.ConnectionState // of HTTP/1 only; net/http knows of HTTP/2
	ambiguous func(*http.Request) bool
}

// arrive is a ConnContext of http.Server.
func arrive(ctx context.Context, conn net.Conn) context.Context {
	switch conn := conn.(type) {
	case *framed:
		return context.WithValue(ctx, arrivalKey{}, arrival{conn.on, conn.tls, conn.frame.ambiguous})
	case *tls.Conn:
		if on, ok := conn.NetConn().(*connection); ok {
			return context.WithValue(ctx, arrivalKey{}, arrival{on, nil, func(*http.Request) bool { return false }})
		}
	}
	return ctx
}

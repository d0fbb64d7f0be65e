package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The limits of every listener. A handler may be stricter; the protocol refuses bodies over 64 KiB by itself, with a
// proper answer, so that the limit here is above that.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	requestTimeout = 15 * time.Second // the context of a request ends; what waits for the database gives up
	writeTimeout   = 30 * time.Second
	stallTimeout   = 10 * time.Second // of HTTP/2: nothing could be written to the client meanwhile
	idleTimeout    = 2 * time.Minute
	maxHeader      = 64 << 10
	maxBody        = 256 << 10
	maxStreams     = 100      // requests side by side on a connection, which RFC 9113 §5.1.2 calls the least
	maxFrame       = 16 << 10 // bytes, the least of RFC 9113 §4.2: what a client can make us hold for each connection
)

// listener is one socket with one face behind it.
type listener struct {
	name    string // identity, portal, console, metrics, inbox
	address string
	tls     *tls.Config               // nil: plain http
	https   bool                      // browsers reach it by https, whether the TLS is ours or a proxy's
	limit   func(*http.Request) int64 // longest body in bytes; nil: maxBody
	refuse  refusal
	// readsItself says which requests have handlers that name each parameter that is not text; nil: none has.
	readsItself func(*http.Request) bool
	handler     http.Handler
}

// running is a listener whose socket is open.
type running struct {
	listener
	socket net.Listener
	http   *http.Server
}

// openListener opens the socket, so that a taken port is an error before anything is served.
func (s *Server) openListener(l listener) (*running, error) {
	socket, err := net.Listen("tcp", l.address)
	if err != nil {
		return nil, fmt.Errorf("%s listener: %w", l.name, err)
	}
	log := s.log.With("listener", l.name)
	counted := bounded{socket, s.connections}
	socket = counted
	if l.tls != nil {
		socket = newHandshakes(counted, l.tls)
	}
	return &running{listener: l, socket: socket, http: &http.Server{
		Handler:           guard{listener: l, log: log, metrics: s.metrics, stopping: &s.stopping},
		TLSConfig:         l.tls,
		ConnContext:       arrive,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReadFrameSize: maxFrame, WriteByteTimeout: stallTimeout},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // mostly what port scanners say
	}}, nil
}

// serve returns when the server is shut down, or with what broke it.
func (r *running) serve() error {
	if err := r.http.Serve(r.socket); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s listener: %w", r.name, err)
	}
	return nil
}

// stop lets the requests under way finish, as long as ctx allows.
func (r *running) stop(ctx context.Context) error {
	if err := r.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stop %s listener: %w", r.name, err), r.http.Close())
	}
	return nil
}

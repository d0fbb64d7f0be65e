package server

import (
	"context"
	"net/http"
	"time"
)

// pingTimeout is shorter than what load balancers wait.
const pingTimeout = time.Second

// healthz says that the process runs. It does not look at the database: restarting us would not bring that back.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "ok\n")
}

// readyz says whether a load balancer should send people here.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()
	switch {
	case s.stopping.Load():
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "stopping\n")
	case s.db.Ping(ctx) != nil:
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
	case s.db.Writable() != nil:
		// It is full, read-only, or locked by somebody else: nobody could sign in here.
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "the database takes no writes\n")
	default:
		plain(w, http.StatusOK, "ready\n"+s.clockWarning())
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // whoever asked is gone if this fails
}

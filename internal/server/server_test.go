package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

func onThisMachine(t *testing.T) Config {
	t.Helper()
	return Config{
		Issuer: "http://localhost:8080", IdentityListen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0",
		Storage: Storage{Database: "sqlite:" + filepath.Join(t.TempDir(), "dialtone.db"), RootKey: secret.NewRoot().Text()},
	}
}

// start runs a server until the test ends, or until stop, which returns what Run did. It returns the addresses of the
// listeners by name.
func start(t *testing.T, c Config, more ...listener) (addresses map[string]string, stop func() error) {
	t.Helper()
	s, err := New(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.listeners = append(s.listeners, more...)
	addresses = make(map[string]string)
	for i, l := range s.listeners { // a free port each
		socket, err := net.Listen("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		s.listeners[i].address = socket.Addr().String()
		addresses[l.name] = "http://" + socket.Addr().String()
		if err := socket.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	stop = func() error {
		cancel()
		err, open := <-done
		if open {
			close(done)
		}
		return err
	}
	t.Cleanup(func() { _ = stop() })
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("the server did not start: %v", err)
	}
	return addresses, stop
}

func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content)
}

func TestAServerStartsServesAndStopsInGoodOrder(t *testing.T) {
	t.Parallel()
	addresses, stop := start(t, onThisMachine(t))
	for _, at := range []string{
		addresses["identity"] + "/healthz", addresses["identity"] + "/readyz", addresses["identity"] + "/.well-known/jwks.json",
		addresses["metrics"] + "/healthz", addresses["metrics"] + "/readyz", addresses["metrics"] + "/metrics",
	} {
		if status, body := get(t, at); status != http.StatusOK {
			t.Errorf("GET %s: %d %s", at, status, body)
		}
	}
	if status, _ := get(t, addresses["identity"]+"/metrics"); status == http.StatusOK {
		t.Error("the metrics are public")
	}
	if err := stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestARequestUnderWayFinishesBeforeTheServerStops(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-release
		_, _ = io.WriteString(w, "done")
	})
	addresses, stop := start(t, onThisMachine(t), listener{name: "slow", address: "127.0.0.1:0", handler: slow})
	body := make(chan string, 1)
	go func() {
		answer, err := http.Get(addresses["slow"])
		if err != nil {
			body <- err.Error()
			return
		}
		defer answer.Body.Close()
		content, _ := io.ReadAll(answer.Body)
		body <- string(content)
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case err := <-stopped:
		t.Fatalf("the server stopped over a request: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if got := <-body; got != "done" {
		t.Errorf("the request got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestATakenPortIsAnErrorBeforeAnythingIsServed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := onThisMachine(t)
	c.MetricsListen = taken.Addr().String()
	s, err := New(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(t.Context(), func() { t.Error("the server says that it is ready") })
	var failure *net.OpError
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), "metrics listener") {
		t.Errorf("got %v, want the name of the listener", err)
	}
}

func TestWithoutItsRootKeyTheDatabaseIsOfNoUse(t *testing.T) {
	t.Parallel()
	c := onThisMachine(t)
	s, err := New(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.RootKey = secret.NewRoot().Text()
	if _, err := New(t.Context(), c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "root key") {
		t.Errorf("got %v, want an error that speaks of the root key", err)
	}
}

func TestReadinessFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	s, err := New(t.Context(), onThisMachine(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	answer := ask(s.readyz)
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("without a database: status %d, Retry-After %q", answer.Code, answer.Header().Get("Retry-After"))
	}
	if answer := ask(s.healthz); answer.Code != http.StatusOK {
		t.Errorf("health %d: a restart would not bring the database back", answer.Code)
	}
}

func ask(handler http.HandlerFunc) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	return recorder
}

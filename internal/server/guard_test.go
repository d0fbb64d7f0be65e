package server

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
)

func guarded(handler http.HandlerFunc) (http.Handler, *metrics, *bytes.Buffer) {
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.HandleFunc("/thing/{id}", handler)
	m := newMetrics()
	return guard{
		listener: listener{name: "test", refuse: refusePlainly, handler: mux},
		log:      slog.New(slog.NewTextHandler(&log, nil)), metrics: m, stopping: new(atomic.Bool),
	}, m, &log
}

func TestAPanicBecomesAnErrorIDAndALogLine(t *testing.T) {
	t.Parallel()
	handler, _, log := guarded(func(http.ResponseWriter, *http.Request) { panic("the number is +46701740605") })
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/thing/1", nil))
	_, id, found := strings.Cut(strings.TrimSpace(recorder.Body.String()), "Error id: ")
	switch {
	case recorder.Code != http.StatusInternalServerError || !found:
		t.Errorf("answer %d %q", recorder.Code, recorder.Body)
	case strings.Contains(recorder.Body.String(), "+46"):
		t.Error("the answer tells what went wrong")
	case !strings.Contains(log.String(), id):
		t.Error("the error id is not in the log")
	}
}

func TestABodyIsBounded(t *testing.T) {
	t.Parallel()
	var fault error
	handler, _, _ := guarded(func(_ http.ResponseWriter, r *http.Request) { _, fault = io.ReadAll(r.Body) })
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/thing/1", strings.NewReader(strings.Repeat("x", maxBody+1))))
	var tooLarge *http.MaxBytesError
	if !errors.As(fault, &tooLarge) {
		t.Errorf("reading gave %v, want a MaxBytesError", fault)
	}
}

func TestARequestHasADeadline(t *testing.T) {
	t.Parallel()
	bounded := false
	handler, _, _ := guarded(func(_ http.ResponseWriter, r *http.Request) { _, bounded = r.Context().Deadline() })
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/thing/1", nil))
	if !bounded {
		t.Error("the request's context never ends")
	}
}

func TestRequestsAreCountedByRouteNotByPath(t *testing.T) {
	t.Parallel()
	handler, m, _ := guarded(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	for _, path := range []string{"/thing/1", "/thing/2"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	recorder := httptest.NewRecorder()
	m.handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	const want = `dialtone_http_request_duration_seconds_count{listener="test",route="/thing/{id}",status="4xx"} 2`
	if !strings.Contains(recorder.Body.String(), want) {
		t.Errorf("metrics lack %s:\n%s", want, recorder.Body)
	}
}

func TestBrowsersAreToldToStayWithHTTPSWhereItIsSpoken(t *testing.T) {
	t.Parallel()
	behindProxy := onThisMachine(t)
	behindProxy.Issuer, behindProxy.Inbox = "https://id.example.com", message.NewInbox()
	behindProxy.PortalURL, behindProxy.PortalListen = "https://developers.example.com", "127.0.0.1:0"
	behindProxy.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for issuer, test := range map[string]struct {
		config Config
		want   string
	}{"https": {behindProxy, "max-age=31536000"}, "http": {onThisMachine(t), ""}} {
		addresses, _ := start(t, test.config)
		for _, listener := range []string{"identity", "portal", "metrics"} {
			if addresses[listener] == "" {
				continue
			}
			want := test.want
			if listener == "metrics" {
				want = "" // always plain http
			}
			answer, err := http.Get(addresses[listener] + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil {
				t.Error(err)
			}
			if got := answer.Header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s issuer, %s listener: %q, want %q", issuer, listener, got, want)
			}
		}
	}
}

// record is a request to a handler and what its answer is written to.
func record(method, path string) (*httptest.ResponseRecorder, *http.Request) {
	return httptest.NewRecorder(), httptest.NewRequest(method, path, nil)
}

package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// speak sends bytes on a connection and returns the status of the first answer; 0: there was none.
func speak(t *testing.T, conn net.Conn, request string) (status int, closes bool) {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, true
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, true
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, answer.Close
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestARequestWithTwoLengthsIsRefusedAndItsConnectionClosed(t *testing.T) {
	t.Parallel()
	addresses, _ := start(t, onThisMachine(t))
	const plain = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
	const form = "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	const old = "POST /oauth2/token HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, c := range []struct {
		name, request string
		want          int
		closes        bool
	}{
		{"length and chunks", form + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + plain, 400, true},
		{"chunks and length", form + "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n" + plain, 400, true},
		{"chunks alone", form + "Transfer-Encoding: chunked\r\n\r\n4\r\na=bc\r\n0\r\n\r\n" + plain, 401, true},
		{"length and chunks of HTTP/1.0", old + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + plain, 400, true},
		{"chunks of HTTP/1.0", old + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + plain, 400, true},
		{"length of HTTP/1.0", old + "Content-Length: 4\r\n\r\na=bc" + plain, 401, false},
		{"length alone", form + "Content-Length: 4\r\n\r\na=bc" + plain, 401, false},
		{"neither", plain + plain, 200, false},
	} {
		status, closes := speak(t, dial(t, addresses["identity"]), c.request)
		if status != c.want || closes != c.closes {
			t.Errorf("%s: status %d, closed %t; want %d, %t", c.name, status, closes, c.want, c.closes)
		}
	}
}

func TestTwoLengthsAreFoundAfterOtherRequestsAndOverTLS(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	c := onThisMachine(t)
	c.Issuer, c.TLSCertificate, c.TLSKey = "https://localhost", files.certificate, files.key
	addresses, _ := start(t, c)
	conn := tls.Client(dial(t, addresses["identity"]), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is the test's own
	reader := bufio.NewReader(conn)
	const first = "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nTransfer-Encoding: chunked\r\n\r\nabcdefghij"
	const second = "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	if _, err := io.WriteString(conn, first+second); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{false, true} {
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusBadRequest || answer.Close != want || strings.Contains(string(content), "two lengths") != want {
			t.Errorf("status %d, closes %t: %s; want closed %t", answer.StatusCode, answer.Close, content, want)
		}
	}
}

func TestAtTheBoundTheOldestIdleConnectionGoes(t *testing.T) {
	t.Parallel()
	c := onThisMachine(t)
	c.MaxConnections, c.MaxConnectionsFrom = 64, 64
	addresses, _ := start(t, c)
	const request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
	var held []net.Conn
	for range 64 {
		conn := dial(t, addresses["identity"])
		if status, _ := speak(t, conn, request); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		held = append(held, conn)
	}
	for range 200 { // all of these are answered, though nobody closes anything
		if status, _ := speak(t, dial(t, addresses["identity"]), request); status != http.StatusOK {
			t.Fatalf("a new connection got %d", status)
		}
	}
	if status, _ := speak(t, held[0], request); status != 0 {
		t.Error("the oldest idle connection is still open")
	}
	_, metrics := get(t, addresses["metrics"]+"/metrics")
	for _, want := range []string{`dialtone_connections_bounded_total{bound="address",done="idle closed"}`, "dialtone_connections_limit 64", "dialtone_connections_open 64"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

// pipeEnd is a connection that says from where it comes.
type pipeEnd struct {
	net.Conn
	from string
}

func (p pipeEnd) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(p.from))
}

func TestAConnectionWithARequestUnderWayIsNotClosedForANewOne(t *testing.T) {
	t.Parallel()
	all := newConnections(3, 2, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.DiscardHandler), newMetrics())
	come := func(from string) *connection {
		conn, _ := net.Pipe()
		return all.admit(pipeEnd{conn, from})
	}
	busy := come("[2001:db8::1]:1")
	busy.begin()
	idle := come("[2001:db8::2]:1") // the same /64
	if third := come("[2001:db8::3]:1"); third == nil || !idle.gone || busy.gone {
		t.Fatalf("at the bound of an address: admitted %t, idle gone %t, busy gone %t", third != nil, idle.gone, busy.gone)
	}
	proxied := come("10.0.0.1:1")
	if proxied == nil || all.open != 3 {
		t.Fatalf("%d open, want 3", all.open)
	}
	proxied.begin()
	other := come("192.0.2.1:1") // in place of the idle one of the /64
	other.begin()
	if refused := come("192.0.2.2:1"); refused != nil || all.open != 3 {
		t.Errorf("all are busy: admitted %t, %d open", refused != nil, all.open)
	}
	for _, c := range []*connection{busy, proxied, other} {
		c.end()
		_ = c.Close()
		_ = c.Close() // counted once
	}
	if all.open != 0 || len(all.from) != 0 || all.idle.Len() != 0 {
		t.Errorf("%d open, %d addresses, %d idle after all are closed", all.open, len(all.from), all.idle.Len())
	}
}

// failing is a socket that has no descriptor left for some time.
type failing struct {
	net.Listener
	faults []error
	then   net.Conn
}

func (f *failing) Accept() (net.Conn, error) {
	if len(f.faults) > 0 {
		fault := f.faults[0]
		f.faults = f.faults[1:]
		return nil, fault
	}
	return f.then, nil
}

func TestOutOfDescriptorsIsInTheLogAndFreesOne(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := newMetrics()
	all := newConnections(10, 10, nil, slog.New(slog.NewTextHandler(&log, nil)), m)
	conn, _ := net.Pipe()
	idle := all.admit(pipeEnd{conn, "192.0.2.1:1"})
	next, _ := net.Pipe()
	socket := bounded{&failing{faults: []error{syscall.EMFILE}, then: pipeEnd{next, "192.0.2.2:1"}}, all}
	if _, err := socket.Accept(); err != nil {
		t.Fatal(err)
	}
	if !idle.gone || !strings.Contains(log.String(), "could not be accepted") {
		t.Errorf("the idle connection is gone: %t; the log: %s", idle.gone, &log)
	}
}

func TestTheBoundsFollowFromTheDescriptors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set            Connections
		descriptors    uint64
		most, mostFrom int
	}{
		{Connections{}, 0, 16384, 4096},
		{Connections{}, 1 << 40, 16384, 4096},
		{Connections{}, 1024, 896, 224},
		{Connections{}, 100, 64, 16},
		{Connections{MaxConnections: 500, MaxConnectionsFrom: 400}, 1024, 500, 400},
		{Connections{MaxConnections: 5000, MaxConnectionsFrom: 4000}, 1024, 896, 896},
	} {
		if most, mostFrom := c.set.bounds(c.descriptors); most != c.most || mostFrom != c.mostFrom {
			t.Errorf("%+v with %d descriptors: %d and %d, want %d and %d", c.set, c.descriptors, most, mostFrom, c.most, c.mostFrom)
		}
	}
}

func TestTLSTakesNoSuiteWithoutAuthentication(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	c := onThisMachine(t)
	c.Issuer, c.TLSCertificate, c.TLSKey = "https://localhost", files.certificate, files.key
	addresses, _ := start(t, c)
	for suite, good := range map[uint16]bool{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: true,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: false, tls.TLS_RSA_WITH_AES_128_GCM_SHA256: false,
	} {
		conn := tls.Client(dial(t, addresses["identity"]), &tls.Config{
			InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}, //nolint:gosec // the test's own
		})
		if err := conn.Handshake(); (err == nil) != good {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
	}
}

func TestACallerThatHangsUpIsNoFaultOfOurs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handler := newQuiet(slog.NewTextHandler(&log, nil), clock)
	guarded, m, _ := guarded(func(w http.ResponseWriter, r *http.Request) {
		slog.New(handler).ErrorContext(r.Context(), "request failed")
		w.WriteHeader(http.StatusInternalServerError)
	})
	w, r := record("GET", "/thing/1")
	ctx, hangUp := context.WithCancel(r.Context())
	hangUp()
	guarded.ServeHTTP(w, r.WithContext(ctx))
	metrics, r := record("GET", "/metrics")
	m.handler().ServeHTTP(metrics, r)
	if !strings.Contains(metrics.Body.String(), `status="gone"} 1`) || strings.Contains(metrics.Body.String(), `status="5xx"`) {
		t.Errorf("metrics: %s", metrics.Body)
	}
	if !strings.Contains(log.String(), "level=INFO") {
		t.Errorf("log: %s", &log)
	}
}

func TestWhatRepeatsIsCountedInsteadOfLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	quiet := newQuiet(slog.NewTextHandler(&log, nil), func() time.Time { return now })
	logger := slog.New(quiet)
	for i := range 10_000 {
		logger.With("listener", "identity").Info("request refused", "path", "/"+strings.Repeat("x", 50_000), "error", errors.New("bad"), "n", i)
	}
	logger.Error("request failed")
	if got := strings.Count(log.String(), "request refused"); got != linesAMinute || log.Len() > linesAMinute*2*longestValue {
		t.Errorf("%d lines and %d bytes of one kind, want %d", got, log.Len(), linesAMinute)
	}
	if !strings.Contains(log.String(), "request failed") {
		t.Error("another kind was left out, too")
	}
	log.Reset()
	now = now.Add(time.Minute)
	quiet.counts.flush(t.Context())
	if want := fmt.Sprintf(`of="request refused" lines=%d`, 10_000-linesAMinute); !strings.Contains(log.String(), want) {
		t.Errorf("the log says %q, want %s", &log, want)
	}
	logger.Info("request refused")
	if !strings.Contains(log.String(), `msg="request refused"`) {
		t.Error("a new minute brings no new lines")
	}
}

func TestOnTheStopSignalANodeAnswersOnAsNotReady(t *testing.T) {
	t.Parallel()
	c := onThisMachine(t)
	c.ShutdownDelay = time.Second
	addresses, stop := start(t, c)
	idle := dial(t, addresses["identity"])
	const request = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
	if status, closes := speak(t, idle, request); status != http.StatusOK || closes {
		t.Fatalf("status %d, closed %t", status, closes)
	}
	stopped := make(chan error, 1)
	began := time.Now()
	go func() { stopped <- stop() }()
	for ready := http.StatusOK; ready == http.StatusOK; {
		ready, _ = get(t, addresses["metrics"]+"/readyz")
	}
	if took := time.Since(began); took > c.ShutdownDelay/2 {
		t.Errorf("/readyz says so only after %s", took)
	}
	if status, closes := speak(t, idle, request); status != http.StatusOK || !closes {
		t.Errorf("a kept connection: status %d, closed %t; want an answer that closes", status, closes)
	}
	if status, _ := get(t, addresses["identity"]+"/.well-known/jwks.json"); status != http.StatusOK {
		t.Errorf("a new connection: status %d", status)
	}
	if err := <-stopped; err != nil || time.Since(began) < c.ShutdownDelay {
		t.Errorf("stopped after %s: %v", time.Since(began), err)
	}
}

package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// site is an https server on this machine whose certificate is good for example.com and 127.0.0.1.
type site struct {
	*httptest.Server
	hits atomic.Int32
}

func newSite(t *testing.T, handler http.HandlerFunc) *site {
	t.Helper()
	s := new(site)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func get(t *testing.T, client *http.Client, address string) (string, error) {
	t.Helper()
	response, err := client.Get(address)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "9.255.255.255": true, "11.0.0.0": true, "100.63.255.255": true, "100.128.0.0": true,
		"172.15.255.255": true, "172.32.0.0": true, "192.167.255.255": true, "198.17.255.255": true, "223.255.255.255": true,
		"2606:4700:4700::1111": true, "2a00:1450:4001::200e": true, "2001:4860:4860::8888": true, "64:ff9b::8.8.8.8": true, "::ffff:8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false, "100.64.0.1": false, "100.127.255.255": false,
		"127.0.0.1": false, "127.255.255.254": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.0.0.8": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.51.100.1": false,
		"203.0.113.9": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "fe80::1": false, "fe80::1%eth0": false,
		"fc00::1": false, "fd12:3456::1": false, "fec0::1": false, "ff02::1": false, "100::1": false, "64:ff9b::127.0.0.1": false,
		"64:ff9b::10.0.0.1": false, "64:ff9b:1::8.8.8.8": false, "2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false,
		"3fff::1": false, "5f00::1": false, "2606:4700::1%eth0": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("public(%s) = %v, want %v", address, got, want)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestThisMachineAndItsNetworkAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, hello)
	client := New(Config{Roots: s.roots()})
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1", "169.254.169.254", "10.0.0.1", "[fe80::1%25eth0]"} {
		_, err := get(t, client, "https://"+host+":"+port)
		if err == nil {
			t.Errorf("%s: fetched", host)
		} else if !errors.Is(err, ErrRefused) && !isNoSuchHost(err) {
			t.Errorf("%s: %v, want it refused", host, err)
		}
	}
	if got := s.hits.Load(); got != 0 {
		t.Errorf("%d requests came", got)
	}
	if !errors.Is(ErrRefused, dialtone.ErrForbidden) {
		t.Error("ErrRefused is not forbidden")
	}
}

// isNoSuchHost is what becomes of "127.1" where the system's resolver does not take it for an address.
func isNoSuchHost(err error) bool {
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// resolver answers every question about IPv4 with the next of the addresses, and the last one for ever.
func resolver(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var question dnsmessage.Message
			if err := question.Unpack(buffer[:n]); err != nil || len(question.Questions) != 1 {
				continue
			}
			answer := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true}, Questions: question.Questions}
			if asked := question.Questions[0]; asked.Type == dnsmessage.TypeA {
				answer.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: asked.Name, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addresses[0]).As4()},
				}}
				if len(addresses) > 1 {
					addresses = addresses[1:]
				}
			}
			packed, err := answer.Pack()
			if err == nil {
				_, err = server.WriteTo(packed, from)
			}
			if err != nil {
				t.Errorf("resolver: %v", err)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func TestANameThatMeansThisMachineIsRefusedHoweverItAnsweredBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t, hello)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	names := resolver(t, "8.8.8.8", "127.0.0.1")
	if list, err := names.LookupHost(context.Background(), "rebind.example.com."); err != nil || list[0] != "8.8.8.8" {
		t.Fatalf("the first answer is %v, %v", list, err)
	}
	if _, err := get(t, New(Config{Roots: s.roots(), resolver: names}), "https://example.com.:"+port); !errors.Is(err, ErrRefused) {
		t.Errorf("%v, want it refused", err)
	}
	if s.hits.Load() != 0 {
		t.Error("a request came")
	}
	// The same name, and the same server, where this machine is allowed: it is the guard that stops it and nothing else.
	if body, err := get(t, New(Config{Roots: s.roots(), resolver: names, AllowLoopback: true}), "https://example.com.:"+port); err != nil || body != "hello" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestLoopbackIsAllowedWhereConfigured(t *testing.T) {
	t.Parallel()
	s := newSite(t, hello)
	client := New(Config{Roots: s.roots(), AllowLoopback: true})
	if body, err := get(t, client, s.URL); err != nil || body != "hello" {
		t.Errorf("https: %q, %v", body, err)
	}
	plain := httptest.NewServer(http.HandlerFunc(hello))
	t.Cleanup(plain.Close)
	if body, err := get(t, client, plain.URL); err != nil || body != "hello" {
		t.Errorf("http: %q, %v", body, err)
	}
	for _, address := range []string{"http://example.com/", "https://10.0.0.1/", "http://10.0.0.1/", "ftp://127.0.0.1/", "https://user:hunter2@127.0.0.1/"} {
		if _, err := get(t, client, address); !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want it refused", address, err)
		}
	}
	// "localhost" is what the resolver says it is; plain http goes nowhere but to this machine.
	names := resolver(t, "8.8.8.8")
	transport := New(Config{AllowLoopback: true, resolver: names}).Transport.(*guard).plain
	if _, err := transport.DialContext(context.Background(), "tcp", "elsewhere.example.:80"); !errors.Is(err, ErrRefused) {
		t.Errorf("plain http elsewhere: %v, want it refused", err)
	}
}

func TestOnlyHTTPSIsFetchedAndNobodyVouchesForAForgedCertificate(t *testing.T) {
	t.Parallel()
	if _, err := get(t, New(Config{}), "http://example.com/"); !errors.Is(err, ErrRefused) {
		t.Errorf("http: %v", err)
	}
	s := newSite(t, hello)
	if _, err := get(t, New(Config{AllowLoopback: true}), s.URL); err == nil || s.hits.Load() != 0 {
		t.Errorf("a certificate that nobody signed: %v", err)
	}
}

func TestRedirectsAreCountedAndChecked(t *testing.T) {
	t.Parallel()
	var s *site
	s = newSite(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &left); err == nil && left > 0 {
			http.Redirect(w, r, fmt.Sprintf("%s/%d", s.URL, left-1), http.StatusFound)
			return
		}
		switch r.URL.Path {
		case "/private":
			http.Redirect(w, r, "https://169.254.169.254/latest/meta-data", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://example.com/", http.StatusMovedPermanently)
		case "/token":
			http.Redirect(w, r, s.URL+"/elsewhere", http.StatusTemporaryRedirect)
		default:
			hello(w, r)
		}
	})
	client := New(Config{Roots: s.roots(), AllowLoopback: true})
	if body, err := get(t, client, s.URL+"/3"); err != nil || body != "hello" {
		t.Errorf("three redirects: %q, %v", body, err)
	}
	for _, path := range []string{"/4", "/private", "/plain"} {
		if _, err := get(t, client, s.URL+path); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want it refused", path, err)
		}
	}
	before := s.hits.Load()
	response, err := client.Post(s.URL+"/token", "application/x-www-form-urlencoded", strings.NewReader("client_secret=s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusTemporaryRedirect || s.hits.Load() != before+1 {
		t.Errorf("a POST was followed: %s after %d requests", response.Status, s.hits.Load()-before)
	}
}

func TestAnAnswerHasAnEnd(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 1000)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := io.WriteString(zip, text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/told":
			w.Header().Set("Content-Length", "1000")
		case "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
			return
		}
		for range 10 {
			_, _ = io.WriteString(w, text[:100])
			_ = http.NewResponseController(w).Flush()
		}
	})
	for max, want := range map[int64]error{999: ErrTooLarge, 1000: nil, 1001: nil} {
		client := New(Config{Roots: s.roots(), AllowLoopback: true, MaxBody: max})
		for _, path := range []string{"/told", "/untold", "/packed"} {
			body, err := get(t, client, s.URL+path)
			if !errors.Is(err, want) || err == nil && body != text || int64(len(body)) > max {
				t.Errorf("%s with at most %d bytes: %d bytes, %v", path, max, len(body), err)
			}
		}
	}
}

func TestAServerThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	client := New(Config{Roots: s.roots(), AllowLoopback: true, Timeout: 200 * time.Millisecond})
	for _, path := range []string{"/silent", "/slow"} {
		_, err := get(t, client, s.URL+path)
		if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
			t.Errorf("%s: %v, want a timeout", path, err)
		}
	}
}

func TestNoProxyIsTakenFromTheEnvironment(t *testing.T) {
	proxied := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxied.Close)
	t.Setenv("HTTPS_PROXY", proxied.URL)
	t.Setenv("HTTP_PROXY", proxied.URL)
	for _, transport := range []*http.Transport{New(Config{}).Transport.(*guard).secure, New(Config{}).Transport.(*guard).plain} {
		if transport.Proxy != nil {
			t.Error("the transport asks for a proxy")
		}
	}
	if _, err := get(t, New(Config{resolver: resolver(t, "127.0.0.1")}), "https://site.example./"); !errors.Is(err, ErrRefused) {
		t.Errorf("%v, want it refused", err)
	}
}

// Package outbound fetches what somebody else's address names: company sign-in providers, webhooks, keys and logos.
//
// It owns the one guarded HTTP client for all of it. It refuses to be led into our own network: a developer who may name an
// address could otherwise have the server read what only the server can reach (RFC 9700 §4.16 calls it SSRF).
//
//	https only ──▶ DNS ──▶ the address that is dialled: public? ──▶ at most 3 redirects, each checked again ──▶ body up to a limit
//
// The address is looked at when it is dialled, after the name was resolved: a name that answers with a public address first and
// with a private one a moment later (DNS rebinding) gains nothing.
package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// ErrRefused says that an address is none that the server may fetch. It wraps dialtone.ErrForbidden.
var ErrRefused = fmt.Errorf("address refused: %w", dialtone.ErrForbidden)

// ErrTooLarge says that an answer is longer than the limit.
var ErrTooLarge = errors.New("the answer is too large")

const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 1 << 20 // bytes

	maxRedirects    = 3
	maxHeader       = 64 << 10 // bytes
	dialWithin      = 5 * time.Second
	idleWithin      = 30 * time.Second
	idleConnections = 4 // to one host
)

// Config is what a client may do.
type Config struct {
	Timeout time.Duration // of a request with its redirects and the whole answer; 0: 10 s
	MaxBody int64         // longest answer in bytes, after decompression; 0: 1 MiB
	// AllowLoopback lets the client reach this machine, over plain http too: for the demo and for tests.
	AllowLoopback bool
	Roots         *x509.CertPool // whose certificates are believed; nil: the system's

	resolver *net.Resolver // nil: the system's
}

// New returns a client. It takes no proxy from the environment: behind one, the address that is dialled would be the proxy's.
func New(c Config) *http.Client {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	secure := public
	if c.AllowLoopback {
		secure = publicOrLoopback
	}
	return &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: checkRedirect,
		Transport: &guard{
			secure: c.transport(secure), plain: c.transport(loopback), maxBody: c.MaxBody, allowLoopback: c.AllowLoopback,
		},
	}
}

// transport returns one that dials only the addresses that may says yes to.
func (c Config) transport(may func(netip.Addr) bool) *http.Transport {
	dialer := &net.Dialer{Timeout: dialWithin, Resolver: c.resolver, Control: control(may)}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialWithin,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleWithin,
	}
}

// checkRedirect follows answers to GET and HEAD only: a POST may hold a secret that is meant for the first address alone.
// Where a redirect leads is checked by the guard, as for every request.
func checkRedirect(_ *http.Request, via []*http.Request) error {
	if method := via[0].Method; method != http.MethodGet && method != http.MethodHead {
		return http.ErrUseLastResponse
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d redirects", ErrRefused, maxRedirects)
	}
	return nil
}

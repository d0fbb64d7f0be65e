package outbound

import (
	"fmt"
	"io"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// guard checks every request and every answer on its way, redirects included.
type guard struct {
	secure, plain *http.Transport // for https, and for http to this machine
	maxBody       int64
	allowLoopback bool
}

// RoundTrip does one request. Error: ErrRefused; reading the body: ErrTooLarge.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	transport, err := g.transportFor(r)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as http.RoundTripper demands
		}
		return nil, err
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &limited{body: response.Body, left: g.maxBody}
	return response, nil
}

func (g *guard) transportFor(r *http.Request) (*http.Transport, error) {
	switch {
	case r.URL.User != nil:
		return nil, fmt.Errorf("%w: it has credentials before the host", ErrRefused)
	case r.URL.Scheme == "https":
		return g.secure, nil
	case r.URL.Scheme == "http" && g.allowLoopback && dialtone.LoopbackHost(r.URL.Hostname()):
		return g.plain, nil
	default:
		return nil, fmt.Errorf("%w: it is not https", ErrRefused)
	}
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (g *guard) CloseIdleConnections() {
	g.secure.CloseIdleConnections()
	g.plain.CloseIdleConnections()
}

// limited is a body that fails where it gets too long: one that just ended there would be taken for the whole.
type limited struct {
	body io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1] // one more than allowed, to see whether there is more
	}
	n, err := l.body.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n + int(l.left), ErrTooLarge
	}
	return n, err
}

func (l *limited) Close() error { return l.body.Close() }

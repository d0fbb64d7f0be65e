package server

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
)

// framed is a connection of HTTP/1 that looks at where its requests end. A request with both Content-Length and
// Transfer-Encoding is how one is hidden inside another (RFC 9112 §6.1, request smuggling): a proxy in front may go by the one
// and we by the other. net/http drops the length in silence, so that it can be seen only here.
type framed struct {
	net.Conn
	on    *connection
	tls   *tls.ConnectionState // nil: plain http
	frame framing
}

// Read shows what it reads to the framing first: when a handler is called, its request has been looked at.
func (f *framed) Read(into []byte) (int, error) {
	n, err := f.Conn.Read(into)
	f.frame.take(into[:n])
	return n, err
}

// CloseWrite lets net/http end an answer before it throws away what the client still sends.
func (f *framed) CloseWrite() error { return closeWrite(f.Conn) }

func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// framing follows the requests of a connection as far as one that has a Transfer-Encoding, after which the guard closes it. It
// need not be strict: what it misreads, net/http refuses.
type framing struct {
	line    []byte // the beginning of the line that is being read
	begun   bool   // the request line was read
	length  int64  // bytes of the body
	sized   bool   // there is a Content-Length
	coded   bool   // there is a Transfer-Encoding
	body    int64  // bytes of a body that are still to come
	stopped bool

	// Of the newest header that was read: read by the request's own goroutine.
	twice  atomic.Bool // there are both
	chunks atomic.Bool // there is a Transfer-Encoding
}

// ambiguous reports whether a proxy and we could take this request's end for different places. HTTP/1.0 has no Transfer-Encoding, so
// net/http overlooks it there, and RFC 9112 §6.1 calls such a request faulty whatever its length says. The header may be one that was
// sent behind this request and read with it; then this one has no TransferEncoding, or is HTTP/1.0, where nobody sends ahead.
func (f *framing) ambiguous(r *http.Request) bool {
	if !r.ProtoAtLeast(1, 1) {
		return f.chunks.Load()
	}
	return len(r.TransferEncoding) > 0 && f.twice.Load()
}

const keptOfLine = 128 // bytes: enough for the names and values that count here

func (f *framing) take(read []byte) {
	for len(read) > 0 && !f.stopped {
		if f.body > 0 {
			skipped := min(f.body, int64(len(read)))
			f.body -= skipped
			read = read[skipped:]
			continue
		}
		end := bytes.IndexByte(read, '\n')
		part := read
		if end >= 0 {
			part, read = read[:end], read[end+1:]
		} else {
			read = nil
		}
		f.line = append(f.line, part[:min(len(part), keptOfLine-len(f.line))]...)
		if end >= 0 {
			f.endLine(bytes.TrimRight(f.line, "\r"))
			f.line = f.line[:0]
		}
	}
}

func (f *framing) endLine(line []byte) {
	switch {
	case len(line) == 0 && f.begun:
		f.endHeader()
		return
	case len(line) == 0, !f.begun:
		f.begun = len(line) > 0
		return
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	switch {
	case bytes.EqualFold(name, []byte("Content-Length")):
		f.sized = true
		f.length, _ = strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		f.coded = true
	}
}

func (f *framing) endHeader() {
	f.twice.Store(f.coded && f.sized)
	f.chunks.Store(f.coded)
	f.body, f.stopped = f.length, f.coded
	f.begun, f.sized, f.coded, f.length = false, false, false, 0
}

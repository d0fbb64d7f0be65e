package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

// answering starts a listener that answers whatever comes with the given text, and returns a connection to it.
func answering(t *testing.T, text string) *connection {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		socket, err := listener.Accept()
		if err != nil {
			return
		}
		defer socket.Close()
		if _, err := socket.Read(make([]byte, 4096)); err == nil {
			_, _ = socket.Write([]byte(text)) // the test sees what is missing
		}
	}()
	c, err := dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close() })
	if err := c.allow(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnswersAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want response
	}{
		"with a length": {
			"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: today\r\n\r\nhello",
			response{status: 200, body: []byte("hello")},
		},
		"in chunks": {
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n, dear old world\r\n0\r\n\r\n",
			response{status: 200, body: []byte("hello, dear old world")},
		},
		"redirect with cookies": {
			"HTTP/1.1 303 See Other\r\nlocation: /signin?r=a\r\nSet-Cookie: a=1=2; Path=/; HttpOnly\r\nSet-Cookie: b=\r\nContent-Length: 0\r\n\r\n",
			response{status: 303, location: "/signin?r=a", cookies: []cookie{{"a", "1=2"}, {"b", ""}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := answering(t, c.text).exchange([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got.status != c.want.status || got.location != c.want.location || string(got.body) != string(c.want.body) || len(got.cookies) != len(c.want.cookies) {
				t.Fatalf("got %+v, want %+v", got, c.want)
			}
			for i := range got.cookies {
				if got.cookies[i] != c.want.cookies[i] {
					t.Errorf("cookie %d is %v, want %v", i, got.cookies[i], c.want.cookies[i])
				}
			}
		})
	}
}

func TestBrokenAnswersAreErrors(t *testing.T) {
	for _, text := range []string{
		"",
		"HTTP/1.1\r\n\r\n",
		"HTTP/1.1 abc\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	} {
		if got, err := answering(t, text).exchange([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestOtherMachinesAreNotLoaded(t *testing.T) {
	for _, address := range []string{"192.0.2.1:80", "example.com:80", "0.0.0.0:80"} {
		if _, err := dial(address); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("dial %s: got %v, want a refusal", address, err)
		}
	}
}

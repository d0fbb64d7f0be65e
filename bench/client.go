package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// connection is one keep-alive HTTP/1.1 connection to a server on this machine, for one goroutine. net/http's client costs
// more processor time than the servers that are measured here, and would be measured with them; this one allocates nothing
// for a plain answer. It speaks no TLS and follows no redirect.
type connection struct {
	address string // host:port
	socket  net.Conn
	in      *bufio.Reader
	body    []byte
}

// dial opens a connection. Only loopback addresses are taken: the benchmark loads nobody else's machine.
func dial(address string) (*connection, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address", address)
	}
	socket, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{address: address, socket: socket, in: bufio.NewReader(socket)}, nil
}

func (c *connection) close() error { return c.socket.Close() }

// allow bounds everything that happens on the connection from now on.
func (c *connection) allow(patience time.Duration) error {
	return c.socket.SetDeadline(time.Now().Add(patience))
}

// response is an answer. Body is valid until the next exchange.
type response struct {
	status   int
	location string
	cookies  []cookie
	body     []byte
}

type cookie struct{ name, value string }

// maxAnswer bounds an answer's body, in bytes.
const maxAnswer = 1 << 20

// exchange sends a whole request and reads the answer to it.
func (c *connection) exchange(request []byte) (response, error) {
	if _, err := c.socket.Write(request); err != nil {
		return response{}, err
	}
	answer, err := c.read()
	if err != nil {
		return response{}, fmt.Errorf("read answer: %w", err)
	}
	return answer, nil
}

// read reads one answer (RFC 9112 §4, §5, §6).
func (c *connection) read() (response, error) {
	var answer response
	line, err := c.line()
	if err != nil {
		return answer, err
	}
	const status = len("HTTP/1.1 ")
	if len(line) < status+3 {
		return answer, fmt.Errorf("status line %q", line)
	}
	if answer.status, err = strconv.Atoi(string(line[status : status+3])); err != nil {
		return answer, fmt.Errorf("status line %q", line)
	}
	length, chunked := 0, false
	for {
		if line, err = c.line(); err != nil {
			return answer, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > maxAnswer {
				return answer, fmt.Errorf("content length %q", value)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Location")):
			answer.location = string(value)
		case bytes.EqualFold(name, []byte("Set-Cookie")):
			pair, _, _ := bytes.Cut(value, []byte(";"))
			name, value, _ := bytes.Cut(pair, []byte("="))
			answer.cookies = append(answer.cookies, cookie{string(name), string(value)})
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(value, []byte("close")):
			return answer, fmt.Errorf("the server closes the connection after status %d", answer.status)
		}
	}
	c.body = c.body[:0]
	if chunked {
		err = c.readChunks()
	} else {
		err = c.readBody(length)
	}
	answer.body = c.body
	return answer, err
}

// readChunks reads a chunked body (RFC 9112 §7.1).
func (c *connection) readChunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		length, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return fmt.Errorf("chunk size %q", line)
		}
		if len(c.body)+int(length) > maxAnswer {
			return errors.New("the answer is too long")
		}
		if err := c.readBody(int(length)); err != nil {
			return err
		}
		if _, err := c.line(); err != nil { // the end of the chunk, or the empty trailer section
			return err
		}
		if length == 0 {
			return nil
		}
	}
}

// readBody appends length bytes to the body.
func (c *connection) readBody(length int) error {
	from := len(c.body)
	if missing := from + length - cap(c.body); missing > 0 {
		c.body = append(c.body, make([]byte, length)...)
	}
	c.body = c.body[:from+length]
	_, err := io.ReadFull(c.in, c.body[from:])
	return err
}

// line reads a line without its end. It is valid until the next read.
func (c *connection) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

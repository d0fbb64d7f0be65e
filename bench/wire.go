package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// wire stands between a server and PostgreSQL and counts what goes over (PostgreSQL documentation, "Frontend/Backend
// Protocol"). It costs time, so that nothing is timed through it: counting has a round of its own.
type wire struct {
	listener          net.Listener
	network, upstream string
	statements        atomic.Int64 // that PostgreSQL completed, BEGIN and COMMIT among them
	trips             atomic.Int64 // times that the server waited until PostgreSQL was ready for the next
	open              sync.Map     // net.Conn → nothing: all sockets, to be closed
	running           sync.WaitGroup
}

// openWire listens on loopback and returns the database's address by this way.
func openWire(database string) (*wire, string, error) {
	config, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, "", err
	}
	through, err := url.Parse(database)
	if err != nil {
		return nil, "", err
	}
	w := &wire{}
	w.network, w.upstream = pgNetwork(config.Host, config.Port)
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(w.listener.Addr().String())
	if err != nil {
		return nil, "", errors.Join(err, w.listener.Close())
	}
	query := through.Query()
	query.Set("host", host)
	query.Set("port", port)
	query.Set("sslmode", "disable")
	through.RawQuery = query.Encode()
	w.running.Go(w.accept)
	return w, through.String(), nil
}

// pgNetwork is where PostgreSQL listens: a folder is the one of its socket.
func pgNetwork(host string, port uint16) (network, address string) {
	if len(host) > 0 && host[0] == '/' {
		return "unix", host + "/.s.PGSQL." + strconv.Itoa(int(port))
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// counts returns the counts so far; nil counts nothing.
func (w *wire) counts() (statements, trips int64) {
	if w == nil {
		return 0, 0
	}
	return w.statements.Load(), w.trips.Load()
}

// close ends all connections and waits for them.
func (w *wire) close() error {
	if w == nil {
		return nil
	}
	err := w.listener.Close()
	w.open.Range(func(socket, _ any) bool {
		socket.(net.Conn).Close()
		return true
	})
	w.running.Wait()
	return err
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		w.open.Store(client, nil)
		w.running.Go(func() { w.join(client) })
	}
}

// join carries one connection until either side ends it. What it cannot carry, the server notices as a lost connection.
func (w *wire) join(client net.Conn) {
	defer w.open.Delete(client)
	defer client.Close()
	database, err := net.Dial(w.network, w.upstream)
	if err != nil {
		return
	}
	w.open.Store(database, nil)
	defer w.open.Delete(database)
	defer database.Close()
	if err := passStartup(client, database); err != nil {
		return
	}
	var c conversation
	var there sync.WaitGroup
	there.Go(func() {
		defer database.Close()
		pass(database, client, &messages{seen: c.asked})
	})
	pass(client, database, &messages{seen: func(kind byte) {
		completed, ready := c.answered(kind)
		w.statements.Add(completed)
		w.trips.Add(ready)
	}})
	client.Close()
	there.Wait()
}

// passStartup carries the first message, which has no type. Encryption is declined.
func passStartup(client io.ReadWriter, database io.Writer) error {
	const sslRequest, gssRequest, longest = 80877103, 80877104, 10_000
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(client, head); err != nil {
			return err
		}
		length, code := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
		if code == sslRequest || code == gssRequest {
			if _, err := client.Write([]byte("N")); err != nil {
				return err
			}
			continue
		}
		if length < 8 || length > longest {
			return errors.New("this is no startup message")
		}
		whole := append(head, make([]byte, length-8)...)
		if _, err := io.ReadFull(client, whole[8:]); err != nil {
			return err
		}
		_, err := database.Write(whole)
		return err
	}
}

// pass carries bytes until one side ends. What is seen is counted before it is carried on, so that no answer overtakes its
// question.
func pass(to io.Writer, from io.Reader, m *messages) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		m.look(buffer[:n])
		if _, fault := to.Write(buffer[:n]); err != nil || fault != nil {
			return
		}
	}
}

// messages finds the messages in a stream: a byte of type, four of length that count themselves, and the rest.
type messages struct {
	head [5]byte
	have int // bytes of head
	rest int // bytes of the message's body to come
	seen func(kind byte)
}

func (m *messages) look(p []byte) {
	for len(p) > 0 {
		if m.rest > 0 {
			n := min(m.rest, len(p))
			m.rest -= n
			p = p[n:]
			continue
		}
		n := copy(m.head[m.have:], p)
		m.have += n
		p = p[n:]
		if m.have == len(m.head) {
			m.have, m.rest = 0, int(binary.BigEndian.Uint32(m.head[1:]))-4
			m.seen(m.head[0])
		}
	}
}

// conversation knows for how many answers a connection waits.
type conversation struct{ waiting atomic.Int64 }

// asked takes note of a message to PostgreSQL: Query and Sync are answered by ReadyForQuery.
func (c *conversation) asked(kind byte) {
	if kind == 'Q' || kind == 'S' {
		c.waiting.Add(1)
	}
}

// answered says how many statements and round trips end with a message from PostgreSQL: CommandComplete ends a statement, and
// ReadyForQuery the round trip if no more was sent ahead. The ReadyForQuery of a new connection answers nothing.
func (c *conversation) answered(kind byte) (statements, trips int64) {
	switch kind {
	case 'C':
		return 1, 0
	case 'Z':
		if c.waiting.Load() > 0 && c.waiting.Add(-1) == 0 {
			return 0, 1
		}
	}
	return 0, 0
}

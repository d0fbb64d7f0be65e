package message

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	mailUser     = "dialtone"
	mailPassword = "correct horse"
)

// mailServer is a real SMTP server that keeps what it takes and refuses as told.
type mailServer struct {
	address string
	roots   *x509.CertPool
	refuse  map[string]error // by step: mail, rcpt, data
	hang    chan struct{}    // data waits for it, if there is one

	mu    sync.Mutex
	taken []delivery
}

type delivery struct {
	from, to  string
	text      string
	encrypted bool
	user      string
	utf8      bool
}

// newMailServer starts a server that encrypts as TLSStart, TLSImplicit or TLSNone say.
func newMailServer(t *testing.T, encryption string) *mailServer {
	t.Helper()
	certificate, roots := selfSigned(t)
	m := &mailServer{roots: roots, refuse: make(map[string]error)}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, encrypted := c.TLSConnectionState()
		return &mailSession{server: m, delivery: delivery{encrypted: encrypted}}, nil
	}))
	server.Domain, server.ErrorLog, server.EnableSMTPUTF8 = "mail.example.com", log.New(io.Discard, "", 0), true
	server.AllowInsecureAuth = encryption == TLSNone
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = listener.Addr().String()
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch encryption {
	case TLSStart:
		server.TLSConfig = config
	case TLSImplicit:
		listener = tls.NewListener(listener, config)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("mail server: %v", err)
		}
	})
	return m
}

func (m *mailServer) only(t *testing.T) delivery {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.taken) != 1 {
		t.Fatalf("the server took %d e-mails, want one", len(m.taken))
	}
	return m.taken[0]
}

// selfSigned makes a certificate for 127.0.0.1 and the pool that believes it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail server of the test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, roots
}

// mailSession is one connection to a mailServer.
type mailSession struct {
	delivery
	server *mailServer
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != mailUser || password != mailPassword {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, options *smtp.MailOptions) error {
	s.from, s.utf8 = from, options.UTF8
	return s.server.refuse["mail"]
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.server.refuse["rcpt"]
}

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.hang != nil {
		<-s.server.hang
	}
	if err := s.server.refuse["data"]; err != nil {
		return err
	}
	s.text = string(text)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.taken = append(s.server.taken, s.delivery)
	return nil
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

// silentListener takes connections, says the words, and nothing more.
func silentListener(t *testing.T, words string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(connection, words)
			t.Cleanup(func() { _ = connection.Close() })
		}
	}()
	return listener.Addr().String()
}

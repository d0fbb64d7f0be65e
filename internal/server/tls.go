package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
)

// suites are those of TLS 1.2 that authenticate what they encrypt and keep old traffic secret (RFC 9325 §4.2); those with CBC do
// not. TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// tlsConfig returns how the public listeners speak TLS; nil: plain http, behind a proxy or on loopback.
func (s *Server) tlsConfig(ctx context.Context) (*tls.Config, error) {
	c := s.config
	switch {
	case c.ACME:
		return acmeConfig(ctx, c)
	case c.TLSCertificate != "":
		s.certificates = &certificateFiles{certificate: c.TLSCertificate, key: c.TLSKey, log: s.log}
		if err := s.certificates.load(); err != nil {
			return nil, err
		}
		return &tls.Config{
			MinVersion: tls.VersionTLS12, CipherSuites: suites, GetCertificate: s.certificates.get, NextProtos: []string{"h2", "http/1.1"},
		}, nil
	}
	return nil, nil
}

// acmeConfig gets and renews certificates for the hosts of the public addresses. The challenge is answered inside TLS
// (RFC 8737), so that no listener on port 80 is needed.
func acmeConfig(ctx context.Context, c Config) (*tls.Config, error) {
	var magic *certmagic.Config
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return magic, nil },
	})
	magic = certmagic.New(cache, certmagic.Config{Storage: &certmagic.FileStorage{Path: c.ACMEStorage}})
	issuer := certmagic.ACMEIssuer{Email: c.ACMEEmail, Agreed: true, CA: certmagic.LetsEncryptProductionCA, DisableHTTPChallenge: true}
	if c.ACMEDirectory != "" {
		issuer.CA = c.ACMEDirectory
	}
	magic.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(magic, issuer)}
	// In the background: the listeners must be up for the challenge.
	if err := magic.ManageAsync(ctx, publicHosts(c)); err != nil {
		return nil, fmt.Errorf("ACME: %w", err)
	}
	config := magic.TLSConfig()
	config.MinVersion, config.CipherSuites = tls.VersionTLS12, suites
	config.NextProtos = append([]string{"h2", "http/1.1"}, config.NextProtos...)
	return config, nil
}

func publicHosts(c Config) []string {
	var hosts []string
	for _, address := range []string{c.Issuer, c.PortalURL, c.ConsoleURL} {
		if parsed, err := url.Parse(address); err == nil && parsed.Hostname() != "" {
			hosts = append(hosts, parsed.Hostname())
		}
	}
	return hosts
}

// certificateFiles serves a certificate from two files and reads them again when one has changed. A pair that cannot be
// read, half-written perhaps, leaves the old certificate in use.
type certificateFiles struct {
	certificate, key string
	log              *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	changed time.Time // the later modification time of the two files, as of current
	looked  time.Time
}

// lookAgainAfter is how long a changed file may go unnoticed.
const lookAgainAfter = 5 * time.Second

func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.looked) >= lookAgainAfter {
		f.looked = now
		if err := f.loadChanged(); err != nil {
			f.log.Error("keeping the old TLS certificate", "error", err)
		}
	}
	return f.current, nil
}

func (f *certificateFiles) load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loadChanged()
}

// reload reads the files also when their times are as before.
func (f *certificateFiles) reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = time.Time{}
	return f.loadChanged()
}

func (f *certificateFiles) loadChanged() error {
	var changed time.Time
	for _, name := range []string{f.certificate, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("TLS certificate: %w", err)
		}
		if info.ModTime().After(changed) {
			changed = info.ModTime()
		}
	}
	if f.current != nil && changed.Equal(f.changed) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return fmt.Errorf("TLS certificate: %w", err)
	}
	f.current, f.changed = &pair, changed
	return nil
}

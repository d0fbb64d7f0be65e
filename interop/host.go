package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// host is a running `dialtone serve` with everything it needs, all of it in one folder.
type host struct {
	*process
	folder    string
	binary    string
	issuer    string
	transport *http.Transport // trusts the throw-away certificate authority, and nothing else
	secrets   map[string]string
}

// startHost starts the program on a free port and registers the parties. The caller stops it, also after an error.
func startHost(ctx context.Context, binary, folder string, chosen []party) (*host, error) {
	h := &host{folder: folder, binary: binary, secrets: make(map[string]string)}
	address, err := freeAddress()
	if err != nil {
		return h, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return h, err
	}
	h.issuer = "https://localhost:" + port
	if err := h.makeCertificates(); err != nil {
		return h, fmt.Errorf("certificates: %w", err)
	}
	rootKey, err := h.dialtone(ctx, "keys", "root")
	if err != nil {
		return h, err
	}
	if err := os.WriteFile(h.path("root.key"), []byte(rootKey), 0o600); err != nil {
		return h, err
	}
	if err := os.WriteFile(h.path("dialtone.yaml"), []byte(h.configuration(address)), 0o600); err != nil {
		return h, err
	}
	if h.process, err = startProcess(h.path("serve.log"), h.binary, "serve", "--config", h.path("dialtone.yaml")); err != nil {
		return h, err
	}
	if err := h.awaitReady(ctx, h.transport, h.issuer+"/readyz"); err != nil {
		return h, err
	}
	return h, h.register(ctx, chosen)
}

func (h *host) path(name string) string { return filepath.Join(h.folder, name) }

// freeAddress returns a loopback address on which nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// makeCertificates makes a certificate authority that is forgotten at once, and a certificate of it for localhost.
func (h *host) makeCertificates() error {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Dialtone interop, throw-away"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		NotBefore:    authority.NotBefore,
		NotAfter:     authority.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), authorityKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: authorityDER},
		"cert.pem": {Type: "CERTIFICATE", Bytes: leafDER},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(h.path(name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	trusted, err := x509.ParseCertificate(authorityDER)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(trusted)
	h.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	return nil
}

// configuration is the configuration file of `dialtone serve`.
func (h *host) configuration(address string) string {
	return strings.Join([]string{
		"issuer: " + h.issuer,
		"identity-listen: " + address,
		"tls-certificate: " + h.path("cert.pem"),
		"tls-key: " + h.path("key.pem"),
		"database: sqlite:" + h.path("dialtone.db"),
		"root-key-file: " + h.path("root.key"),
		"log-level: debug",
		"",
	}, "\n")
}

// dialtone runs a subcommand to its end and returns what it printed.
func (h *host) dialtone(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, h.binary, arguments...)
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("dialtone %s: %w\n%s", strings.Join(arguments, " "), err, complaints.String())
	}
	return string(output), nil
}

// register applies one organization with a product and a client for each party, and keeps the secrets that it made.
func (h *host) register(ctx context.Context, chosen []party) error {
	var document strings.Builder
	document.WriteString("organizations:\n  - id: interop\n    name: Interop\nproducts:\n")
	for _, p := range chosen {
		fmt.Fprintf(&document, "  - id: %s\n    organization: interop\n    name: %s\n", p.name, p.library)
		if p.termsURL != "" {
			fmt.Fprintf(&document, "    terms_url: %s\n", p.termsURL)
		}
		document.WriteString("    scopes: [{name: openid}, {name: phone}, {name: offline_access}]\n")
		document.WriteString("    listing: [{operator: sandbox, state: enabled}]\n")
	}
	document.WriteString("clients:\n")
	for _, p := range chosen {
		kind := "confidential"
		if p.authMethod == "none" {
			kind = "public"
		}
		fmt.Fprintf(&document, "  - id: client-%s\n    product: %s\n    description: %s\n", p.name, p.name, p.library)
		fmt.Fprintf(&document, "    type: %s\n    auth_method: %s\n    id_token_algorithm: %s\n", kind, p.authMethod, p.idTokenAlgorithm)
		fmt.Fprintf(&document, "    redirect_uris: [%q]\n    post_logout_redirect_uris: [%q]\n", p.redirectURI, p.postLogoutRedirectURI())
	}
	if err := os.WriteFile(h.path("apply.yaml"), []byte(document.String()), 0o600); err != nil {
		return err
	}
	if _, err := h.dialtone(ctx, "apply", h.path("apply.yaml"), "--config", h.path("dialtone.yaml"), "--credentials", h.path("credentials.json")); err != nil {
		return err
	}
	return h.readSecrets(chosen)
}

// readSecrets reads the file that apply wrote.
func (h *host) readSecrets(chosen []party) error {
	text, err := os.ReadFile(h.path("credentials.json"))
	if errors.Is(err, os.ErrNotExist) {
		text, err = []byte("{}"), nil // only public clients were registered
	}
	if err != nil {
		return err
	}
	var made struct {
		Clients []struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
		} `json:"clients"`
	}
	if err := json.Unmarshal(text, &made); err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	for _, m := range made.Clients {
		h.secrets[m.ClientID] = m.ClientSecret
	}
	for _, p := range chosen {
		if confidential := p.authMethod != "none"; confidential != (h.secrets["client-"+p.name] != "") {
			return fmt.Errorf("credentials: %s has auth method %s, and a secret: %t", p.name, p.authMethod, !confidential)
		}
	}
	return nil
}

// settings is the environment in which a party runs.
func (h *host) settings(p party) map[string]string {
	return map[string]string{
		"INTEROP_ISSUER":                   h.issuer,
		"INTEROP_CLIENT_ID":                "client-" + p.name,
		"INTEROP_CLIENT_SECRET":            h.secrets["client-"+p.name],
		"INTEROP_REDIRECT_URI":             p.redirectURI,
		"INTEROP_POST_LOGOUT_REDIRECT_URI": p.postLogoutRedirectURI(),
		"INTEROP_PHONE_NUMBER":             p.phoneNumber,
		"INTEROP_CA_FILE":                  h.path("ca.pem"),
		"NODE_EXTRA_CA_CERTS":              h.path("ca.pem"), // Node.js
		"REQUESTS_CA_BUNDLE":               h.path("ca.pem"), // requests, on which Authlib stands
	}
}

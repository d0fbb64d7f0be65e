package server

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAChangedCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	writeCertificate(t, files, 2, time.Now().Add(time.Minute))
	files.looked = time.Time{}
	if got := serial(t, files); got != 2 {
		t.Errorf("serial %d, want the new certificate's 2", got)
	}
}

func TestABrokenCertificateLeavesTheOldOneInUse(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	if err := os.WriteFile(files.certificate, []byte("half a cert"), 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(files.certificate, later, later); err != nil {
		t.Fatal(err)
	}
	files.looked = time.Time{}
	if got := serial(t, files); got != 1 {
		t.Errorf("serial %d, want the old certificate's 1", got)
	}
}

func TestFilesAreNotLookedAtForEveryHandshake(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	serial(t, files)
	writeCertificate(t, files, 2, time.Now().Add(time.Minute))
	if got := serial(t, files); got != 1 {
		t.Errorf("serial %d, want 1 until it is time to look again", got)
	}
}

func TestThePublicListenersSpeakTLSAndHTTP2FromFiles(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	c := onThisMachine(t)
	c.Issuer, c.TLSCertificate, c.TLSKey = "https://localhost", files.certificate, files.key
	addresses, _ := start(t, c)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the certificate is the test's own
		ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	answer, err := client.Get(strings.Replace(addresses["identity"], "http:", "https:", 1) + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		t.Errorf("status %d over %s", answer.StatusCode, answer.Proto)
	}
	if status, _ := get(t, addresses["metrics"]+"/healthz"); status != http.StatusOK {
		t.Errorf("metrics, in plain http: status %d", status)
	}
}

func newCertificateFiles(t *testing.T) *certificateFiles {
	t.Helper()
	folder := t.TempDir()
	files := &certificateFiles{
		certificate: filepath.Join(folder, "chain.pem"), key: filepath.Join(folder, "key.pem"),
		log: slog.New(slog.NewTextHandler(new(bytes.Buffer), nil)),
	}
	writeCertificate(t, files, 1, time.Now())
	if err := files.load(); err != nil {
		t.Fatal(err)
	}
	return files
}

func serial(t *testing.T, files *certificateFiles) int64 {
	t.Helper()
	pair, err := files.get(nil)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return certificate.SerialNumber.Int64()
}

func writeCertificate(t *testing.T, files *certificateFiles, serial int64, changed time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyBytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		files.certificate: {Type: "CERTIFICATE", Bytes: certificate},
		files.key:         {Type: "EC PRIVATE KEY", Bytes: keyBytes},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
}

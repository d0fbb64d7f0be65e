package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram is set where the test binary is to be the program.
const asProgram = "DIALTONE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// node is a running program.
type node struct {
	process *exec.Cmd
	address string // of the identity host
	ended   chan error
}

// startNode runs `dialtone serve` in a process of its own, with its log to a file or a pipe.
func startNode(t *testing.T, log *os.File, options ...string) *node {
	t.Helper()
	folder := t.TempDir()
	key := filepath.Join(folder, "root.key")
	if _, err := runCommand(t, "keys", "root", "--file", key); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + freePorts(t)
	args := append([]string{
		"serve", "--issuer", "http://localhost:8080", "--identity-listen", address,
		"--database", "sqlite:" + filepath.Join(folder, "dialtone.db"), "--root-key-file", key,
	}, options...)
	n := &node{process: exec.Command(os.Args[0], args...), address: "http://" + address, ended: make(chan error, 1)}
	n.process.Env = append(os.Environ(), asProgram+"=yes")
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { n.ended <- n.process.Wait() }()
	t.Cleanup(func() { _ = n.process.Process.Kill() })
	for deadline := time.Now().Add(30 * time.Second); n.status("/readyz") != http.StatusOK; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the node is not ready within 30 s")
		}
	}
	return n
}

// status asks the node; 0: there is no answer.
func (n *node) status(path string) int {
	answer, err := http.Get(n.address + path)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func (n *node) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := n.process.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait returns how the process ended.
func (n *node) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-n.ended:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the process does not end")
		return nil
	}
}

func TestANodeOutlivesTheReaderOfItsLog(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	n := startNode(t, write)
	_ = write.Close()
	_ = read.Close() // whoever read the log is gone
	for range 50 {
		if status := n.status("/userinfo"); status != http.StatusUnauthorized { // which is logged
			t.Fatalf("status %d", status)
		}
	}
	n.signal(t, syscall.SIGHUP)
	time.Sleep(100 * time.Millisecond)
	if status := n.status("/healthz"); status != http.StatusOK {
		t.Errorf("after SIGHUP: status %d", status)
	}
	n.signal(t, syscall.SIGTERM)
}

func TestANodeAnswersWithAFullDiskUnderItsLog(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	n := startNode(t, full, "--shutdown-delay", "0s")
	if status := n.status("/userinfo"); status != http.StatusUnauthorized {
		t.Errorf("status %d", status)
	}
	n.signal(t, syscall.SIGTERM)
	if err := n.wait(t); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func TestANodeAnswersWhileNobodyReadsItsLog(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	n := startNode(t, write, "--shutdown-delay", "0s", "--log-level", "debug")
	_ = write.Close()
	long := strings.Repeat("x", 900)
	for range 300 { // more than a pipe holds
		if status := n.status("/oauth2/auth?client_id=" + long); status != http.StatusBadRequest {
			t.Fatalf("status %d", status)
		}
	}
}

func TestSIGHUPSaysWhatNeedsANewStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dialtone.yaml")
	if err := os.WriteFile(file, []byte("region: SE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	n := startNode(t, write, "--config", file)
	_ = write.Close()
	if err := os.WriteFile(file, []byte("region: NO\nlog-level: debug\npin-digits: 7\nsms-routes: {main: {url: https://sms.example/send}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.signal(t, syscall.SIGHUP)
	for lines := bufio.NewScanner(read); lines.Scan(); {
		if strings.Contains(lines.Text(), "need a new start") {
			for _, option := range []string{"region", "pin-digits", "sms-routes"} {
				if !strings.Contains(lines.Text(), option) {
					t.Errorf("the log says %s, want the option %s, which has changed", lines.Text(), option)
				}
			}
			if strings.Contains(lines.Text(), "log-level") {
				t.Errorf("the log says %s, but the log level is read anew", lines.Text())
			}
			return
		}
	}
	t.Error("the log does not say what needs a new start")
}

func TestTheFirstSignalStopsInGoodOrderAndTheSecondAtOnce(t *testing.T) {
	t.Parallel()
	n := startNode(t, nil, "--shutdown-delay", "1m")
	n.signal(t, syscall.SIGTERM)
	for deadline := time.Now().Add(10 * time.Second); n.status("/readyz") != http.StatusServiceUnavailable; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("/readyz does not say that the node is stopping")
		}
	}
	if status := n.status("/.well-known/jwks.json"); status != http.StatusOK {
		t.Errorf("before the delay is over: status %d", status)
	}
	n.signal(t, syscall.SIGTERM)
	began := time.Now()
	if err := n.wait(t); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("it ended after %s with %v", time.Since(began), err)
	}
}

// stuck is an output that takes nothing until it is let go.
type stuck struct {
	let  chan struct{}
	text bytes.Buffer
}

func (s *stuck) Write(line []byte) (int, error) {
	<-s.let
	return s.text.Write(line)
}

func TestLinesThatWereLostAreCounted(t *testing.T) {
	t.Parallel()
	out := &stuck{let: make(chan struct{})}
	w := newLossyWriter(out)
	for range linesWaiting + 100 {
		if _, err := io.WriteString(w, "a line\n"); err != nil {
			t.Fatal(err)
		}
	}
	close(out.let)
	w.close()
	if !strings.Contains(out.text.String(), "lines of the log were lost") || strings.Count(out.text.String(), "a line\n") < linesWaiting {
		t.Errorf("the log has %d bytes: %.200s", out.text.Len(), &out.text)
	}
}

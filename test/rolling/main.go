// Command rolling restarts two nodes on one PostgreSQL behind HAProxy, one after the other and under load, and fails if a request is
// lost. HAProxy repeats nothing here: what is lost would be lost to a person.
//
//	scripts/test-postgres go run ./test/rolling
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dialtone-id/dialtone/test/rig"
)

const (
	workers       = 16
	rounds        = 2               // restarts of each node
	shutdownDelay = 5 * time.Second // the default
	advice        = "docs/operate/balancers.md"
)

// around is what stands around the backend that the advice has: nothing is tried a second time.
const around = `
global
    maxconn 2000
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    retries 0
frontend in
    bind %s
    default_backend dialtone
`

// backend returns the lines for HAProxy of the advice, with the addresses of our nodes in the place of its examples.
func backend(one, two string) (string, error) {
	page, err := os.ReadFile(advice)
	if err != nil {
		return "", fmt.Errorf("read the advice; run this at the top of the repository: %w", err)
	}
	_, section, _ := strings.Cut(string(page), "\n## HAProxy\n")
	_, lines, _ := strings.Cut(section, "\n```\n")
	lines, _, _ = strings.Cut(lines, "\n```\n")
	for example, address := range map[string]string{"server one 10.0.0.1:8080": "server one " + one, "server two 10.0.0.2:8080": "server two " + two} {
		if strings.Count(lines, example) != 1 {
			return "", fmt.Errorf("%s: the lines for HAProxy have no %q", advice, example)
		}
		lines = strings.Replace(lines, example, address, 1)
	}
	return lines + "\n", nil
}

func main() {
	ctx, end := rig.UntilInterrupted()
	defer end()
	if err := run(ctx); err != nil {
		end()
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	database := os.Getenv("DIALTONE_TEST_POSTGRES")
	if database == "" {
		return errors.New("DIALTONE_TEST_POSTGRES names no server: run scripts/test-postgres go run ./test/rolling")
	}
	folder, err := rig.Folder("rolling")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program, err := rig.Build(ctx, folder)
	if err != nil {
		return err
	}
	addresses, err := rig.FreeAddresses(3)
	if err != nil {
		return err
	}
	front, one, two := addresses[0], addresses[1], addresses[2]
	var nodes []*rig.Node
	for _, address := range []string{one, two} {
		n := &rig.Node{Program: program, Database: database, Issuer: "http://localhost:8080", Address: address, Log: os.Stderr,
			Arguments: []string{"--trusted-proxies", "127.0.0.0/8", "--shutdown-delay", shutdownDelay.String(), "--log-level", "error"}}
		nodes = append(nodes, n)
		defer n.Kill()
		if err := n.Start(ctx); err != nil {
			return err
		}
	}
	lines, err := backend(one, two)
	if err != nil {
		return err
	}
	config := filepath.Join(folder, "haproxy.cfg")
	if err := os.WriteFile(config, fmt.Appendf(nil, around+"%s", front, lines), 0o600); err != nil {
		return err
	}
	proxy := exec.Command("haproxy", "-db", "-f", config)
	proxy.Stderr = os.Stderr
	if err := proxy.Start(); err != nil {
		return fmt.Errorf("HAProxy (Debian: apt-get install haproxy): %w", err)
	}
	defer func() { _ = proxy.Process.Kill() }()
	if err := rig.Ready(ctx, front); err != nil {
		return err
	}
	return restartUnderLoad(ctx, nodes, "http://"+front)
}

func restartUnderLoad(ctx context.Context, nodes []*rig.Node, front string) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var load load
	var working sync.WaitGroup
	for range workers {
		working.Go(func() { load.run(ctx, front) })
	}
	for range rounds {
		for _, n := range nodes {
			if err := rig.Sleep(ctx, 2*time.Second); err != nil {
				return err
			}
			if err := n.Stop(); err != nil {
				return err
			}
			if err := n.Start(ctx); err != nil {
				return err
			}
		}
	}
	if err := rig.Sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	end()
	working.Wait()
	return load.report()
}

// load counts what became of requests.
type load struct {
	lost atomic.Int64
	mu   sync.Mutex
	took []time.Duration
	why  error
}

func (l *load) run(ctx context.Context, front string) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		err := l.ask(client, front, i)
		took := time.Since(began)
		if err != nil {
			l.lost.Add(1)
		}
		l.mu.Lock()
		l.took = append(l.took, took)
		if err != nil {
			l.why = err
		}
		l.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
}

// ask sends a POST, which nobody may repeat, or a GET. The client is unknown, which takes a look into the database.
func (l *load) ask(client *http.Client, front string, i int) error {
	var answer *http.Response
	var err error
	want := http.StatusOK
	if i%2 == 0 {
		answer, err = client.Get(front + "/.well-known/jwks.json")
	} else {
		want = http.StatusUnauthorized
		answer, err = client.Post(front+"/oauth2/token", "application/x-www-form-urlencoded",
			strings.NewReader("grant_type=client_credentials&client_secret=x&client_id=c"+fmt.Sprint(i)))
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != want {
		return fmt.Errorf("status %d, want %d", answer.StatusCode, want)
	}
	return nil
}

func (l *load) report() error {
	slices.Sort(l.took)
	at := func(part float64) time.Duration {
		return l.took[int(part*float64(len(l.took)-1))].Round(100 * time.Microsecond)
	}
	fmt.Printf("rolling: %d requests, %d lost, p50 %s, p99 %s, longest %s, in %d restarts of 2 nodes behind HAProxy\n",
		len(l.took), l.lost.Load(), at(0.5), at(0.99), at(1), 2*rounds)
	if l.lost.Load() > 0 {
		return fmt.Errorf("%d requests were lost, the last one: %w", l.lost.Load(), l.why)
	}
	return nil
}

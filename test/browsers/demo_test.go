package browsers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// demo is a running `dialtone demo`, by the names of its demo.env.
type demo struct {
	folder                string
	issuer, portal, box   string // addresses without a slash at the end
	app                   string // the example app
	clientID, redirectURI string
	phone, pin            string // a test number and its PIN
}

const fjordPhone = "+33639980003" // its PINs come to the demo inbox

// startDemo runs the program on four free ports until the test ends. Somebody else may take a port between its choice and
// its use, so there is more than one try.
func startDemo(t *testing.T) demo {
	t.Helper()
	folder := t.TempDir()
	var err error
	for range 5 {
		if err = runDemo(t, folder); err == nil {
			return readEnv(t, folder)
		}
	}
	t.Fatal(err)
	return demo{}
}

func runDemo(t *testing.T, folder string) error {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "demo", "--data", folder, "--port-base", fmt.Sprint(freePorts(t)))
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	ready := &printed{done: make(chan struct{})}
	var log bytes.Buffer
	command.Stdout, command.Stderr = ready, &log
	if err := command.Start(); err != nil {
		stop()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case <-ready.done:
		t.Cleanup(func() {
			stop()
			<-ended
			if log.Len() > 0 {
				t.Errorf("the server logged warnings or errors:\n%s", log.String())
			}
		})
		return nil
	case err := <-ended:
		stop()
		return fmt.Errorf("the demo ended at once: %w\n%s", err, log.String())
	case <-time.After(20 * time.Second):
		stop()
		<-ended
		return fmt.Errorf("the demo did not start within 20 s\n%s", log.String())
	}
}

// printed tells when something was written to it.
type printed struct {
	once sync.Once
	done chan struct{}
}

func (p *printed) Write(text []byte) (int, error) {
	p.once.Do(func() { close(p.done) })
	return len(text), nil
}

// freePorts returns the first of four ports in a row that are free at this moment. They are below those that systems give to
// outgoing connections and to listeners that ask for any port: one of these would take them before the demo does.
func freePorts(t *testing.T) int {
	t.Helper()
	const lowest, count = 12_000, 20_000
	for range 50 {
		var sockets []net.Listener
		var err error
		base := lowest + rand.IntN(count/4)*4
		for offset := 0; offset < 4 && err == nil; offset++ {
			var socket net.Listener
			if socket, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+offset)); err == nil {
				sockets = append(sockets, socket)
			}
		}
		for _, s := range sockets {
			s.Close()
		}
		if err == nil {
			return base
		}
	}
	t.Fatal("there are no four free ports in a row")
	return 0
}

func readEnv(t *testing.T, folder string) demo {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "demo.env"))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	return demo{
		folder: folder, issuer: env["ISSUER"], portal: env["PORTAL_URL"], box: env["INBOX_URL"],
		app: env["INBOX_URL"] + "/app/", clientID: env["CLIENT_ID"], redirectURI: env["REDIRECT_URI"],
		phone: env["TEST_PHONE"], pin: env["TEST_PIN"],
	}
}

// texts returns the messages to a number in the demo inbox, the newest first.
func (d demo) texts(t *testing.T, number string) []string {
	t.Helper()
	answer, err := http.Get(d.box + "/messages?to=" + url.QueryEscape(number))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var messages []struct{ Text string }
	if err := json.NewDecoder(answer.Body).Decode(&messages); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	return texts
}

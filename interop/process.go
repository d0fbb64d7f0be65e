package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a running `dialtone`. Its log goes to a file.
type process struct {
	command *exec.Cmd // nil: not running
	exited  chan error
	log     string // name of the file
}

// startProcess starts the program. It is not tied to a context, so that it is always ended gracefully.
func startProcess(log, binary string, arguments ...string) (*process, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the process has its own descriptor
	p := &process{command: exec.Command(binary, arguments...), exited: make(chan error, 1), log: log}
	p.command.Stderr = file
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() { p.exited <- p.command.Wait() }()
	return p, nil
}

// awaitReady waits until the address answers with 200.
func (p *process) awaitReady(ctx context.Context, transport http.RoundTripper, address string) error {
	const patience, pause = 30 * time.Second, 50 * time.Millisecond
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body) // lets the connection be used again; the status is what counts
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case exit := <-p.exited:
			p.command = nil
			return fmt.Errorf("dialtone ended at once: %w", errors.Join(exit, errors.New("see its log")))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", address, err)
		case <-time.After(pause):
		}
	}
}

// stop ends the program by its process id and waits for it; one that does not end in time is killed, and that is an error.
// Stopping twice is nothing.
func (p *process) stop() error {
	if p == nil || p.command == nil {
		return nil
	}
	running := p.command.Process
	p.command = nil
	if err := running.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the server: %w", err)
	}
	const patience = 20 * time.Second
	select {
	case err := <-p.exited:
		if err != nil {
			return fmt.Errorf("the server did not stop gracefully: %w", err)
		}
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the server did not stop within %s", patience), running.Kill())
	}
}

// logTail returns the end of the log.
func (p *process) logTail() string {
	if p == nil {
		return "it was not started"
	}
	const lines = 60
	text, err := os.ReadFile(p.log)
	if err != nil {
		return "there is no log: " + err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

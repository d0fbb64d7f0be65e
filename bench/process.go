package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// process is a running server, ours or the bare one.
type process struct {
	address string        // host:port of its endpoints
	serving time.Duration // from the start of the process to the first answer
	profile string        // host:port of its profiler; empty: none
	command *exec.Cmd
	log     *os.File
	exited  chan error
}

// readyPath is answered by both servers as soon as they serve.
const readyPath = "/.well-known/jwks.json"

// startProcess starts a server whose log goes to a file, and waits until it answers.
func startProcess(command *exec.Cmd, address, logFile string) (*process, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	p := &process{address: address, command: command, log: log, exited: make(chan error, 1)}
	command.Stdout, command.Stderr = log, log
	began := time.Now()
	if err := command.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	go func() { p.exited <- command.Wait() }()
	if err := p.awaitAnswer(began); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", command.Args[:2], err), p.stop(), p.tail())
	}
	p.serving = time.Since(began)
	return p, nil
}

// awaitAnswer asks until the server answers.
func (p *process) awaitAnswer(began time.Time) error {
	const pause = time.Millisecond
	for {
		err := ask(p.address)
		if err == nil {
			return nil
		}
		if time.Since(began) > patience {
			return fmt.Errorf("no answer: %w", err)
		}
		select {
		case exit := <-p.exited:
			p.exited <- exit // for stop
			return fmt.Errorf("it ended at once: %w", errors.Join(exit, errors.New("see its log")))
		case <-time.After(pause):
		}
	}
}

func ask(address string) error {
	c, err := dial(address)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.allow(time.Second); err != nil {
		return err
	}
	answer, err := c.exchange([]byte("GET " + readyPath + " HTTP/1.1\r\nHost: " + address + "\r\n\r\n"))
	if err == nil && answer.status != http.StatusOK {
		err = fmt.Errorf("status %d", answer.status)
	}
	return err
}

// stop ends the process by its id and waits for it.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-p.exited:
		return errors.Join(err, p.log.Close())
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("%s did not stop", p.command.Args[0]), p.command.Process.Kill())
	}
}

// tail returns the end of the log as an error.
func (p *process) tail() error {
	const most = 4 << 10
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err
	}
	return fmt.Errorf("its log ends with:\n%s", text[max(0, len(text)-most):])
}

// resident returns how much memory the process has, in bytes, as Linux tells it.
func (p *process) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmRSS:" {
			kilobytes, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("the process has no VmRSS")
}

// processorTime returns how much processor time the process has used, as Linux tells it.
func (p *process) processorTime() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	// proc(5): the fields after the name in parentheses begin with the third; utime and stime are 14 and 15.
	_, after, _ := bytes.Cut(text, []byte(") "))
	fields := bytes.Fields(after)
	if len(fields) < 13 {
		return 0, errors.New("the process has no times")
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	var used time.Duration
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		used += time.Duration(ticks) * tick
	}
	return used, nil
}

// freeAddress returns a loopback address on which nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// Package rig has what the programs below test share: it builds dialtone, starts nodes and PostgreSQL servers in throw-away folders,
// and signs people in through the pages. It knows the wire and the command lines only, and ends no process that it did not start.
package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// UntilInterrupted returns a context that ends when somebody interrupts the program, or when the command that started it is gone:
// `go run` passes no signal on when it is ended.
func UntilInterrupted() (context.Context, context.CancelFunc) {
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	parent := os.Getppid()
	go func() {
		for ctx.Err() == nil && os.Getppid() == parent {
			time.Sleep(time.Second)
		}
		end()
	}()
	return ctx, end
}

// Folder makes a folder that every account of this machine may pass through, but not look into.
func Folder(name string) (string, error) {
	folder, err := os.MkdirTemp("", name)
	if err != nil {
		return "", err
	}
	return folder, os.Chmod(folder, 0o711)
}

// Program is a dialtone that was built, with a root key.
type Program struct{ path, Key string }

// Build builds ./cmd/dialtone, which needs the top of the repository as the working directory, and makes a root key.
func Build(ctx context.Context, folder string) (Program, error) {
	p := Program{path: filepath.Join(folder, "dialtone"), Key: filepath.Join(folder, "root.key")}
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", p.path, "./cmd/dialtone").CombinedOutput(); err != nil {
		return p, fmt.Errorf("build: %w: %s", err, output)
	}
	_, err := p.Run(ctx, "keys", "root", "--file", p.Key)
	return p, err
}

// Run runs a command of dialtone to its end and returns what it printed.
func (p Program) Run(ctx context.Context, arguments ...string) (string, error) {
	output, err := exec.CommandContext(ctx, p.path, arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("dialtone %s: %w: %s", arguments[0], err, output)
	}
	return string(output), nil
}

// Node is one process of dialtone serve.
type Node struct {
	Program   Program
	Database  string
	Issuer    string
	Address   string   // host:port where it listens
	Arguments []string // more of them
	Log       io.Writer
	process   *exec.Cmd
	exited    chan error
}

// Start starts the node and waits until it is ready.
func (n *Node) Start(ctx context.Context) error {
	n.process = exec.Command(n.Program.path, append([]string{"serve", "--issuer", n.Issuer, "--identity-listen", n.Address,
		"--database", n.Database, "--root-key-file", n.Program.Key}, n.Arguments...)...)
	n.process.Stderr = n.Log
	if err := n.process.Start(); err != nil {
		return err
	}
	n.exited = make(chan error, 1)
	go func(p *exec.Cmd, exited chan<- error) { exited <- p.Wait() }(n.process, n.exited)
	return Ready(ctx, n.Address)
}

// Stop ends the node as an operator does, and waits for it.
func (n *Node) Stop() error {
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-n.exited; err != nil {
		return fmt.Errorf("a node did not end in good order: %w", err)
	}
	return nil
}

// Kill ends the node at once, if it runs.
func (n *Node) Kill() {
	if n.process != nil {
		_ = n.process.Process.Kill()
	}
}

// Ready waits for 30 s at most until the node at that address, or behind it, is ready.
func Ready(ctx context.Context, address string) error {
	for range 300 {
		if answer, err := http.Get("http://" + address + "/readyz"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is not ready within 30 s", address)
}

// Sleep sleeps, unless the context ends.
func Sleep(ctx context.Context, long time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-time.After(long):
		return nil
	}
}

// FreeAddresses returns so many addresses of this machine on which nobody listens.
func FreeAddresses(count int) ([]string, error) {
	var found []string
	for range count {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer socket.Close() // at the end: so that no address comes twice
		found = append(found, socket.Addr().String())
	}
	return found, nil
}

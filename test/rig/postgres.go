package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Postgres is the PostgreSQL of this machine.
type Postgres struct {
	programs string              // the folder with initdb and the others
	account  *syscall.Credential // who runs it; nil: we
}

// FindPostgres finds the newest PostgreSQL as scripts/test-postgres does. PostgreSQL refuses to run as root, so for root it runs as
// postgres, or as nobody if there is no such account.
func FindPostgres() (Postgres, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	version := func(path string) int {
		number, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return number
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		found = []string{path}
	}
	if len(found) == 0 {
		return Postgres{}, errors.New("there is no PostgreSQL server here: run scripts/install-test-tools test")
	}
	p := Postgres{programs: filepath.Dir(found[len(found)-1])}
	if os.Getuid() != 0 {
		return p, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return p, err
	}
	uid, errUser := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGroup := strconv.ParseUint(account.Gid, 10, 32)
	p.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return p, errors.Join(errUser, errGroup)
}

// command is one of PostgreSQL's programs, in a process group of its own: who interrupts us at the terminal leaves it to us to end it.
func (p Postgres) command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(p.programs, program), arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.account, Setpgid: true}
	command.Dir = "/"
	return command
}

func (p Postgres) run(ctx context.Context, program string, arguments ...string) (string, error) {
	command := p.command(ctx, program, arguments...)
	output, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, output)
	}
	return strings.TrimSpace(string(output)), nil
}

// Own makes a folder that belongs to who runs PostgreSQL.
func (p Postgres) Own(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil || p.account == nil {
		return err
	}
	return os.Chown(folder, int(p.account.Uid), int(p.account.Gid))
}

// Server is one PostgreSQL server. Its role is named dialtone and needs no password.
type Server struct {
	Postgres
	Address string // host:port
	Data    string // the folder of the cluster
	process *exec.Cmd
	exited  chan struct{}
}

// Init makes the cluster of a server that has the settings, which are lines of postgresql.conf.
func (p Postgres) Init(ctx context.Context, folder, address, settings string) (*Server, error) {
	s := &Server{Postgres: p, Address: address, Data: filepath.Join(folder, "data")}
	if err := p.Own(folder); err != nil {
		return nil, err
	}
	_, err := p.run(ctx, "initdb", "--pgdata="+s.Data, "--username=dialtone", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	if err != nil {
		return nil, err
	}
	return s, s.Configure("max_connections = 200\nunix_socket_directories = ''\ndynamic_shared_memory_type = mmap\n" + settings)
}

// Copy makes the cluster of another server from a running one by pg_basebackup, with more arguments for it.
func (s *Server) Copy(ctx context.Context, folder, address string, arguments ...string) (*Server, error) {
	copied := &Server{Postgres: s.Postgres, Address: address, Data: filepath.Join(folder, "data")}
	if err := s.Own(folder); err != nil {
		return nil, err
	}
	_, err := s.run(ctx, "pg_basebackup", append([]string{"--dbname=" + s.connection("dialtone"), "--pgdata=" + copied.Data,
		"--checkpoint=fast", "--no-sync"}, arguments...)...)
	return copied, err
}

// Configure adds lines to postgresql.conf, where the last one wins.
func (s *Server) Configure(lines string) error {
	file, err := os.OpenFile(filepath.Join(s.Data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(lines)
	return errors.Join(err, file.Close())
}

// Signal makes one of the files by which PostgreSQL is told what it is: standby.signal, recovery.signal.
func (s *Server) Signal(name string) error {
	path := filepath.Join(s.Data, name)
	if err := os.WriteFile(path, nil, 0o600); err != nil || s.account == nil {
		return err
	}
	return os.Chown(path, int(s.account.Uid), int(s.account.Gid))
}

func (s *Server) connection(database string) string {
	host, port, _ := net.SplitHostPort(s.Address)
	return "host=" + host + " port=" + port + " user=dialtone dbname=" + database
}

// Start starts the server and waits until it takes connections.
func (s *Server) Start(ctx context.Context) error {
	host, port, _ := net.SplitHostPort(s.Address)
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = s.command(context.Background(), "postgres", "-D", s.Data, "-c", "listen_addresses="+host, "-c", "port="+port)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(p *exec.Cmd, exited chan<- struct{}) { _ = p.Wait(); close(exited) }(s.process, s.exited)
	for range 600 {
		if _, err = s.Query(ctx, "postgres", "SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-s.exited:
			text, _ := os.ReadFile(s.logFile())
			return fmt.Errorf("PostgreSQL ended at once: %s", text[max(0, len(text)-2000):])
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("PostgreSQL at %s takes no connections: %w", s.Address, err)
}

func (s *Server) logFile() string { return filepath.Join(filepath.Dir(s.Data), "log") }

// Query runs statements and returns the rows as psql prints them unaligned: a row a line, columns with | between.
func (s *Server) Query(ctx context.Context, database, statements string) (string, error) {
	return s.run(ctx, "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1",
		"--dbname="+s.connection(database)+" connect_timeout=5", "--command="+statements)
}

// Await waits for 30 s at most until the query answers so.
func (s *Server) Await(ctx context.Context, database, query, want string) error {
	var got string
	for range 600 {
		var err error
		if got, err = s.Query(ctx, database, query); err == nil && got == want {
			return nil
		}
		if err := Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("after 30 s %s answers %q, want %q", query, got, want)
}

// Promote makes a standby the primary, and waits until it is.
func (s *Server) Promote(ctx context.Context) error {
	_, err := s.run(ctx, "pg_ctl", "promote", "--pgdata="+s.Data, "--wait", "--silent")
	return err
}

// Stop ends the server in good order: what it wrote is sent on and archived before.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// Kill ends all processes of the server at once, as the loss of its machine does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Freeze stops all processes of the server without ending them, as the loss of its network does: who is connected hears nothing any
// more, and who connects is not answered.
func (s *Server) Freeze() {
	leader := s.process.Process
	_ = leader.Signal(syscall.SIGSTOP)
	for _, child := range children(leader.Pid) {
		_ = syscall.Kill(child, syscall.SIGSTOP)
	}
}

func (s *Server) end(how syscall.Signal) {
	if s == nil || s.process == nil {
		return
	}
	leader := s.process.Process
	if how == syscall.SIGKILL {
		// Stopped, it can start no other ones meanwhile.
		_ = leader.Signal(syscall.SIGSTOP)
		for _, child := range children(leader.Pid) {
			_ = syscall.Kill(child, how)
		}
	}
	_ = leader.Signal(how)
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		_ = leader.Kill()
		<-s.exited
	}
	s.process = nil
	s.forget()
}

// forget gives back the few bytes of shared memory by which a server that was killed would know of its own remains.
func (s *Server) forget() {
	text, err := os.ReadFile(filepath.Join(s.Data, "postmaster.pid"))
	if err != nil {
		return // it ended in good order
	}
	// The seventh line has the key and the id of the segment.
	if lines := strings.Split(string(text), "\n"); len(lines) > 6 {
		if words := strings.Fields(lines[6]); len(words) == 2 {
			_ = exec.Command("ipcrm", "--shmem-id", words[1]).Run()
		}
	}
}

// children returns the ids of the processes that a process started, as Linux tells them.
func children(parent int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it ended
		}
		// proc(5): the id, the name in parentheses, the state, the parent's id.
		_, after, _ := bytes.Cut(text, []byte(") "))
		fields := strings.Fields(string(after))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			if id, err := strconv.Atoi(filepath.Base(filepath.Dir(stat))); err == nil {
				found = append(found, id)
			}
		}
	}
	return found
}

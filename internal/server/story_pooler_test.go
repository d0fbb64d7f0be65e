package server_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// pooler starts a real pgbouncer in transaction mode, with fewer connections to the server than we have to it, and returns the
// address of the database through it. The database is one of its own, since a pooler takes no search path.
func pooler(t *testing.T) (address string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil { // Debian keeps it where a user's path does not lead
		program, err = exec.LookPath("/usr/sbin/pgbouncer")
	}
	if err != nil {
		t.Fatal("there is no pgbouncer: run scripts/install-test-tools test")
	}
	direct := storetest.Database(t)
	config, err := pgx.ParseConfig(direct)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := socket.Addr().(*net.TCPAddr).Port
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	password := "" // pgbouncer takes no empty one
	if config.Password != "" {
		password = " password='" + config.Password + "'"
	}
	settings := fmt.Sprintf(`[databases]
%[1]s = host=%[2]s port=%[3]d dbname=%[1]s user=%[4]s%[5]s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %[6]d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
`, config.Database, config.Host, config.Port, config.User, password, port)
	file := filepath.Join(folder, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil { //nolint:gosec // another user reads it
		t.Fatal(err)
	}
	command := exec.Command(program, file)
	if os.Getuid() == 0 { // pgbouncer refuses to run as root
		as := &syscall.Credential{Uid: 65534, Gid: 65534}
		if socket, err := os.Stat(config.Host); err == nil { // a folder that only the server's user may enter, perhaps
			owner := socket.Sys().(*syscall.Stat_t)
			as = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
		}
		command.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		for parent := folder; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
			if err := os.Chmod(parent, 0o755); err != nil { //nolint:gosec // as above
				t.Fatal(err)
			}
		}
	}
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("pgbouncer says:\n%s", output.String())
		}
	})
	through := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", through)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("pgbouncer does not start")
		}
	}
	return (&url.URL{Scheme: "postgres", Host: through, User: url.User(config.User), Path: config.Database, RawQuery: "sslmode=disable"}).String()
}

func TestThroughAPoolerInTransactionModeEverythingWorks(t *testing.T) {
	t.Parallel()
	t.Run("the store", func(t *testing.T) {
		storetest.Conformance(t, storetest.Open(t, pooler(t)))
	})
	t.Run("a sign-in", func(t *testing.T) {
		h := runHouse(t, pooler(t), secret.NewRoot().Text(), message.NewInbox())
		h.apply(seed())
		a := h.story(t)
		_, tokens := a.tokens(kim)
		a.userinfo(tokens.text("access_token")).ok()
		if !a.active(tokens.text("access_token")) {
			t.Error("introspection says that the token is dead")
		}
		a.refresh(tokens.text("refresh_token")).ok()
		h.send(t, "GET", "/readyz", nil, "").ok()
	})
	t.Run("a setting that it refuses", func(t *testing.T) {
		_, err := store.Open(t.Context(), pooler(t)+"&search_path=elsewhere")
		if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), "ALTER ROLE") {
			t.Errorf("got %v, want what to do", err)
		}
	})
}

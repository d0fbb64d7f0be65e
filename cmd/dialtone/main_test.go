package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
)

// The program is the fixture: these tests run it as main does.

// runCommand runs a command to its end and returns what it printed.
func runCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, io.Discard)
	return out.String(), err
}

// startDemo runs the demo on free ports until the test ends, or until stop. It returns the values of demo.env and what the
// demo printed.
func startDemo(t *testing.T, folder string) (env map[string]string, printed string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := newScreen()
	done := make(chan error, 1)
	args := []string{"demo", "--data", folder, "--port-base", freePorts(t)}
	go func() { done <- run(ctx, args, out, io.Discard) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
	})
	t.Cleanup(stop)
	select {
	case <-out.written:
	case err := <-done:
		done <- nil
		t.Fatalf("the demo did not start: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the demo did not start within 30 s")
	}
	return readEnv(t, folder), out.String(), stop
}

// screen is an output that tells when something stands on it.
type screen struct {
	mu      sync.Mutex
	content bytes.Buffer
	written chan struct{}
}

func newScreen() *screen { return &screen{written: make(chan struct{})} }

func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.content.Len() == 0 {
		defer close(s.written)
	}
	return s.content.Write(text)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.content.String()
}

// freePorts returns the first of four ports that were free a moment ago. They are below those that systems give to outgoing
// connections and to listeners that ask for any port: one of these would take them before the demo does.
func freePorts(t *testing.T) string {
	t.Helper()
	const lowest, count = 12_000, 20_000
	for range 50 {
		var sockets []net.Listener
		var err error
		base := lowest + rand.IntN(count/4)*4
		for offset := 0; offset < 4 && err == nil; offset++ {
			var socket net.Listener
			if socket, err = net.Listen("tcp", demo{portBase: base}.listen(offset)); err == nil {
				sockets = append(sockets, socket)
			}
		}
		for _, s := range sockets {
			if closing := s.Close(); closing != nil {
				t.Fatal(closing)
			}
		}
		if err == nil {
			_, port, _ := strings.Cut(demo{portBase: base}.listen(0), ":")
			return port
		}
	}
	t.Fatal("there are no four free ports in a row")
	return ""
}

func readEnv(t *testing.T, folder string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "demo.env"))
	if err != nil {
		t.Fatal(err)
	}
	env := make(map[string]string)
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	return env
}

func TestTheDemoServesItsFourHostsAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	env, printed, _ := startDemo(t, folder)
	for _, name := range []string{
		"ISSUER", "PORTAL_URL", "CONSOLE_URL", "INBOX_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI",
		"POST_REVOKE_REDIRECT_URI", "TEST_PHONE", "TEST_PIN",
	} {
		if env[name] == "" {
			t.Errorf("demo.env has no %s", name)
		}
	}
	for _, address := range []string{
		env["ISSUER"] + "/.well-known/openid-configuration", env["PORTAL_URL"], env["CONSOLE_URL"], env["INBOX_URL"],
		env["INBOX_URL"] + "/app/", env["REDIRECT_URI"], env["POST_REVOKE_REDIRECT_URI"],
	} {
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusOK {
			t.Errorf("GET %s: status %d", address, answer.StatusCode)
		}
	}
	info, err := os.Stat(filepath.Join(folder, "demo.env"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("demo.env has mode %v, want 0600: it holds a secret", info.Mode().Perm())
	}
	for _, want := range []string{env["INBOX_URL"], env["TEST_PHONE"], env["TEST_PIN"], "/oauth2/auth?response_type=code", "demo.env"} {
		if !strings.Contains(printed, want) {
			t.Errorf("the demo does not print %q", want)
		}
	}
	if strings.Contains(printed, env["CLIENT_SECRET"]) {
		t.Error("the demo prints the client's secret")
	}
}

func TestTheDemoGoesOnWithTheSameClientAfterARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, _, stop := startDemo(t, folder)
	token := clientToken(t, first)
	stop()
	second, _, _ := startDemo(t, folder)
	if first["CLIENT_ID"] != second["CLIENT_ID"] || first["CLIENT_SECRET"] != second["CLIENT_SECRET"] {
		t.Error("the client changed")
	}
	if clientToken(t, second) == token {
		t.Error("two tokens are the same")
	}
}

// clientToken gets a token for the demo's client itself.
func clientToken(t *testing.T, env map[string]string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env["ISSUER"]+"/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(env["CLIENT_ID"], env["CLIENT_SECRET"])
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || token.AccessToken == "" {
		t.Fatalf("client credentials: status %d", answer.StatusCode)
	}
	return token.AccessToken
}

const document = `
organizations: [{id: org_1, name: Example Apps}]
products: [{id: product_1, organization: org_1, name: Weather, scopes: [{name: openid}], listing: [{operator: sandbox}]}]
clients: [{product: product_1, description: this is a test, redirect_uris: ["https://example.com/callback"]}]
`

// storage is a new database with its root key, as options.
type storage struct{ database, rootKey string }

func newStorage(t *testing.T) storage {
	t.Helper()
	folder := t.TempDir()
	key := filepath.Join(folder, "root.key")
	if _, err := runCommand(t, "keys", "root", "--file", key); err != nil {
		t.Fatal(err)
	}
	return storage{"--database=sqlite:" + filepath.Join(folder, "dialtone.db"), "--root-key-file=" + key}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "catalogue.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestApplyWritesNewCredentialsOnceToAPrivateFile(t *testing.T) {
	t.Parallel()
	folder, file := t.TempDir(), writeFile(t, document)
	storage, credentials := newStorage(t), filepath.Join(folder, "credentials.json")
	apply := func() credentialsFile {
		if out, err := runCommand(t, "apply", storage.database, storage.rootKey, "--credentials", credentials, file); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		content, err := os.ReadFile(credentials)
		if err != nil {
			t.Fatal(err)
		}
		var read credentialsFile
		if err := json.Unmarshal(content, &read); err != nil {
			t.Fatal(err)
		}
		return read
	}
	first := apply()
	if len(first.Clients) != 1 || !strings.HasPrefix(first.Clients[0].ClientSecret, "dt_cs_") || first.Clients[0].Product != "product_1" {
		t.Fatalf("%d clients in the file", len(first.Clients))
	}
	if second := apply(); len(second.Clients) != 1 || second.Clients[0] != first.Clients[0] {
		t.Error("the second run changed the file")
	}
	info, err := os.Stat(credentials)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
}

func TestTheExampleFileApplies(t *testing.T) {
	t.Parallel()
	example, err := runCommand(t, "apply", "--example")
	if err != nil {
		t.Fatal(err)
	}
	folder, storage := t.TempDir(), newStorage(t)
	for range 2 {
		out, err := runCommand(t, "apply", storage.database, storage.rootKey, "--credentials", filepath.Join(folder, "credentials.json"), writeFile(t, example))
		if err != nil || !strings.Contains(out, "created") {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

func TestApplyTellsNothingToDoChangedAndRefusedApart(t *testing.T) {
	t.Parallel()
	storage, credentials := newStorage(t), filepath.Join(t.TempDir(), "credentials.json")
	for i, step := range []struct {
		content string
		options []string
		status  int
		says    string
	}{
		{document, []string{"--dry-run"}, 2, "product product_1: created"},
		{document, []string{"--dry-run"}, 2, "Dry run, nothing was changed"},
		{document, []string{"--detailed-exit-code"}, 2, "Applied: "},
		{document, []string{"--detailed-exit-code"}, 0, "Nothing to do"},
		{document, []string{"--dry-run"}, 0, "Nothing to do"},
		{"products: [{id: product_1, price: Free}]", nil, 0, "price: \"Free\"\n    ! asks subscribers again: price"},
		{"products: [{id: product_1, price: null}]", nil, 0, "price: (emptied, was \"Free\")"},
		{"products: [{id: product_1, price: 9.90}]", nil, 3, ""},
		{"products: [{id: product_1, scopes: [{name: nothing}]}]", []string{"--dry-run"}, 3, ""},
	} {
		args := slices.Concat([]string{"apply", storage.database, storage.rootKey, "--credentials", credentials}, step.options, []string{writeFile(t, step.content)})
		out, err := runCommand(t, args...)
		got := 0
		if err != nil {
			got = status(err)
		}
		if got != step.status || !strings.Contains(out, step.says) {
			t.Errorf("step %d: status %d, want %d with %q; it prints\n%s%v", i, got, step.status, step.says, out, err)
		}
		if _, err := os.Stat(credentials); i < 2 && err == nil {
			t.Error("a dry run wrote credentials")
		}
	}
}

func TestAnotherRootKeyIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	storage, other := newStorage(t), newStorage(t)
	if out, err := runCommand(t, "migrate", storage.database, storage.rootKey); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, command := range [][]string{
		{"apply", storage.database, other.rootKey, writeFile(t, "operators: [{id: a, name: A}]")},
		{"keys", "list", storage.database, other.rootKey},
		{"migrate", storage.database, other.rootKey},
	} {
		if _, err := runCommand(t, command...); !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), "another root key") {
			t.Errorf("%v: %v", command, err)
		}
	}
	out, err := runCommand(t, "apply", "--dry-run", storage.database, storage.rootKey, writeFile(t, "operators: [{id: a, name: A}]"))
	if status(err) != 2 || !strings.Contains(out, "operator a: created") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestApplyWithoutAPlaceForSecretsMakesNone(t *testing.T) {
	t.Parallel()
	storage := newStorage(t)
	_, err := runCommand(t, "apply", storage.database, storage.rootKey, writeFile(t, document))
	if err == nil || !strings.Contains(err.Error(), "--credentials") {
		t.Errorf("got %v, want an error that names --credentials", err)
	}
}

func TestApplyDoesNotOverwriteAFileThatIsNoCredentialsFile(t *testing.T) {
	t.Parallel()
	storage, precious := newStorage(t), writeFile(t, "precious")
	if _, err := runCommand(t, "apply", storage.database, storage.rootKey, "--credentials", precious, writeFile(t, document)); err == nil {
		t.Error("apply overwrote it")
	}
	if content, err := os.ReadFile(precious); err != nil || string(content) != "precious" {
		t.Errorf("the file holds %q, %v", content, err)
	}
}

func TestKeysAreMadeListedAndRotated(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "root.key")
	if _, err := runCommand(t, "keys", "root", "--file", file); err != nil {
		t.Fatal(err)
	}
	storage := []string{"--database", "sqlite:" + filepath.Join(folder, "dialtone.db"), "--root-key-file", file}
	before, err := runCommand(t, append([]string{"keys", "list"}, storage...)...)
	if err != nil {
		t.Fatal(err)
	}
	after, err := runCommand(t, append([]string{"keys", "rotate", "signing"}, storage...)...)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(before, "RS256") || strings.Count(after, "RS256") != strings.Count(before, "RS256")+1 {
		t.Errorf("before:\n%safter:\n%s", before, after)
	}
	if _, err := runCommand(t, append([]string{"keys", "rotate", "everything"}, storage...)...); err == nil {
		t.Error("an unknown kind of key is accepted")
	}
}

func TestARootKeyIsItsOwnersOnlyAndNeverWrittenOver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "root.key")
	if out, err := runCommand(t, "keys", "root", "--file", file); err != nil || out != "" {
		t.Fatalf("printed %q, %v", out, err)
	}
	made, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if _, err := runCommand(t, "keys", "root", "--file", file); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v, want a refusal to write over a root key", err)
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, made) {
		t.Errorf("the key changed, %v", err)
	}
	list := []string{"keys", "list", "--database", "sqlite:" + filepath.Join(folder, "dialtone.db"), "--root-key-file", file}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := runCommand(t, list...); !errors.Is(err, dialtone.ErrForbidden) || !strings.Contains(err.Error(), "chmod 600 "+file) {
			t.Errorf("mode %04o: %v, want the command that closes the file", mode, err)
		}
	}
	for _, mode := range []os.FileMode{0o400, 0o600} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := runCommand(t, list...); err != nil {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

func TestABackupIsAPrivateCopyThatOpens(t *testing.T) {
	t.Parallel()
	storage, copied := newStorage(t), filepath.Join(t.TempDir(), "copy.db")
	if _, err := runCommand(t, "migrate", storage.database, storage.rootKey); err != nil {
		t.Fatal(err)
	}
	if _, err := runCommand(t, "backup", storage.database, copied); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(copied)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
	if _, err := runCommand(t, "migrate", "--database=sqlite:"+copied, storage.rootKey); err != nil {
		t.Errorf("the copy does not open: %v", err)
	}
	if _, err := runCommand(t, "backup", storage.database, copied); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v: a backup must not be overwritten", err)
	}
}

func TestTheVersionIsPrinted(t *testing.T) {
	t.Parallel()
	if out, err := runCommand(t, "version"); err != nil || !strings.HasPrefix(out, "dialtone ") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestTheInboxIsReadUnderANameOfThisMachineOnly(t *testing.T) {
	t.Parallel()
	handler := demo{portBase: 8080}.inboxHandler(message.NewInbox())
	for host, want := range map[string]int{
		"localhost:8083": http.StatusOK, "127.0.0.1:8083": http.StatusOK, "[::1]:8083": http.StatusOK, "localhost": http.StatusOK,
		"evil.example:8083": http.StatusMisdirectedRequest, "localhost.evil.example": http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example:8083": http.StatusMisdirectedRequest, "192.0.2.1:8083": http.StatusMisdirectedRequest,
		"": http.StatusMisdirectedRequest,
	} {
		for _, path := range []string{"/", "/messages", "/app/"} {
			request := httptest.NewRequest(http.MethodGet, path, nil)
			request.Host = host
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code != want {
				t.Errorf("%s at host %q: %d, want %d", path, host, recorder.Code, want)
			}
		}
	}
}

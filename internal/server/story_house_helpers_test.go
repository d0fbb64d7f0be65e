package server_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/logtest"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/token"
)

// The stories run the real server on a free port and know it from outside: a browser, an app, a phone with an inbox. What
// nobody can wait for in a test (an hour, 180 days) is done by changing the times in the database, or by sealing with the
// server's own keys what it would have sealed then.

// The numbers of Fjord, which gets its SMS sent. They are reserved for fiction by the French regulator.
const (
	kim    = "+33639980001"
	robin  = "+33639980002"
	nobody = "+33639980077" // in Fjord's range, but no line
	barred = "+33639980009" // a line that Fjord has blocked
)

const (
	callback  = "https://example.com/callback"
	revoked   = "https://example.com/revoke"
	signedOut = "https://example.com/signed-out"
	smsScope  = "sms.text:send_to_subscriber"
)

// house is a running server with its phones.
type house struct {
	t      testing.TB
	issuer string
	inbox  *message.Inbox
	log    *logtest.Log
	node   *server.Server
	dsn    string
	root   secret.Text
	stop   func() // in good order, with all messages sent
	wire   *http.Transport

	mu   sync.Mutex
	read map[string]int // how many SMS of a number were looked at
}

// openHouse runs a server on a SQLite database of its own.
func openHouse(t testing.TB, change ...func(*server.Config)) *house {
	t.Helper()
	seeded, err := template()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dialtone.db")
	if err := os.WriteFile(file, seeded.database, 0o600); err != nil {
		t.Fatal(err)
	}
	return runHouse(t, "sqlite:"+file, seeded.root, message.NewInbox(), change...)
}

// onBothEngines tells the story on SQLite and on PostgreSQL.
func onBothEngines(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if engine == "sqlite" {
				story(t, openHouse(t))
				return
			}
			story(t, openPostgresHouse(t, storetest.Address(t, engine)))
		})
	}
}

func openPostgresHouse(t testing.TB, dsn string) *house {
	t.Helper()
	root := secret.NewRoot().Text()
	h := runHouse(t, dsn, root, message.NewInbox())
	h.apply(seed())
	return h
}

// runHouse starts a node on a database.
func runHouse(t testing.TB, dsn string, root secret.Text, inbox *message.Inbox, change ...func(*server.Config)) *house {
	t.Helper()
	const attempts = 10 // somebody else may take the free port between the look and the use
	for range attempts {
		h, err := tryHouse(t, dsn, root, inbox, change)
		if err == nil {
			return h
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
	t.Fatal("there is no free port")
	return nil
}

func tryHouse(t testing.TB, dsn string, root secret.Text, inbox *message.Inbox, change []func(*server.Config)) (*house, error) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := socket.Addr().(*net.TCPAddr).Port
	if err := socket.Close(); err != nil {
		return nil, err
	}
	h := &house{
		t: t, issuer: fmt.Sprintf("http://localhost:%d", port), inbox: inbox, log: &logtest.Log{}, dsn: dsn, root: root,
		read: make(map[string]int), wire: &http.Transport{MaxIdleConnsPerHost: 32},
	}
	config := server.Config{
		Issuer: h.issuer, IdentityListen: fmt.Sprintf("127.0.0.1:%d", port), Region: "FR", Inbox: inbox,
		Storage: server.Storage{Database: dsn, RootKey: root, Sandbox: true},
	}
	for _, c := range change {
		c(&config)
	}
	h.node, err = server.New(t.Context(), config, slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- h.node.Run(ctx, func() { close(ready) }) }()
	select {
	case err := <-done:
		cancel()
		return nil, err
	case <-ready:
	}
	h.stop = sync.OnceFunc(func() {
		h.wire.CloseIdleConnections() // a connection that was opened for nothing would hold the stop up for five seconds
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
	})
	t.Cleanup(h.stop)
	return h, nil
}

// seeded is a database with keys, sandbox and catalogue. Every test begins with a copy of it: making keys is slow.
type seeded struct {
	database []byte
	root     secret.Text
}

var template = sync.OnceValues(func() (made seeded, err error) {
	folder, err := os.MkdirTemp("", "dialtone-story-")
	if err != nil {
		return seeded{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "dialtone.db")
	root := secret.NewRoot().Text()
	node, err := server.New(context.Background(), server.Config{
		Issuer: "http://localhost:8080", IdentityListen: "127.0.0.1:0",
		Storage: server.Storage{Database: "sqlite:" + file, RootKey: root, Sandbox: true},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		return seeded{}, err
	}
	err = applyDocument(node, seed())
	if err = errors.Join(err, node.Close()); err != nil {
		return seeded{}, err
	}
	// A copy with SQLite's own command is one file, whatever the server left beside its own.
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return seeded{}, err
	}
	_, err = db.ExecContext(context.Background(), "VACUUM INTO ?", file+".copy")
	if err = errors.Join(err, db.Close()); err != nil {
		return seeded{}, err
	}
	database, err := os.ReadFile(file + ".copy")
	return seeded{database, root}, err
})

const (
	storySecret = "dt_cs_story"
	otherSecret = "dt_cs_other"
	oddSecret   = "p%ss:w+rd & so on" // has to be form-encoded in HTTP Basic
)

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return hex.EncodeToString(hash[:])
}

// seed is the catalogue of the stories.
func seed() string {
	const scopes = `[{name: openid}, {name: phone}, {name: offline_access}, {name: "` + smsScope + `", optional: true}]`
	const everywhere = `[{operator: sandbox, state: enabled}, {operator: fjord, state: enabled}]`
	clients := ""
	for _, c := range []struct{ id, product, description, secret string }{
		{"client_story", "product_story", "this is a test", storySecret},
		{"client_twin", "product_story", "another app of the product", storySecret},
		{"client_odd", "product_story", "an odd secret", oddSecret},
		{"client_other", "product_other", "another product", otherSecret},
		{"client_terms", "product_terms", "with terms", storySecret},
		{"client_far", "product_far", "not at Fjord", storySecret},
	} {
		clients += fmt.Sprintf("  - {id: %s, product: %s, description: %s, secret_sha256: %q, redirect_uris: [%q], %s}\n",
			c.id, c.product, c.description, sum(c.secret), callback, wayBack)
	}
	return `
operators:
  - {id: fjord, name: Fjord Mobile, colour: "#0b4f8a", support: "https://fjord.example/help", language: fr, ranges: ["+3363998"],
     approval: automatic, sms: {route: inbox, sender: Fjord}}
scopes:
  - {name: "` + smsScope + `", category: Messaging, developer: Send text messages., subscriber: {en: Send you text messages}}
organizations:
  - {id: org_story, name: Storytellers}
products:
  - {id: product_story, organization: org_story, name: Storytime, price: 49 kr a month, scopes: ` + scopes + `, listing: ` + everywhere + `}
  - {id: product_other, organization: org_story, name: Otherworld, scopes: ` + scopes + `, listing: ` + everywhere + `}
  - {id: product_terms, organization: org_story, name: Fineprint, terms_url: "https://example.com/terms", scopes: ` + scopes + `, listing: ` + everywhere + `}
  - {id: product_far, organization: org_story, name: Faraway, scopes: ` + scopes + `, listing: [{operator: sandbox, state: enabled}]}
clients:
` + clients + `
  - {id: client_public, product: product_story, description: an app on a phone, type: public,
     redirect_uris: ["http://127.0.0.1/callback", "com.example.app:/callback"], ` + wayBack + `}
subscriptions:
  - {operator: fjord, phone_number: "` + kim + `"}
  - {operator: fjord, phone_number: "` + robin + `"}
  - {operator: fjord, phone_number: "` + barred + `", status: blocked}
`
}

// wayBack is where the stories' clients come back to from revoking and signing out.
const wayBack = `post_revoke_redirect_uris: ["` + revoked + `"], post_logout_redirect_uris: ["` + signedOut + `"]`

// apply changes the catalogue as `dialtone apply` does.
func (h *house) apply(document string) {
	h.t.Helper()
	if err := applyDocument(h.node, document); err != nil {
		h.t.Fatal(err)
	}
}

func applyDocument(node *server.Server, document string) error {
	parsed, err := apply.Parse("story.yaml", strings.NewReader(document))
	if err != nil {
		return err
	}
	_, err = node.Applier().Apply(context.Background(), parsed, nil, time.Now().UTC())
	return err
}

var codeFirst = regexp.MustCompile(`^[0-9]{6}`)

// sms waits for the next SMS to the number that nobody has looked at.
func (h *house) sms(number string) string {
	h.t.Helper()
	h.mu.Lock()
	unread := h.read[number]
	h.read[number]++
	h.mu.Unlock()
	deadline := time.After(10 * time.Second)
	for {
		changed := h.inbox.Changed()
		if got := h.received(number); len(got) > unread {
			return got[unread]
		}
		select {
		case <-changed:
		case <-deadline:
			h.t.Fatalf("no SMS came to %s", number)
		}
	}
}

// pin is the code of the next SMS.
func (h *house) pin(number string) string {
	h.t.Helper()
	text := h.sms(number)
	pin := codeFirst.FindString(text)
	if pin == "" {
		h.t.Fatalf("the SMS does not begin with a PIN: %q", text)
	}
	return pin
}

// received are the texts that came to the number, the oldest first.
func (h *house) received(number string) (texts []string) {
	list := h.inbox.List()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].To == number {
			texts = append(texts, list[i].Text)
		}
	}
	return texts
}

// sql changes or reads the database behind the server's back.
func (h *house) sql(do func(db *sql.DB) error) {
	h.t.Helper()
	driver, address := "pgx", h.dsn
	if file, ok := strings.CutPrefix(h.dsn, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := errors.Join(do(db), db.Close()); err != nil {
		h.t.Fatal(err)
	}
}

// pass lets time pass for the columns of a table: they are set back by that much.
func (h *house) pass(table string, by time.Duration, columns ...string) {
	h.t.Helper()
	var changes []string
	for _, column := range columns {
		changes = append(changes, fmt.Sprintf("%s = %s - %d", column, column, by.Microseconds()))
	}
	h.sql(func(db *sql.DB) error {
		result, err := db.ExecContext(h.t.Context(), "UPDATE "+table+" SET "+strings.Join(changes, ", "))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("no row of %s changed: %w", table, err)
		}
		return nil
	})
}

// count counts rows.
func (h *house) count(from string) (n int) {
	h.t.Helper()
	h.sql(func(db *sql.DB) error {
		return db.QueryRowContext(h.t.Context(), "SELECT COUNT(*) FROM "+from).Scan(&n)
	})
	return n
}

// keys are the server's own, for sealing what it would have sealed at another time.
func (h *house) keys() (*secret.Keys, *token.Minter) {
	h.t.Helper()
	_, ring := h.storage()
	return ring.Secret(), token.NewMinter(ring.Secret(), ring.Signing(), h.issuer)
}

// storage is the server's database with its keys, opened a second time until the test ends.
func (h *house) storage() (*store.DB, *keys.Keyring) {
	h.t.Helper()
	db, ring, err := server.Storage{Database: h.dsn, RootKey: h.root}.Open(h.t.Context(), time.Now().UTC())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			h.t.Errorf("close the database: %v", err)
		}
	})
	return db, ring
}

// line is the line that has the number now.
func (h *house) line(number dialtone.PhoneNumber) dialtone.Subscription {
	h.t.Helper()
	db, _ := h.storage()
	line, err := db.SubscriptionByNumber(h.t.Context(), number)
	if err != nil {
		h.t.Fatal(err)
	}
	return line
}

// older returns the interaction of the address as if it had begun so much earlier.
func (h *house) older(sealed string, by time.Duration, browser string) string {
	h.t.Helper()
	secrets, _ := h.keys()
	f := &flow.Flow{Keys: secrets, Policy: flow.DefaultPolicy}
	in, err := f.Open(sealed, browser, time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	in.Started = in.Started.Add(-by)
	return f.Seal(in)
}

package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// cable is the way to the PostgreSQL server, which can be cut.
type cable struct {
	t       *testing.T
	address string
	network string // of the server
	target  string

	mu     sync.Mutex
	socket net.Listener
	ends   []net.Conn
}

// newCable returns the cable and the database's address at the other end of it.
func newCable(t *testing.T, dsn string) (*cable, string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{t: t, address: socket.Addr().String(), socket: socket}
	if c.network, c.target = pgNetwork(config.Host, config.Port); c.target == "" {
		t.Fatalf("no way to %s", config.Host)
	}
	go c.carry(socket)
	t.Cleanup(c.cut)
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("host", host)
	query.Set("port", port)
	query.Set("sslmode", "disable")
	address.RawQuery = query.Encode()
	address.Host = ""
	return c, address.String()
}

func pgNetwork(host string, port uint16) (network, address string) {
	if strings.HasPrefix(host, "/") {
		return "unix", filepath.Join(host, fmt.Sprintf(".s.PGSQL.%d", port))
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(int(port)))
}

func (c *cable) carry(socket net.Listener) {
	for {
		near, err := socket.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial(c.network, c.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		c.mu.Lock()
		c.ends = append(c.ends, near, far)
		c.mu.Unlock()
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			go func() {
				_, _ = io.Copy(way[0], way[1])
				_ = way[0].Close()
			}()
		}
	}
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.socket.Close()
	for _, end := range c.ends {
		_ = end.Close()
	}
	c.ends = nil
}

func (c *cable) mend() {
	c.t.Helper()
	socket, err := net.Listen("tcp", c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.socket = socket
	c.mu.Unlock()
	go c.carry(socket)
}

func TestWithoutItsDatabaseTheServerSaysComeBackAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	direct := storetest.Address(t, "postgres")
	cable, through := newCable(t, direct)
	h := openPostgresHouse(t, through)
	a := h.story(t)
	b, tokens := a.tokens(kim)
	code := a.code(b.open(a.address()))
	half := h.browser(t).open(a.address()).fill("phone_number", robin).press("send")
	pin := h.pin(robin)
	own := a.token("grant_type", "client_credentials").ok()

	cable.cut()
	inside := regexp.MustCompile(`\b(dial|connect|sql|127\.0\.0\.1)\b`) // whole words: an error id may hold anything
	for name, r := range map[string]reply{
		"redeem": a.redeem(code), "refresh": a.refresh(tokens.text("refresh_token")), "user info": a.userinfo(tokens.text("access_token")),
		"introspect": a.post("/oauth2/introspect", "token", tokens.text("access_token")), "revoke": a.post("/oauth2/revoke", "token", tokens.text("access_token")),
		"authorize": h.send(t, http.MethodGet, "/oauth2/auth?"+a.request().Encode(), header("Cookie", "dialtone_session="+b.cookie("dialtone_session")), ""),
		"ready":     h.send(t, http.MethodGet, "/readyz", nil, ""),
	} {
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q: %s", name, r.status, r.header.Get("Retry-After"), r.body)
		}
		if inside.MatchString(r.body) {
			t.Errorf("%s: the answer tells about our inside: %s", name, r.body)
		}
	}
	half.fill("pin", pin).press("continue").wants(http.StatusServiceUnavailable, "We will be back in a moment", "Nothing that you did is lost.")
	if half.header.Get("Retry-After") == "" {
		t.Error("the page has no Retry-After")
	}
	if r := h.send(t, http.MethodGet, "/healthz", nil, ""); r.status != http.StatusOK {
		t.Errorf("health: %d: a restart would not help", r.status)
	}

	cable.mend()
	deadline := time.Now().Add(10 * time.Second)
	for a.userinfo(tokens.text("access_token")).status != http.StatusOK {
		if time.Now().After(deadline) {
			t.Fatal("the server does not come back")
		}
		time.Sleep(50 * time.Millisecond)
	}
	a.redeem(code).ok()
	a.refresh(tokens.text("refresh_token")).ok()
	if !a.active(own.text("access_token")) {
		t.Error("the client's own token is gone")
	}
	// Back, and the PIN once more.
	again := h.browser(t)
	again.client = half.client
	tab := again.open(a.address("prompt", "login")).fill("phone_number", robin).press("send")
	a.code(tab.fill("pin", h.pin(robin)).press("continue").press("allow"))
}

func TestALockedTableLeavesEverythingElseAlone(t *testing.T) {
	t.Parallel()
	dsn := storetest.Address(t, "postgres")
	root, inbox := secret.NewRoot().Text(), message.NewInbox()
	h := runHouse(t, dsn, root, inbox, func(c *server.Config) { c.DatabaseLockTimeout = 2 * time.Second })
	h.apply(seed())
	a := h.story(t)
	b, tokens := a.tokens(kim)
	var tabs []*tab
	for range 20 {
		tabs = append(tabs, h.browser(t).open(a.address()))
	}
	lock, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close(context.Background())
	if _, err := lock.Exec(t.Context(), "BEGIN; LOCK TABLE challenge"); err != nil {
		t.Fatal(err)
	}
	var starting sync.WaitGroup
	for _, tab := range tabs {
		starting.Go(func() {
			tab.fill("phone_number", robin).press("send")
			if tab.status != http.StatusServiceUnavailable || tab.header.Get("Retry-After") == "" || tab.heading() != "We will be back in a moment" {
				t.Errorf("a sign-in that waits: %d %q", tab.status, tab.heading())
			}
		})
	}
	time.Sleep(300 * time.Millisecond) // until they all wait
	refresh := tokens.text("refresh_token")
	for range 10 {
		began := time.Now()
		a.userinfo(tokens.text("access_token")).ok()
		if !a.active(tokens.text("access_token")) {
			t.Error("introspection says that the token is dead")
		}
		refresh = a.refresh(refresh).ok().text("refresh_token")
		h.send(t, http.MethodGet, "/readyz", nil, "").ok()
		a.redeem(a.code(b.open(a.address()))).ok()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the others waited too: %v", took)
		}
	}
	starting.Wait()
	if _, err := lock.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	h.browser(t).open(a.address()).fill("phone_number", robin).press("send").wants(http.StatusOK, "Enter your PIN")
}

func TestTwoNodesOnOneDatabaseAreOneServer(t *testing.T) {
	t.Parallel()
	dsn := storetest.Address(t, "postgres")
	one := openPostgresHouse(t, dsn)
	two := runHouse(t, dsn, one.root, message.NewInbox())
	// A load balancer turns to the one and the other. The issuer is the first node's.
	a := one.story(t)
	b := one.browser(t)
	tab := b.open(a.address()).fill("phone_number", kim).press("send")
	pin, sealed := one.pin(kim), tab.hidden("r")
	cookies := func() http.Header {
		return header("Content-Type", formType, "Cookie", "dialtone_browser="+b.cookie("dialtone_browser")+"; dialtone_session="+b.cookie("dialtone_session"))
	}
	verified := two.send(t, http.MethodPost, "/signin/pin", cookies(), form("r", sealed, "pin", pin).Encode())
	if verified.status != http.StatusSeeOther || !strings.HasPrefix(verified.header.Get("Location"), "/consent") {
		t.Fatalf("the other node does not take the PIN: %d %s", verified.status, verified.body)
	}
	for _, cookie := range (&http.Response{Header: verified.header}).Cookies() {
		address, err := url.Parse(one.issuer)
		if err != nil {
			t.Fatal(err)
		}
		b.client.Jar.SetCookies(address, []*http.Cookie{cookie})
	}
	code := a.code(b.open(one.issuer + verified.header.Get("Location")).press("allow"))

	far := a
	far.house = two
	// The same code at both nodes at the same moment: one wins, and the replay kills what the winner got.
	var answers [2]reply
	var at sync.WaitGroup
	at.Go(func() { answers[0] = a.redeem(code) })
	at.Go(func() { answers[1] = far.redeem(code) })
	at.Wait()
	won := answers[0]
	if won.status != http.StatusOK {
		won = answers[1]
	}
	if answers[0].status == answers[1].status || won.status != http.StatusOK {
		t.Fatalf("%d %s and %d %s", answers[0].status, answers[0].body, answers[1].status, answers[1].body)
	}
	a.userinfo(won.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")

	_, tokens := a.tokens(robin)
	first, second := a.refresh(tokens.text("refresh_token")).ok(), far.refresh(tokens.text("refresh_token")).ok()
	if first.text("refresh_token") != second.text("refresh_token") {
		t.Error("two nodes give two successors")
	}
	far.post("/oauth2/revoke", "token", first.text("refresh_token")).ok()
	a.userinfo(first.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
}

func TestAfterAnOrderlyStopEverythingGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim)
	h.stop()
	// Who copies the file of a stopped server, copies everything.
	file := strings.TrimPrefix(h.dsn, "sqlite:")
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("after the stop %d bytes are outside of the database file", info.Size())
	}
	next := runHouse(t, h.dsn, h.root, h.inbox)
	a.house, b.house = next, next
	a.refresh(tokens.text("refresh_token")).ok()
	a.userinfo(tokens.text("access_token")).ok()
	a.code(b.open(a.address())) // cookies do not know ports
}

func TestWhileTheDatabaseFileIsLockedNothingIsAcknowledged(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, code := a.signedIn(kim)
	tab := h.browser(t).open(a.address())
	h.sql(func(db *sql.DB) error {
		conn, err := db.Conn(context.Background())
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		var at sync.WaitGroup
		at.Go(func() {
			if r := a.redeem(code); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
				t.Errorf("redeem: %d %s", r.status, r.body)
			}
		})
		at.Go(func() {
			tab.fill("phone_number", robin).press("send")
			if tab.status != http.StatusServiceUnavailable || tab.header.Get("Retry-After") == "" || tab.heading() != "We will be back in a moment" {
				t.Errorf("number page: %d %q", tab.status, tab.heading())
			}
		})
		at.Wait()
		if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			return err
		}
		return conn.Close()
	})
	a.redeem(code).ok()
	h.stop()
	if n := len(h.received(robin)); n != 0 {
		t.Errorf("%d SMS were sent for a PIN that nobody stored", n)
	}
}

func TestWithoutTheSandboxItsNumbersAreNobodys(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dialtone.db")
	node, err := server.New(t.Context(), server.Config{
		Issuer: "http://localhost:8080", IdentityListen: "127.0.0.1:0",
		Storage: server.Storage{Database: "sqlite:" + file, RootKey: secret.NewRoot().Text(), Sandbox: false},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Close(); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, dsn: "sqlite:" + file}
	if n := h.count("subscription") + h.count("operator"); n != 0 {
		t.Errorf("there are %d rows of a sandbox that is switched off", n)
	}
}

// breakTable makes every use of a table a fault of ours, until the returned function is called.
func (h *house) breakTable(table string) (mend func()) {
	h.t.Helper()
	rename := func(from, to string) {
		h.sql(func(db *sql.DB) error {
			_, err := db.ExecContext(h.t.Context(), "ALTER TABLE "+from+" RENAME TO "+to)
			return err
		})
	}
	rename(table, table+"_away")
	return func() { rename(table+"_away", table) }
}

func TestAFaultOfOursInASignInLeadsToTheFormAndToTheApp(t *testing.T) {
	t.Parallel()
	number := func(tab *tab) *tab { return tab.fill("phone_number", kim) }
	pin := func(tab *tab) *tab { return number(tab).press("send") }
	for _, c := range []struct {
		name, table, press string
		page               func(*tab) *tab // goes to the page of the form and fills it in
	}{
		{"number", "challenge", "send", number},
		{"PIN", "challenge", "continue", func(tab *tab) *tab { return pin(tab).fill("pin", tab.house.pin(kim)) }},
		{"yes", "consent", "allow", func(tab *tab) *tab { return tab.signIn(kim) }},
		{"no", "consent", "deny", func(tab *tab) *tab { return tab.signIn(kim) }},
	} {
		for _, mode := range []string{"query", "fragment", "form_post"} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				h := openHouse(t)
				a := h.story(t)
				tab := c.page(h.browser(t).open(a.address("response_mode", mode, "ui_locales", "de")))
				was := tab.heading()
				mend := h.breakTable(c.table)
				tab.press(c.press).wants(http.StatusInternalServerError, "Bei uns ist etwas schiefgegangen", "Zurück zu Storytime")
				failed := *tab
				tab.follow("back")
				if got := told(tab, mode); got.Get("error") != "server_error" || got.Get("state") != "s-1" || got.Get("iss") != h.issuer {
					t.Errorf("the app is told %v", got)
				}
				mend()
				if again := failed.follow("again"); again.status != http.StatusOK || again.heading() != was || again.spoken() != "de" {
					t.Errorf("again: %d %q, want %q", again.status, again.heading(), was)
				}
			})
		}
	}
}

// told is what the app hears, in whatever mode.
func told(tab *tab, mode string) url.Values {
	tab.t.Helper()
	if mode == "form_post" {
		return url.Values{"error": {tab.hidden("error")}, "state": {tab.hidden("state")}, "iss": {tab.hidden("iss")}}
	}
	mark := map[string]string{"query": "?", "fragment": "#"}[mode]
	values, err := url.ParseQuery(strings.TrimPrefix(tab.landed, callback+mark))
	if err != nil || !strings.HasPrefix(tab.landed, callback+mark) {
		tab.t.Errorf("landed at %q", tab.landed)
	}
	return values
}

func TestADatabaseThatIsAwayInASignInLeadsToTheFormAndToTheApp(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address("ui_locales", "fr")).fill("phone_number", kim).press("send").fill("pin", h.pin(kim))
	was := tab.heading()
	h.sql(func(db *sql.DB) error {
		conn, err := db.Conn(context.Background())
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		tab.press("continue").wants(http.StatusServiceUnavailable, "Nous revenons dans un instant", "Retour à Storytime")
		if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			return err
		}
		return conn.Close()
	})
	failed := *tab
	if got := failed.follow("back").answer(callback); got.Get("error") != "temporarily_unavailable" || got.Get("state") != "s-1" {
		t.Errorf("the app is told %v", got)
	}
	if again := tab.follow("again"); again.status != http.StatusOK || again.heading() != was {
		t.Errorf("again: %d %q, want %q", again.status, again.heading(), was)
	}
}

func TestAFaultOfOursAtARevokeLinkLeadsToItAndToTheApp(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	link := a.link("token", tokens.text("access_token"), "redirectTo", revoked, "state", "s").ok().text("redirectTo")
	form := h.browser(t).open(link)
	was := form.heading()
	mend := h.breakTable("spent")
	for name, failed := range map[string]*tab{"page": h.browser(t).open(link), "form": form.press("remove")} {
		failed.wants(http.StatusInternalServerError, "Something went wrong on our side")
		left := *failed
		if got := left.follow("back").answer(revoked); got.Get("error") != "server_error" || got.Get("state") != "s" {
			t.Errorf("%s: the app is told %v", name, got)
		}
	}
	mend()
	if form.follow("again").wants(http.StatusOK, was).press("remove").landed != revoked+"?state=s" {
		t.Errorf("landed at %q: %s", form.landed, form.text())
	}
}

func TestAClientThatIsDeletedDuringASignInIsNoFaultOfOurs(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	link := a.link("token", tokens.text("access_token"), "redirectTo", revoked).ok().text("redirectTo")
	tab := h.browser(t).open(a.address("ui_locales", "sv")).fill("phone_number", robin)
	h.sql(func(db *sql.DB) error {
		for _, table := range []string{"client_secret WHERE client_id", "client WHERE id"} {
			if _, err := db.ExecContext(t.Context(), "DELETE FROM "+table+" = 'client_story'"); err != nil {
				return err
			}
		}
		return nil
	})
	time.Sleep(1100 * time.Millisecond) // what is known of clients may be a second old
	tab.visit(tab.address)
	if tab.wants(http.StatusBadRequest, "Appen gjorde ett fel", "the client was deleted"); tab.shows("back") {
		t.Error("the page leads to an address that is nobody's")
	}
	h.browser(t).open(link).wants(http.StatusGone, "This link no longer works")
}

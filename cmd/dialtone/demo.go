package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/dialtone-id/dialtone/examples/rp"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/inbox"
)

type demoCommand struct {
	Data     string `help:"Folder for the database, the root key and demo.env; the same folder goes on where it stopped." default:"dialtone-demo" type:"path"`
	PortBase int    `help:"N: identity server; N+1: portal; N+2: console; N+3: inbox and example app." default:"8080"`
	LogLevel string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"warn"`
}

// demo is one installation on this machine.
type demo struct {
	folder       string
	portBase     int
	clientSecret secret.Text
}

// testPhone is a sandbox number: fictional, with a fixed PIN.
const testPhone = dialtone.PhoneNumber("+46701740605")

// Run starts everything and prints what to do with it.
func (c *demoCommand) Run(ctx context.Context, t terminal) error {
	outlive()
	if c.PortBase < 1 || c.PortBase > 65535-3 {
		return fmt.Errorf("--port-base %d: %w: choose a number from 1 to %d", c.PortBase, dialtone.ErrInvalid, 65535-3)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	d := demo{folder: c.Data, portBase: c.PortBase}
	if err := d.openClientSecret(); err != nil {
		return err
	}
	messages := message.NewInbox()
	config, err := d.config(messages)
	if err != nil {
		return err
	}
	log := newLog(t.Err, "text", c.LogLevel)
	defer log.close()
	node, err := server.New(ctx, config, log.Logger)
	if err != nil {
		return err
	}
	defer onHangUp(node.ReadCertificates)()
	if err := d.fill(ctx, node); err != nil {
		return errors.Join(fmt.Errorf("fill the demo: %w", err), node.Close())
	}
	node.Listen("inbox", d.listen(3), d.inboxHandler(messages))

	var written error
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err = node.Run(ctx, func() {
		if written = d.writeEnv(); written != nil {
			stop()
			return
		}
		if err := d.printWalkthrough(t.Out); err != nil {
			log.Warn("the walkthrough could not be printed; demo.env has the addresses", "error", err)
		}
	})
	return errors.Join(written, err)
}

// fill brings the catalogue to what the demo shows.
func (d demo) fill(ctx context.Context, node *server.Server) error {
	document, err := d.seed()
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if _, err = node.Applier().Apply(ctx, document, nil, now); err != nil {
		return err
	}
	product := dialtone.Product{ID: productID, OrganizationID: organizationID}
	return node.Pretend(ctx, product, d.past(now), now)
}

// inboxHandler serves the inbox and, below /app/, the example app.
func (d demo) inboxHandler(messages *message.Inbox) http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range (web.Host{Address: d.url(3), Account: "/", Now: time.Now}).Routes() {
		mux.Handle(pattern, handler)
	}
	mux.Handle("/", inbox.New(messages, d.doors()...))
	mux.Handle("/app/", rp.New(rp.Config{
		Issuer:       d.url(0),
		ClientID:     clientID,
		ClientSecret: d.clientSecret.Reveal(),
		Address:      d.url(3),
		Scopes:       []string{dialtone.ScopeOpenID, dialtone.ScopePhone, dialtone.ScopeOfflineAccess, smsScope},
	}))
	return onlyLoopbackNames(mux)
}

// doors are what a visitor can open, and whom to be there.
func (d demo) doors() []inbox.Door {
	return []inbox.Door{
		{Name: "Example app", Address: d.url(3) + rp.HomePath, Who: "Sign in with " + testPhone.E164() + " and PIN " + directory.SandboxPIN(testPhone) +
			", or with +33639980000 … 09, whose PINs come to the phone."},
		{Name: "Developer portal", Address: d.url(1) + "/", Who: demoOwner + " owns the example app; with any other address you begin with nothing. " +
			"The code comes to the mailbox."},
		{Name: "Operator console", Address: d.url(2) + "/", Who: demoAdmin + " is an admin of Fjord Mobile; the other roles have colleagues. The code comes to the mailbox.",
			Ways: []inbox.Way{
				{Words: "as admin", Address: d.url(2) + "/signin?email=" + demoAdmin}, {Words: "as product manager", Address: d.url(2) + "/signin?email=product@fjord.example"},
				{Words: "as customer care", Address: d.url(2) + "/signin?email=care@fjord.example"}, {Words: "as auditor", Address: d.url(2) + "/signin?email=auditor@fjord.example"},
			}},
		{Name: "Identity server", Address: d.url(0) + "/.well-known/openid-configuration", Who: "For an OAuth library of yours; client id and secret are in " + d.envName() + "."},
	}
}

// onlyLoopbackNames refuses requests that do not call this machine by a name of its own. A page of somebody else whose name
// leads to 127.0.0.1 ("DNS rebinding") could read the PINs otherwise.
func onlyLoopbackNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := url.URL{Host: r.Host}
		if !dialtone.LoopbackHost(address.Hostname()) {
			http.Error(w, "This is the demo's inbox: open it as localhost.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (d demo) config(messages *message.Inbox) (server.Config, error) {
	rootKey, err := d.rootKeyFile()
	return server.Config{
		Issuer: d.url(0), PortalURL: d.url(1), ConsoleURL: d.url(2),
		IdentityListen: d.listen(0), PortalListen: d.listen(1), ConsoleListen: d.listen(2),
		Storage: server.Storage{
			Database:    "sqlite:" + filepath.Join(d.folder, "dialtone.db"),
			RootKeyFile: rootKey,
			Sandbox:     true,
		},
		Region: "SE",
		Inbox:  messages, InboxURL: d.url(3) + "/",
	}, err
}

// listen is on loopback only: the demo's PINs are published.
func (d demo) listen(offset int) string { return fmt.Sprintf("127.0.0.1:%d", d.portBase+offset) }

func (d demo) url(offset int) string { return fmt.Sprintf("http://localhost:%d", d.portBase+offset) }

// rootKeyFile returns the name of the file with the root key, which it makes at the first start.
func (d demo) rootKeyFile() (string, error) {
	name := filepath.Join(d.folder, "root.key")
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		return name, err
	}
	return name, writePrivate(name, []byte(secret.NewRoot().Text().Reveal()+"\n"))
}

// env returns the values of demo.env, in their order.
func (d demo) env() [][2]string {
	return [][2]string{
		{"ISSUER", d.url(0)},
		{"PORTAL_URL", d.url(1)},
		{"CONSOLE_URL", d.url(2)},
		{"INBOX_URL", d.url(3)},
		{"CLIENT_ID", clientID},
		{"CLIENT_SECRET", d.clientSecret.Reveal()},
		{"REDIRECT_URI", d.url(3) + rp.CallbackPath},
		{"POST_REVOKE_REDIRECT_URI", d.url(3) + rp.RemovedPath},
		{"TEST_PHONE", testPhone.E164()},
		{"TEST_PIN", directory.SandboxPIN(testPhone)},
	}
}

package server_test

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// developer is somebody at the portal with a browser without JavaScript.
type developer struct {
	t      testing.TB
	house  *house
	portal string
	client *http.Client
	at     *url.URL
	status int
	root   *html.Node
}

// withPortal runs a house whose portal listens, too.
func withPortal(t *testing.T, engine string) (*house, string) {
	t.Helper()
	address := freeAddress(t)
	portal := "http://" + strings.Replace(address, "127.0.0.1", "localhost", 1)
	h := runHouse(t, storetest.Address(t, engine), secret.NewRoot().Text(), message.NewInbox(), func(c *server.Config) {
		c.PortalURL, c.PortalListen = portal, address
	})
	h.apply(seed())
	return h, portal
}

// freeAddress is one of loopback where nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	return socket.Addr().String()
}

func newDeveloper(t testing.TB, h *house, portal, email string) *developer {
	t.Helper()
	d := newStranger(t, h, portal)
	d.open("/signin")
	d.signIn(email)
	return d
}

// newStranger is a developer who has not signed in.
func newStranger(t testing.TB, h *house, portal string) *developer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &developer{t: t, house: h, portal: portal, client: &http.Client{Jar: jar, Transport: h.wire}}
}

// signIn goes on from the page that asks for it.
func (d *developer) signIn(email string) {
	d.t.Helper()
	d.submit("/signin", "email", email)
	d.submit("/signin/code", "code", d.mailed(email))
}

var mailedCode = regexp.MustCompile(`^[0-9]{6}`)

// mailed is the code in the newest e-mail to the address.
func (d *developer) mailed(email string) string {
	d.t.Helper()
	for _, m := range d.house.inbox.List() {
		if m.Kind == message.KindMail && m.To == email {
			return mailedCode.FindString(m.Text)
		}
	}
	d.t.Fatalf("no e-mail came to %s", email)
	return ""
}

func (d *developer) open(path string) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.portal+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	d.load(request)
}

// submit fills the fields, in pairs, into the page's form that posts to the action, and sends it.
func (d *developer) submit(action string, pairs ...string) {
	d.t.Helper()
	fields := url.Values{}
	found := false
	for node := range d.root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" || strings.Split(attribute(node, "action"), "#")[0] != action {
			continue
		}
		found = true
		for input := range node.Descendants() {
			if input.Data == "input" && attribute(input, "type") == "hidden" {
				fields.Set(attribute(input, "name"), attribute(input, "value"))
			}
		}
	}
	if !found {
		d.t.Fatalf("%s has no form for %s: %s", d.at, action, visible(d.root))
	}
	// What is given takes the place of what a form hides: a page may have one such form for each operator.
	for i := 0; i < len(pairs); i += 2 {
		fields.Del(pairs[i])
	}
	for i := 0; i < len(pairs); i += 2 {
		fields.Add(pairs[i], pairs[i+1])
	}
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.portal+action, strings.NewReader(fields.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Content-Type", formType)
	request.Header.Set("Origin", d.portal)
	d.load(request)
}

func (d *developer) load(request *http.Request) {
	d.t.Helper()
	answer, err := d.client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	d.at, d.status = answer.Request.URL, answer.StatusCode
	if d.root, err = html.Parse(strings.NewReader(string(body))); err != nil {
		d.t.Fatal(err)
	}
}

func (d *developer) reads(status int, words ...string) {
	d.t.Helper()
	text := visible(d.root)
	if d.status != status {
		d.t.Fatalf("%s: status %d, want %d: %s", d.at, d.status, status, text)
	}
	for _, want := range words {
		if !strings.Contains(text, want) {
			d.t.Fatalf("%s does not say %q: %s", d.at, want, text)
		}
	}
}

var (
	shownClient = regexp.MustCompile(`\bclient_[a-z2-7]{26}\b`)
	shownSecret = regexp.MustCompile(`\bdt_cs_[A-Za-z0-9_-]{43}`)
)

// newClient goes from an organization's name to a client with the sandbox enabled, and returns its credentials.
func (d *developer) newClient() (product, id, password string) {
	d.t.Helper()
	d.open("/organizations/new")
	d.submit("/organizations/new", "name", "Story developers")
	organization := d.at.Path
	d.open(organization + "/products/new")
	d.submit(organization+"/products/new", "name", "Storybook")
	product = regexp.MustCompile(`/products/product_[a-z2-7]{26}`).FindString(d.at.Path)
	d.open(product + "/clients/new")
	d.submit(product+"/clients/new", "description", "this is a test", "redirect_uris", callback, "post_revoke_redirect_uris", revoked, "type", "confidential")
	d.reads(http.StatusOK, "dt_cs_")
	id, password = shownClient.FindString(visible(d.root)), shownSecret.FindString(visible(d.root))
	d.open(product + "/scopes")
	d.submit(product+"/scopes", "enabled", "openid", "enabled", "phone", "enabled", "offline_access")
	d.open(product + "/listing")
	d.submit(product+"/listing", "operator", "sandbox")
	d.reads(http.StatusOK, "enabled")
	return product, id, password
}

// From the portal's front page to the walkthrough of docs/promises.md with a client of one's own.
func TestADeveloperMakesAClientInThePortalAndSignsSomebodyIn(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h, portal := withPortal(t, engine)
			d := newDeveloper(t, h, portal, "ada@example.com")
			product, id, password := d.newClient()

			a := h.app(t, id, password)
			tab := h.browser(t).open(a.address("scope", "phone offline_access"))
			tab.fill("phone_number", "+46701740605").press("send").fill("pin", "740605").press("continue")
			tokens := a.redeem(a.code(tab.press("allow"))).ok()
			if person := a.userinfo(tokens.text("access_token")).ok(); person.text("phone_number") != "+46701740605" {
				t.Errorf("user info is %s", person.body)
			}

			// Try it goes the same way, one press of the button after the other.
			d.open(product + "/try")
			d.submit(product+"/try", "number", "+46701740606")
			for range 7 {
				d.submit(product + "/try")
			}
			d.reads(http.StatusOK, "your client works", "+46701740606", "POST /oauth2/token", "200 OK")

			// The temporary secret of the run has gone, the client's own has not.
			if client, err := h.node.Catalog().Registration(t.Context(), id); err != nil || len(client.Client.Secrets) != 1 {
				t.Errorf("the client has %d secrets: %v", len(client.Client.Secrets), err)
			}
			a.refresh(tokens.text("refresh_token")).ok()
		})
	}
}

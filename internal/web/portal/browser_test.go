package portal_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// browser keeps cookies and follows redirects, as a person's does.
type browser struct {
	*stage
	client *http.Client
}

func (s *stage) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	return &browser{s, &http.Client{Jar: jar}}
}

// seen is a page as a person sees it.
type seen struct {
	t      *testing.T
	status int
	path   string // with the query
	header http.Header
	body   string
	root   *html.Node
}

func (b *browser) do(r *http.Request) seen {
	b.t.Helper()
	answer, err := b.client.Do(r)
	must(b.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	must(b.t, err)
	root, err := html.Parse(strings.NewReader(string(body)))
	must(b.t, err)
	p := seen{b.t, answer.StatusCode, answer.Request.URL.RequestURI(), answer.Header, string(body), root}
	p.check()
	return p
}

func (b *browser) get(path string) seen {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.server.URL+path, nil)
	must(b.t, err)
	return b.do(r)
}

// post sends fields to an address, as a form of the portal does. Fields come as name and value.
func (b *browser) post(path string, fields ...string) seen {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.send(path, "application/x-www-form-urlencoded", form.Encode())
}

func (b *browser) send(path, mediaType, body string) seen {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+path, strings.NewReader(body))
	must(b.t, err)
	r.Header.Set("Content-Type", mediaType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// signIn signs the browser in by a code from the address's mail.
func (b *browser) signIn(email string) seen {
	b.t.Helper()
	asked := b.post("/signin", "email", email).want(http.StatusOK, "code")
	return b.post("/signin/code", "r", asked.value("r"), "code", b.code(email))
}

// organization signs in and makes an organization, and returns its address.
func (b *browser) organization(email, name string) string {
	b.t.Helper()
	b.signIn(email)
	made := b.post("/organizations/new", "name", name).want(http.StatusOK, name)
	path, _, _ := strings.Cut(made.path, "?")
	return path
}

// join makes the address a member of the organization, in a browser of its own.
func (b *browser) join(organization, email string, role dialtone.Role) *browser {
	b.t.Helper()
	link := b.invite(organization, email, role)
	other := b.stage.browser()
	other.signIn(email)
	other.post(link).want(http.StatusOK, "Welcome")
	return other
}

// invite invites the address and returns the path of the link.
func (b *browser) invite(organization, email string, role dialtone.Role) string {
	b.t.Helper()
	invited := b.post(organization+"/members/invite", "email", email, "role", string(role)).want(http.StatusOK, email+" is invited")
	return strings.TrimPrefix(invited.text("link"), b.server.URL)
}

// want checks the status and that the page says the words.
func (p seen) want(status int, words ...string) seen {
	p.t.Helper()
	visible := text(p.root)
	for _, w := range words {
		if p.status != status || !strings.Contains(visible, w) {
			p.t.Fatalf("%s: status %d, want %d with %q:\n%s", p.path, p.status, status, w, visible)
		}
	}
	if p.status != status {
		p.t.Fatalf("%s: status %d, want %d:\n%s", p.path, p.status, status, visible)
	}
	return p
}

// without checks that the page does not say the words.
func (p seen) without(words string) seen {
	p.t.Helper()
	if strings.Contains(text(p.root), words) {
		p.t.Fatalf("%s says %q", p.path, words)
	}
	return p
}

// value returns the value of the first input with the name.
func (p seen) value(name string) string {
	p.t.Helper()
	for n := range p.root.Descendants() {
		if n.Data == "input" && attribute(n, "name") == name {
			return attribute(n, "value")
		}
	}
	p.t.Fatalf("%s has no input %s", p.path, name)
	return ""
}

// text returns what the element with the id says.
func (p seen) text(id string) string {
	p.t.Helper()
	for n := range p.root.Descendants() {
		if attribute(n, "id") == id {
			return text(n)
		}
	}
	p.t.Fatalf("%s has no element %s:\n%s", p.path, id, text(p.root))
	return ""
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var all strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			all.WriteString(child.Data + " ")
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

// confine puts a session in the place of the browser's own that came through the organization's sign-in.
func (b *browser) confine(organizationID string) {
	b.t.Helper()
	address, err := url.Parse(b.server.URL)
	must(b.t, err)
	for _, c := range b.client.Jar.Cookies(address) {
		if c.Name != "portal_session" {
			continue
		}
		id, _, _ := strings.Cut(c.Value, ".")
		before, _, err := b.db.AccountSession(b.t.Context(), id)
		must(b.t, err)
		text := secret.Token("").Reveal()
		before.ID, before.SecretHash = secret.ID("pse"), secret.Hash(text)
		before.OrganizationID, before.Method = organizationID, dialtone.SignInCompany
		must(b.t, b.db.CreateAccountSession(b.t.Context(), before))
		b.client.Jar.SetCookies(address, []*http.Cookie{{Name: "portal_session", Value: before.ID + "." + text, Path: "/"}})
		return
	}
	b.t.Fatal("nobody is signed in")
}

// link returns where the link with the words leads.
func (p seen) link(words string) string {
	p.t.Helper()
	for n := range p.root.Descendants() {
		if n.Data == "a" && text(n) == words {
			return attribute(n, "href")
		}
	}
	p.t.Fatalf("%s has no link %q", p.path, words)
	return ""
}

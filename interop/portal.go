package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// startDemo starts `dialtone demo` on free ports, and returns the port of its identity server. The caller stops it, also after
// an error.
func startDemo(ctx context.Context, binary, folder string) (*process, int, error) {
	base, err := freePorts(4)
	if err != nil {
		return nil, 0, err
	}
	p, err := startProcess(filepath.Join(folder, "demo.log"), binary,
		"demo", "--data", filepath.Join(folder, "demo"), "--port-base", strconv.Itoa(base), "--log-level", "debug")
	if err != nil {
		return nil, 0, err
	}
	for _, address := range []string{demoHost(base) + "/readyz", demoHost(base+1) + "/signin", demoHost(base+3) + "/messages"} {
		if err := p.awaitReady(ctx, http.DefaultTransport, address); err != nil {
			return p, 0, err
		}
	}
	return p, base, nil
}

func demoHost(port int) string { return "http://localhost:" + strconv.Itoa(port) }

// freePorts returns the first of so many ports in a row on which nobody listens.
func freePorts(count int) (int, error) {
	const tries = 100
	for range tries {
		address, err := freeAddress()
		if err != nil {
			return 0, err
		}
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			return 0, err
		}
		first, err := strconv.Atoi(text)
		if err != nil {
			return 0, err
		}
		if allFree(first, count) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row", count)
}

func allFree(first, count int) bool {
	for port := first; port < first+count; port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil || listener.Close() != nil {
			return false
		}
	}
	return true
}

// developer is somebody who knows the portal by its pages alone: a browser without JavaScript that follows redirects.
type developer struct {
	browser *http.Client
	portal  string // its address, without a slash at the end
	inbox   string
}

// document is a page and its address.
type document struct {
	*html.Node
	at *url.URL
}

// newDeveloper signs in with an e-mail address that nobody has used.
func newDeveloper(ctx context.Context, portal, inbox, email string) (*developer, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	d := &developer{browser: &http.Client{Jar: jar, Timeout: 30 * time.Second}, portal: portal, inbox: inbox}
	asked, err := d.fillIn(ctx, "/signin", "/signin", url.Values{"email": {email}})
	if err != nil {
		return nil, err
	}
	code, err := d.codeFor(ctx, email)
	if err != nil {
		return nil, err
	}
	in, err := d.submit(ctx, asked, "/signin/code", "", url.Values{"code": {code}})
	if err == nil && strings.HasPrefix(in.at.Path, "/signin") {
		err = fmt.Errorf("not signed in: %s", visibleText(in.Node))
	}
	return d, err
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// codeFor reads the newest code that was sent to the address.
func (d *developer) codeFor(ctx context.Context, email string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.inbox+"/messages?to="+url.QueryEscape(email), nil)
	if err != nil {
		return "", err
	}
	response, err := d.browser.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var messages []struct {
		Text string `json:"text"`
	}
	if err := json.NewDecoder(response.Body).Decode(&messages); err != nil {
		return "", fmt.Errorf("inbox: %w", err)
	}
	if len(messages) == 0 {
		return "", errors.New("inbox: no mail came")
	}
	code := sixDigits.FindString(messages[0].Text)
	if code == "" {
		return "", fmt.Errorf("inbox: no code in %q", messages[0].Text)
	}
	return code, nil
}

// open returns the page at an address of the portal.
func (d *developer) open(ctx context.Context, address string) (document, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.portal+address, nil)
	if err != nil {
		return document{}, err
	}
	return d.do(request)
}

func (d *developer) do(request *http.Request) (document, error) {
	response, err := d.browser.Do(request)
	if err != nil {
		return document{}, err
	}
	node, err := readPage(response)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, visibleText(node))
	}
	return document{node, response.Request.URL}, err
}

// submit fills in and sends the form of a page that goes to the action and, if hidden is not empty, has a field with that value.
func (d *developer) submit(ctx context.Context, page document, action, hidden string, typed url.Values) (document, error) {
	for node := range page.Descendants() {
		to, _, _ := strings.Cut(attribute(node, "action"), "#")
		if node.Type != html.ElementNode || node.Data != "form" || to != action || hidden != "" && find(node, "value", hidden) == nil {
			continue
		}
		filled, err := complete(node, typed)
		if err != nil {
			return document{}, err
		}
		request, err := filled.request(ctx, page.at)
		if err != nil {
			return document{}, err
		}
		return d.do(request)
	}
	return document{}, fmt.Errorf("%s has no form to %s: %s", page.at.Path, action, visibleText(page.Node))
}

// fillIn opens an address and sends its form that goes to the action.
func (d *developer) fillIn(ctx context.Context, address, action string, typed url.Values) (document, error) {
	page, err := d.open(ctx, address)
	if err != nil {
		return document{}, err
	}
	return d.submit(ctx, page, action, "", typed)
}

// createProduct makes an organization with a product that is enabled in the sandbox, and returns the product's address.
func (d *developer) createProduct(ctx context.Context, scopes []string) (string, error) {
	organization, err := d.fillIn(ctx, "/organizations/new", "/organizations/new", url.Values{"name": {"Interop"}})
	if err != nil {
		return "", err
	}
	newProduct := organization.at.Path + "/products/new"
	made, err := d.fillIn(ctx, newProduct, newProduct, url.Values{"name": {"Snippets"}})
	if err != nil {
		return "", err
	}
	id, ok := strings.CutPrefix(made.at.Path, "/products/") // one of the product's tabs
	if !ok {
		return "", fmt.Errorf("no product: %s", visibleText(made.Node))
	}
	id, _, _ = strings.Cut(id, "/")
	product := "/products/" + id
	if _, err := d.fillIn(ctx, product+"/scopes", product+"/scopes", url.Values{"enabled": scopes}); err != nil {
		return "", err
	}
	listing, err := d.open(ctx, product+"/listing")
	if err != nil {
		return "", err
	}
	_, err = d.submit(ctx, listing, product+"/listing", "sandbox", nil)
	return product, err
}

// registration is a client as the portal shows it once: the secret of a public one is empty.
type registration struct{ id, secret string }

// createClient makes a client with what is typed.
func (d *developer) createClient(ctx context.Context, product string, typed url.Values) (registration, error) {
	address := product + "/clients/new"
	shown, err := d.fillIn(ctx, address, address, typed)
	if err != nil {
		return registration{}, err
	}
	id := find(shown.Node, "id", "client-id")
	if id == nil {
		return registration{}, fmt.Errorf("no client id: %s", visibleText(shown.Node))
	}
	made := registration{id: text(id)}
	if secret := find(shown.Node, "id", "client-secret"); secret != nil {
		made.secret = text(secret)
	}
	return made, nil
}

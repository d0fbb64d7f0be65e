package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// person is somebody with a phone and a browser without JavaScript: it keeps cookies, follows redirects by hand and fills in
// the forms of docs/promises.md, The subscriber's pages, until a redirect leads out of the identity host. One goroutine at a time.
type person struct {
	browser     *http.Client
	issuer      string // what belongs to the identity host begins with this
	phoneNumber string
	pin         string
}

// newPerson gives the person a fresh browser on the transport, which knows the throw-away certificate authority.
func newPerson(transport http.RoundTripper, issuer, phoneNumber, pin string) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &person{
		browser: &http.Client{
			Transport:     transport,
			Jar:           jar,
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		issuer:      issuer,
		phoneNumber: phoneNumber,
		pin:         pin,
	}, nil
}

// maxSteps is more than any honest way through the pages takes.
const maxSteps = 20

// visit opens an address and does what the pages ask for. It returns the first address outside of the identity host to
// which the browser is sent, which it does not open.
func (p *person) visit(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	var filled []string // what the person did, to notice a page that comes back
	var policy string   // the Content-Security-Policy of the page whose form is being sent
	for range maxSteps {
		response, err := p.browser.Do(request)
		if err != nil {
			return "", err
		}
		if target, redirected, err := redirectTarget(response); err != nil {
			return "", err
		} else if redirected {
			if !strings.HasPrefix(target.String(), p.issuer+"/") {
				return target.String(), formMayLeadTo(policy, target)
			}
			if request, err = http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil); err != nil {
				return "", err
			}
			continue
		}
		page, err := readPage(response)
		if err != nil {
			return "", err
		}
		form, task := p.form(page)
		switch {
		case form == nil:
			return "", fmt.Errorf("%s %s shows nothing to fill in: %s", response.Status, request.URL.Path, visibleText(page))
		case slices.Contains(filled, task):
			return "", fmt.Errorf("%s asks for %s again: %s", request.URL.Path, task, visibleText(page))
		}
		filled = append(filled, task)
		policy = response.Header.Get("Content-Security-Policy")
		if request, err = form.request(ctx, request.URL); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("no end after %d pages", maxSteps)
}

// use opens an address of an app and goes where it is sent, through the identity host and back, until the app shows a page: its
// text. The app is a scheme, host and port; a page that is not 200 is an error.
func (p *person) use(ctx context.Context, app, address string) (string, error) {
	for range maxSteps {
		if strings.HasPrefix(address, p.issuer+"/") {
			var err error
			if address, err = p.visit(ctx, address); err != nil {
				return "", err
			}
			continue
		}
		if !strings.HasPrefix(address, app+"/") {
			return "", fmt.Errorf("the browser was sent to %s, which is not of the app", address)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return "", err
		}
		request.Header.Set("Accept", "text/html,*/*;q=0.8") // proxies answer 401 to what does not say that it shows pages
		response, err := p.browser.Do(request)
		if err != nil {
			return "", err
		}
		target, redirected, err := redirectTarget(response)
		if err != nil {
			return "", err
		}
		if !redirected {
			return appPage(response)
		}
		address = target.String()
	}
	return "", fmt.Errorf("no end after %d addresses", maxSteps)
}

// appPage returns what an app's page says, and closes it.
func appPage(response *http.Response) (string, error) {
	defer response.Body.Close()
	const limit = 1 << 16
	text, err := io.ReadAll(io.LimitReader(response.Body, limit))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", response.Status, response.Request.URL.Path, text)
	}
	return string(text), err
}

// form finds the form on the page that this person knows how to fill in, fills it in, and says what it asked for.
func (p *person) form(page *html.Node) (*filledForm, string) {
	for node := range page.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" {
			continue
		}
		switch {
		case find(node, "name", "phone_number") != nil:
			return fill(node, map[string]string{"phone_number": p.phoneNumber}, nil), "the number"
		case find(node, "name", "pin") != nil:
			return fill(node, map[string]string{"pin": p.pin}, nil), "the PIN"
		case find(node, "id", "allow") != nil:
			return fill(node, nil, find(node, "id", "allow")), "consent"
		case find(node, "id", "sign-out") != nil:
			return fill(node, nil, find(node, "id", "sign-out")), "sign-out"
		}
	}
	return nil, ""
}

// redirectTarget says where a redirect leads. The body of the response is closed if it is one.
func redirectTarget(response *http.Response) (*url.URL, bool, error) {
	if response.StatusCode < 300 || response.StatusCode > 399 {
		return nil, false, nil
	}
	response.Body.Close()
	target, err := response.Location()
	if err != nil {
		return nil, false, fmt.Errorf("%s %s: %w", response.Status, response.Request.URL.Path, err)
	}
	return target, true, nil
}

// formMayLeadTo checks what a browser would: when a form's answer redirects to another site, the form-action of the page's
// policy must name that site (CSP Level 3 §6.4.1). An empty policy means that no form was sent.
func formMayLeadTo(policy string, target *url.URL) error {
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 || words[0] != "form-action" {
			continue
		}
		if slices.Contains(words[1:], target.Scheme+"://"+target.Host) || slices.Contains(words[1:], target.Scheme+":") {
			return nil
		}
		return fmt.Errorf("a browser would stop here: %q does not allow a form to lead to %s", strings.TrimSpace(directive), target.Redacted())
	}
	return nil
}

// readPage parses an HTML answer and closes it.
func readPage(response *http.Response) (*html.Node, error) {
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		return nil, fmt.Errorf("%s %s is %s and no page", response.Status, response.Request.URL.Path, kind)
	}
	const limit = 1 << 20
	page, err := html.Parse(io.LimitReader(response.Body, limit))
	return page, errors.Join(err, response.Body.Close())
}

// visibleText returns the beginning of what a reader of the page sees.
func visibleText(page *html.Node) string {
	const limit = 300
	var words []string
	for node := range page.Descendants() {
		if node.Type != html.TextNode || slices.Contains([]string{"script", "style", "title"}, node.Parent.Data) {
			continue
		}
		words = append(words, strings.Fields(node.Data)...)
	}
	text := []rune(strings.Join(words, " "))
	return string(text[:min(len(text), limit)])
}

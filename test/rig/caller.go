package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Caller is who sends requests to one node, as a balancer passes them on: under the public address, whatever the node's.
type Caller struct {
	Issuer string
	Seen   func(Answer) // hears of every answer; may be nil
	to     http.RoundTripper
}

// Answer is what came of one request.
type Answer struct {
	What       string // the request, in a word
	Began      time.Time
	Took       time.Duration
	Status     int // 0 if none came
	RetryAfter string
	Location   string
	Body       []byte
	Err        error // if none came
}

// Good reports whether the request was done.
func (a Answer) Good() bool { return a.Status >= 200 && a.Status < 400 }

// Away reports whether the caller was asked to come back later, as it must be whenever the database does not answer.
func (a Answer) Away() bool { return a.Status == http.StatusServiceUnavailable && a.RetryAfter != "" }

// Code is the error code of the token endpoint; empty if there is none.
func (a Answer) Code() string {
	var body struct{ Error string }
	_ = json.Unmarshal(a.Body, &body)
	return body.Error
}

// Error says what came instead of what was wanted.
func (a Answer) Error() string {
	if a.Err != nil {
		return fmt.Sprintf("%s: no answer: %v", a.What, a.Err)
	}
	return fmt.Sprintf("%s: status %d, Retry-After %q: %.300s", a.What, a.Status, a.RetryAfter, a.Body)
}

// patience is far more than any answer may take.
const patience = time.Minute

// Call returns who calls the node at that address.
func Call(issuer, node string, seen func(Answer)) *Caller {
	return &Caller{Issuer: issuer, Seen: seen, to: &http.Transport{
		MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, node)
		},
	}}
}

// App is a client of dialtone that authenticates.
type App struct {
	ID, Secret, Redirect, Scope string
	Strict                      bool // a refresh token that was replaced counts no longer, at once
}

// Browser keeps cookies.
type Browser struct{ jar http.CookieJar }

// NewBrowser returns one that was nowhere yet.
func NewBrowser() Browser {
	jar, _ := cookiejar.New(nil) // fails never
	return Browser{jar}
}

// send sends a request. A form is posted, with the app's credentials if there is an app.
func (c *Caller) send(what string, b Browser, target string, form url.Values, app *App) Answer {
	a := Answer{What: what, Began: time.Now()}
	defer func() {
		if c.Seen != nil {
			c.Seen(a)
		}
	}()
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	if strings.HasPrefix(target, "/") {
		target = c.Issuer + target
	}
	request, err := http.NewRequest(method, target, body)
	if err != nil {
		a.Err = err
		return a
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if app != nil {
		request.SetBasicAuth(app.ID, app.Secret)
	}
	a.exchange(&http.Client{Transport: c.to, Jar: b.jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}, request)
	return a
}

func (a *Answer) exchange(client *http.Client, request *http.Request) {
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
		a.Body, err = io.ReadAll(response.Body)
	}
	a.Took = time.Since(a.Began)
	if a.Err = err; err == nil {
		a.Status, a.RetryAfter, a.Location = response.StatusCode, response.Header.Get("Retry-After"), response.Header.Get("Location")
	}
}

var hidden = regexp.MustCompile(`name="r" value="([^"]+)"`)

// SignIn goes through the pages as a person with that test number does, as far as they ask, and returns the code, and whether
// the person was asked for the number and for consent. On anything but the next page it returns the answer as the error.
func (c *Caller) SignIn(b Browser, app App, number string) (code string, asked Asked, err error) {
	a := c.send("authorize", b, "/oauth2/auth?"+url.Values{"response_type": {"code"}, "client_id": {app.ID}, "redirect_uri": {app.Redirect},
		"scope": {app.Scope}, "state": {"s"}}.Encode(), nil, nil)
	for range 12 {
		switch {
		case strings.HasPrefix(a.Location, app.Redirect+"?"):
			to, err := url.Parse(a.Location)
			if err != nil || to.Query().Get("code") == "" {
				return "", asked, fmt.Errorf("%s: sent back without a code: %s", a.What, a.Location)
			}
			return to.Query().Get("code"), asked, nil
		case a.Location != "":
			a = c.send("page", b, a.Location, nil, nil)
		case a.Status != http.StatusOK:
			return "", asked, a
		default:
			if a, err = c.answer(b, a, number, &asked); err != nil {
				return "", asked, err
			}
		}
	}
	return "", asked, fmt.Errorf("the pages do not end: %.300s", a.Body)
}

// Asked is what the pages asked for.
type Asked struct{ Number, Consent bool }

// answer fills in the form of a page.
func (c *Caller) answer(b Browser, page Answer, number string, asked *Asked) (Answer, error) {
	r := hidden.FindSubmatch(page.Body)
	if r == nil {
		return page, fmt.Errorf("a page without a form: %.300s", page.Body)
	}
	form := url.Values{"r": {html.UnescapeString(string(r[1]))}}
	has := func(field string) bool { return strings.Contains(string(page.Body), `name="`+field+`"`) }
	switch {
	case has("phone_number"):
		asked.Number = true
		form.Set("phone_number", number)
		return c.send("number", b, "/signin", form, nil), nil
	case has("pin"):
		form.Set("pin", number[len(number)-6:]) // the fixed PIN of a test number
		return c.send("PIN", b, "/signin/pin", form, nil), nil
	case has("decision"):
		asked.Consent = true
		form.Set("decision", "allow")
		return c.send("consent", b, "/consent", form, nil), nil
	}
	return page, fmt.Errorf("a page that asks for nothing that is known: %.300s", page.Body)
}

// Tokens is what the token endpoint gives.
type Tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// Redeem exchanges a code.
func (c *Caller) Redeem(app App, code string) (Tokens, Answer) {
	return c.tokens("redeem", app, url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {app.Redirect}, "code": {code}})
}

// Refresh exchanges a refresh token.
func (c *Caller) Refresh(app App, token string) (Tokens, Answer) {
	return c.tokens("refresh", app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func (c *Caller) tokens(what string, app App, form url.Values) (t Tokens, a Answer) {
	a = c.send(what, Browser{}, "/oauth2/token", form, &app)
	if a.Good() {
		if err := json.Unmarshal(a.Body, &t); err != nil {
			a.Err = err
		}
	}
	return t, a
}

// Revoke ends what a token belongs to (RFC 7009).
func (c *Caller) Revoke(app App, token string) Answer {
	return c.send("revoke", Browser{}, "/oauth2/revoke", url.Values{"token": {token}}, &app)
}

// Active reports whether introspection (RFC 7662) calls a token active.
func (c *Caller) Active(app App, token string) (bool, Answer) {
	a := c.send("introspect", Browser{}, "/oauth2/introspect", url.Values{"token": {token}}, &app)
	var body struct{ Active bool }
	_ = json.Unmarshal(a.Body, &body)
	return a.Good() && body.Active, a
}

// Get asks for an address as it is.
func Get(address string) Answer {
	return (&Caller{to: http.DefaultTransport}).send("GET "+address, Browser{}, address, nil, nil)
}

// TestNumber is one of the sandbox operator's published numbers, 0 to 999.
func TestNumber(i int) string { return fmt.Sprintf("+447700900%03d", i%1000) }

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// What `dialtone apply` is told before a run, and what every request names.
const (
	clientSecret = "benchmark-secret-that-guards-nothing"
	redirectURI  = "http://127.0.0.1:9/callback" // nobody listens there; redirects are read, not followed
	scopesPlain  = "phone offline_access"
	scopesOpenID = "openid phone offline_access"
)

// clientID names the client of a product. There are several products, because a number is a new subscriber once a product.
func clientID(product int) string { return "bench-" + strconv.Itoa(product) }

// step names one request of an operation. The bare server answers each step in the size that ours has.
type step string

const (
	stepClientCredentials step = "client credentials"
	stepIntrospect        step = "introspect"
	stepUserInfo          step = "user info"
	stepRefresh           step = "refresh"
	stepAuthorize         step = "authorize"
	stepRedeem            step = "redeem"
	stepRedeemOpenID      step = "redeem with openid"
	stepBegin             step = "authorize, signed out"
	stepNumberPage        step = "number page"
	stepNumber            step = "number"
	stepPINPage           step = "PIN page"
	stepPIN               step = "PIN"
	stepConsentPage       step = "consent page"
	stepConsent           step = "consent"
)

// size is how long an answer was, in bytes.
type size struct {
	Body     int `json:"body"`
	Location int `json:"location"`
}

// visitor is one client of a server: a connection, a browser with its cookies, and the tokens that it got. It is used by one
// goroutine at a time.
type visitor struct {
	*connection
	cookies []cookie
	access  []string // access tokens of different grants
	refresh string   // live refresh token of a grant without openid
	crowd   *crowd   // where new people come from
	sizes   map[step]size
	request []byte      // built anew for each request
	next    int         // index into access
	done    int64       // operations so far
	people  []*identity // whom the visitor acts for, in turn, in a database that was filled
	turnOf  int         // index into people
}

// call is a request as far as it differs from others.
type call struct {
	target        string // path and query
	form          string // posted if not empty
	authorization string
}

// send makes a request of the call, exchanges it, and checks the status of the answer.
func (v *visitor) send(s step, c call, status int) (response, error) {
	b := v.request[:0]
	if c.form == "" {
		b = append(b, "GET "...)
	} else {
		b = append(b, "POST "...)
	}
	b = append(b, c.target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, v.address...)
	if c.authorization != "" {
		b = append(b, "\r\nAuthorization: "...)
		b = append(b, c.authorization...)
	} else {
		b = v.appendCookies(b)
	}
	if c.form != "" {
		b = append(b, "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(c.form)), 10)
	}
	b = append(b, "\r\n\r\n"...)
	v.request = append(b, c.form...)

	answer, err := v.exchange(v.request)
	switch {
	case err != nil:
		return answer, fmt.Errorf("%s: %w", s, err)
	case answer.status != status:
		return answer, fmt.Errorf("%s: status %d instead of %d: %.300s%s", s, answer.status, status, answer.body, answer.location)
	}
	if v.sizes != nil {
		v.sizes[s] = size{Body: len(answer.body), Location: len(answer.location)}
	}
	for _, set := range answer.cookies {
		v.keep(set)
	}
	return answer, nil
}

func (v *visitor) appendCookies(b []byte) []byte {
	for i, c := range v.cookies {
		if i == 0 {
			b = append(b, "\r\nCookie: "...)
		} else {
			b = append(b, "; "...)
		}
		b = append(b, c.name...)
		b = append(b, '=')
		b = append(b, c.value...)
	}
	return b
}

// keep stores a cookie as a browser does.
func (v *visitor) keep(set cookie) {
	for i := range v.cookies {
		if v.cookies[i].name == set.name {
			v.cookies[i].value = set.value
			return
		}
	}
	v.cookies = append(v.cookies, set)
}

// basic is the client's Authorization header (RFC 6749 §2.3.1); ids and secrets here have nothing to encode.
func basic(product int) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(clientID(product)+":"+clientSecret))
}

// authorizeTarget is an authorization request.
func authorizeTarget(product int, scopes string) string {
	return "/oauth2/auth?" + url.Values{
		"response_type": {"code"}, "client_id": {clientID(product)}, "redirect_uri": {redirectURI}, "scope": {scopes}, "state": {"benchmark"},
	}.Encode()
}

// member returns a string member of a flat JSON object. Tokens have nothing to unescape.
func member(object []byte, name string) (string, error) {
	_, after, found := bytes.Cut(object, []byte(`"`+name+`":"`))
	value, _, closed := bytes.Cut(after, []byte(`"`))
	if !found || !closed || len(value) == 0 {
		return "", fmt.Errorf("the answer has no %s: %.300s", name, object)
	}
	return string(value), nil
}

// hidden returns the value of the hidden input r, which carries the authorization request from page to page.
func hidden(page []byte) (string, error) {
	_, after, found := bytes.Cut(page, []byte(`name="r" value="`))
	value, _, closed := bytes.Cut(after, []byte(`"`))
	if !found || !closed || len(value) == 0 {
		return "", fmt.Errorf("the page has no hidden input r: %.300s", page)
	}
	return string(value), nil
}

// codeOf returns the code of an authorization response.
func codeOf(location string) (string, error) {
	query, found := strings.CutPrefix(location, redirectURI+"?")
	if !found {
		return "", fmt.Errorf("the browser is sent to %s instead of to the client", location)
	}
	for pair := range strings.SplitSeq(query, "&") {
		if code, found := strings.CutPrefix(pair, "code="); found {
			return code, nil
		}
	}
	return "", fmt.Errorf("the authorization response has no code: %s", query)
}

// pathOf returns the path and query of a redirect that stays on the server.
func (v *visitor) pathOf(location string) (string, error) {
	path := strings.TrimPrefix(location, "http://"+v.address)
	if !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("the browser is sent away to %s", location)
	}
	return path, nil
}

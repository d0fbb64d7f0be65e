package try

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// visitor sends requests to the identity host as a browser or an app would. What the browser keeps is in the run.
type visitor struct {
	identity http.Handler
	issuer   string
	from     *http.Request // the developer's own request: the identity host counts by the address that it comes from
	run      *run
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// recorder keeps an answer in memory.
type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(body []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(body)
}

// message is a request before it is sent.
type message struct {
	method string
	path   string     // with the query, below the issuer
	form   url.Values // of a POST
	header [][2]string
}

// send sends the request with the browser's cookies and keeps those that come back.
func (v visitor) send(ctx context.Context, m message) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, m.method, v.issuer+m.path, strings.NewReader(m.form.Encode()))
	if err != nil {
		return answer{}, fmt.Errorf("try: %w", err)
	}
	request.RequestURI = request.URL.RequestURI()
	request.RemoteAddr = v.from.RemoteAddr
	if hops := v.from.Header.Values("X-Forwarded-For"); len(hops) > 0 {
		request.Header["X-Forwarded-For"] = slices.Clone(hops)
	}
	if m.method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range m.header {
		request.Header.Set(h[0], h[1])
	}
	for _, name := range slices.Sorted(maps.Keys(v.run.Cookies)) {
		request.AddCookie(&http.Cookie{Name: name, Value: v.run.Cookies[name]})
	}
	request.Header.Set("Accept-Language", "en")
	w := &recorder{header: make(http.Header)}
	v.identity.ServeHTTP(w, request)
	for _, cookie := range (&http.Response{Header: w.header}).Cookies() {
		if v.run.Cookies == nil {
			v.run.Cookies = make(map[string]string)
		}
		v.run.Cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(v.run.Cookies, cookie.Name)
		}
	}
	return answer{status: w.status, header: w.header, body: w.body.Bytes()}, nil
}

// browse sends the request, follows redirects as long as they stay on the identity host, and returns the page that the browser
// ends at, or the address to which it leaves. The exchange holds all of it.
func (v visitor) browse(ctx context.Context, step string, m message) (exchange, screen, string, error) {
	const hops = 5
	var shown exchange
	for hop := range hops {
		got, err := v.send(ctx, m)
		if err != nil {
			return exchange{}, screen{}, "", err
		}
		if hop == 0 {
			shown = exchange{Step: step, Request: m.text(v.host()), Answer: got.text()}
		} else {
			shown.Answer += "\n\n# The browser follows:\n" + m.text(v.host()) + "\n\n" + got.text()
		}
		location := got.header.Get("Location")
		if location == "" {
			return shown, parsePage(got.body), "", nil
		}
		path, isInside := v.inside(location)
		if !isInside {
			return shown, screen{}, location, nil
		}
		m = message{method: http.MethodGet, path: path}
	}
	return shown, screen{}, "", fmt.Errorf("try: more than %d redirects", hops)
}

// inside returns the path of an address on the identity host; false if it leads elsewhere.
func (v visitor) inside(location string) (string, bool) {
	path, _ := strings.CutPrefix(location, v.issuer)
	return path, strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//")
}

func (v visitor) host() string {
	_, host, _ := strings.Cut(v.issuer, "://")
	return host
}

package server_test

import (
	"cmp"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser keeps cookies. Its tabs follow redirects, read forms and press buttons, all without JavaScript.
type browser struct {
	t        testing.TB
	house    *house
	client   *http.Client
	language string // Accept-Language
}

func (h *house) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, house: h, language: "en", client: &http.Client{
		Transport:     h.wire,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) tab() *tab {
	return &tab{browser: b, filled: map[string]string{}, ticked: map[string]bool{}}
}

// open opens the address in a new tab.
func (b *browser) open(address string) *tab {
	b.t.Helper()
	tab := b.tab()
	tab.visit(address)
	return tab
}

func (b *browser) cookie(name string) string {
	address, err := url.Parse(b.house.issuer)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(address) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// tab shows one page, or has left for an app.
type tab struct {
	*browser
	address string // of the page
	status  int
	header  http.Header
	root    *html.Node
	body    string
	posted  int    // status of the answer to the last form
	waiting string // Retry-After of a form that was refused
	landed  string // the app's address, byte for byte, when the browser was sent away

	filled map[string]string // by name
	ticked map[string]bool   // by id
}

// visit goes to an address, as if it had been typed or a link had been followed.
func (tb *tab) visit(address string) *tab {
	tb.t.Helper()
	request, err := http.NewRequestWithContext(tb.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		tb.t.Fatal(err)
	}
	tb.load(request, nil)
	return tb
}

// load sends the request and follows where it leads. Allowed is what the page with the form lets forms lead to: browsers
// apply form-action to redirects, too. Nil: it was no form.
func (tb *tab) load(request *http.Request, allowed []string) {
	tb.t.Helper()
	tb.landed, tb.waiting = "", ""
	clear(tb.filled)
	clear(tb.ticked)
	const hops = 8
	for range hops {
		request.Header.Set("Accept-Language", tb.language)
		answer, err := tb.client.Do(request)
		if err != nil {
			tb.t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			tb.t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			tb.t.Fatal(err)
		}
		tb.address, tb.status, tb.header, tb.body = request.URL.String(), answer.StatusCode, answer.Header, string(body)
		tb.root, tb.waiting = nil, cmp.Or(tb.waiting, answer.Header.Get("Retry-After"))
		if request.Method == http.MethodPost {
			tb.posted = answer.StatusCode
		}
		location := answer.Header.Get("Location")
		if location == "" {
			if tb.root, err = html.Parse(strings.NewReader(tb.body)); err != nil {
				tb.t.Fatal(err)
			}
			return
		}
		target, err := request.URL.Parse(location)
		if err != nil {
			tb.t.Fatalf("Location %q: %v", location, err)
		}
		if allowed != nil && !formMayLeadTo(allowed, tb.house.issuer, target) {
			tb.t.Errorf("a browser would stop on the way to %s: form-action is %q", location, allowed)
		}
		if !strings.HasPrefix(target.String(), tb.house.issuer+"/") {
			tb.landed = location
			return
		}
		if request, err = http.NewRequestWithContext(tb.t.Context(), http.MethodGet, target.String(), nil); err != nil {
			tb.t.Fatal(err)
		}
	}
	tb.t.Fatalf("the browser is sent around in circles, now at %s", tb.address)
}

func formMayLeadTo(allowed []string, self string, target *url.URL) bool {
	origin := target.Scheme + "://" + target.Host
	return origin == self || slices.Contains(allowed, origin) || slices.Contains(allowed, target.Scheme+":")
}

// formAction is the directive of the page's Content Security Policy.
func (tb *tab) formAction() []string {
	for directive := range strings.SplitSeq(tb.header.Get("Content-Security-Policy"), ";") {
		if sources, ok := strings.CutPrefix(strings.TrimSpace(directive), "form-action "); ok {
			return strings.Fields(sources)
		}
	}
	return nil // a page whose forms lead to an app has none
}

// fill types into the field with that id.
func (tb *tab) fill(id, value string) *tab {
	tb.t.Helper()
	tb.filled[attribute(tb.element(id), "name")] = value
	return tb
}

// tick ticks or unticks a checkbox by its id.
func (tb *tab) tick(id string) *tab {
	tb.t.Helper()
	box := tb.element(id)
	now, changed := tb.ticked[id]
	if !changed {
		now = has(box, "checked")
	}
	tb.ticked[id] = !now
	return tb
}

// scopeBox is the id of the checkbox of an optional scope.
func (tb *tab) scopeBox(scope string) string {
	tb.t.Helper()
	for element := range tb.root.Descendants() {
		if element.Data == "input" && attribute(element, "name") == "scope" && attribute(element, "value") == scope {
			return attribute(element, "id")
		}
	}
	tb.t.Fatalf("the page %s offers no scope %s: %s", tb.address, scope, tb.text())
	return ""
}

// press presses the button with that id and follows where its form leads.
func (tb *tab) press(id string) *tab {
	tb.t.Helper()
	tb.load(tb.submission(id), tb.formAction())
	if tb.posted != http.StatusSeeOther && !tb.answersByForm() && tb.posted < http.StatusInternalServerError {
		tb.t.Errorf("the button %s is answered by a page (%d), which a reload would ask for again: %s", id, tb.posted, tb.text())
	}
	return tb
}

// answersByForm reports whether the page is an authorization response that posts itself: the one page that answers a form.
func (tb *tab) answersByForm() bool {
	if tb.root == nil {
		return false
	}
	for element := range tb.root.Descendants() {
		if element.Data == "form" && strings.Contains(attribute(element, "action"), "://") {
			return true
		}
	}
	return false
}

// submission is the request that pressing the button sends.
func (tb *tab) submission(id string) *http.Request {
	tb.t.Helper()
	button := tb.element(id)
	form := button
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	if form == nil {
		tb.t.Fatalf("the button %s is in no form", id)
	}
	fields := url.Values{}
	for element := range form.Descendants() {
		name := attribute(element, "name")
		if element.Data != "input" || name == "" {
			continue
		}
		value, typed := tb.filled[name]
		if !typed {
			value = attribute(element, "value")
		}
		if attribute(element, "type") == "checkbox" {
			ticked, changed := tb.ticked[attribute(element, "id")]
			if !changed {
				ticked = has(element, "checked")
			}
			if !ticked {
				continue
			}
		}
		fields.Add(name, value)
	}
	if name := attribute(button, "name"); name != "" {
		fields.Add(name, attribute(button, "value"))
	}
	page, err := url.Parse(tb.address)
	if err != nil {
		tb.t.Fatal(err)
	}
	action, err := page.Parse(attribute(form, "action"))
	if err != nil {
		tb.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(tb.t.Context(), http.MethodPost, action.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		tb.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", tb.house.issuer)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request
}

// follow follows the link with that id.
func (tb *tab) follow(id string) *tab {
	tb.t.Helper()
	page, err := url.Parse(tb.address)
	if err != nil {
		tb.t.Fatal(err)
	}
	target, err := page.Parse(attribute(tb.element(id), "href"))
	if err != nil {
		tb.t.Fatal(err)
	}
	if !strings.HasPrefix(target.String(), tb.house.issuer+"/") {
		tb.landed = attribute(tb.element(id), "href")
		return tb
	}
	return tb.visit(target.String())
}

// shows reports whether the page has an element with that id.
func (tb *tab) shows(id string) bool { return tb.root != nil && withID(tb.root, id) != nil }

func (tb *tab) element(id string) *html.Node {
	tb.t.Helper()
	if !tb.shows(id) {
		tb.t.Fatalf("there is no #%s at %s (status %d, landed at %q): %s", id, tb.address, tb.status, tb.landed, tb.text())
	}
	return withID(tb.root, id)
}

// value is what the field with that id is filled with.
func (tb *tab) value(id string) string {
	tb.t.Helper()
	return attribute(tb.element(id), "value")
}

// hidden is the value of a hidden field.
func (tb *tab) hidden(name string) string {
	tb.t.Helper()
	if tb.root != nil {
		for element := range tb.root.Descendants() {
			if element.Data == "input" && attribute(element, "name") == name {
				return attribute(element, "value")
			}
		}
	}
	tb.t.Fatalf("there is no field %s at %s: %s", name, tb.address, tb.text())
	return ""
}

// spoken is the language that the page is in.
func (tb *tab) spoken() string {
	for node := range tb.root.Descendants() {
		if node.Type == html.ElementNode && node.Data == "html" {
			return attribute(node, "lang")
		}
	}
	return ""
}

func (tb *tab) heading() string {
	if tb.root != nil {
		for element := range tb.root.Descendants() {
			if element.Data == "h1" {
				return visible(element)
			}
		}
	}
	return ""
}

// text is what a person reads on the page.
func (tb *tab) text() string {
	if tb.root == nil {
		return ""
	}
	return visible(tb.root)
}

// wants fails unless the page has that status and heading, and the words.
func (tb *tab) wants(status int, heading string, words ...string) *tab {
	tb.t.Helper()
	if tb.status != status || tb.heading() != heading {
		tb.t.Fatalf("at %s: %d %q (landed at %q), want %d %q: %s", tb.address, tb.status, tb.heading(), tb.landed, status, heading, tb.text())
	}
	for _, want := range words {
		if !strings.Contains(tb.text(), want) {
			tb.t.Errorf("%q is not on the page %q: %s", want, heading, tb.text())
		}
	}
	return tb
}

// answer is the authorization response that the browser brings to the app at redirect.
func (tb *tab) answer(redirect string) url.Values {
	tb.t.Helper()
	query, ok := strings.CutPrefix(tb.landed, redirect+"?")
	if !ok {
		tb.t.Fatalf("the browser is not at the app %s but at %q: %s (%d) %s", redirect, tb.landed, tb.address, tb.status, tb.text())
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		tb.t.Fatal(err)
	}
	return values
}

// signIn types the number and the PIN from the SMS.
func (tb *tab) signIn(number string) *tab {
	tb.t.Helper()
	tb.fill("phone_number", number).press("send")
	return tb.fill("pin", tb.house.pin(number)).press("continue")
}

func visible(root *html.Node) string {
	var text strings.Builder
	var walk func(*html.Node)
	walk = func(node *html.Node) {
		switch {
		case node.Type == html.TextNode:
			text.WriteString(node.Data)
		case node.Type == html.ElementNode && (slices.Contains([]string{"script", "style", "head"}, node.Data) || has(node, "hidden")):
			return
		}
		for child := range node.ChildNodes() {
			walk(child)
		}
		if node.Type == html.ElementNode && slices.Contains([]string{"p", "h1", "h2", "li", "div", "label", "button", "a", "legend", "span"}, node.Data) {
			text.WriteByte(' ')
		}
	}
	walk(root)
	return strings.Join(strings.Fields(text.String()), " ")
}

func withID(root *html.Node, id string) *html.Node {
	for element := range root.Descendants() {
		if element.Type == html.ElementNode && attribute(element, "id") == id {
			return element
		}
	}
	return nil
}

func attribute(element *html.Node, name string) string {
	for _, a := range element.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(element *html.Node, name string) bool {
	return slices.ContainsFunc(element.Attr, func(a html.Attribute) bool { return a.Key == name })
}

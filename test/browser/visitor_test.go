package browser

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// visitor goes through the pages of one host without a browser, which is quick, and keeps a picture of each.
type visitor struct {
	t        *testing.T
	client   *http.Client
	origin   string
	language string
	pictures []picture
	at       *url.URL   // of the page that came last
	root     *html.Node // of the same
	state    string     // of the last authorization request on the way
}

func newVisitor(t *testing.T, origin, language string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, client: &http.Client{Jar: jar}, origin: origin, language: language}
}

// open goes to a page of the host and keeps what came after all redirects.
func (v *visitor) open(path string) {
	v.t.Helper()
	v.get(v.origin + path)
}

// get is open for any address.
func (v *visitor) get(address string) {
	v.t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	v.take(request)
}

// send sends the page's form to the action, with the values in place of those that stand there. A form that is not on the page
// fails the test.
func (v *visitor) send(action string, typed url.Values) {
	v.t.Helper()
	v.post(action, filledIn(v.form(action), typed))
}

// post sends a form to a path of the host that showed the last page.
func (v *visitor) post(path string, values url.Values) {
	v.t.Helper()
	origin := v.at.Scheme + "://" + v.at.Host
	request, err := http.NewRequest(http.MethodPost, origin+path, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", origin)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	v.take(request)
}

func (v *visitor) take(request *http.Request) {
	v.t.Helper()
	request.Header.Set("Accept-Language", v.language)
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	for way := answer.Request; way.Response != nil; way = way.Response.Request {
		if state := way.Response.Request.URL.Query().Get("state"); state != "" {
			v.state = state
		}
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		return
	}
	if v.root, err = html.Parse(bytes.NewReader(body)); err != nil {
		v.t.Fatal(err)
	}
	v.at = answer.Request.URL
	name := request.Method + " " + request.URL.Path
	for node := range v.root.Descendants() {
		if page := attribute(node, "data-page"); page != "" {
			name = page + " after " + name
			break
		}
	}
	v.pictures = append(v.pictures, picture{name: name, origin: v.at.Scheme + "://" + v.at.Host, language: v.language, html: body})
}

// form is the page's form to the action.
func (v *visitor) form(action string) *html.Node {
	v.t.Helper()
	for node := range v.root.Descendants() {
		if node.Data == "form" && attribute(node, "method") == "post" && attribute(node, "action") == action {
			return node
		}
	}
	v.t.Fatalf("%s has no form to %s:\n%.3000s", v.at, action, text(v.root))
	return nil
}

// everywhere follows every link inside the host, breadth first; of the addresses that differ in their query only it takes two.
func (v *visitor) everywhere(from string) {
	v.t.Helper()
	queue, seen := []string{from}, map[string]int{from: 1}
	for len(queue) > 0 {
		v.open(queue[0])
		queue = queue[1:]
		for node := range v.root.Descendants() {
			to, err := url.Parse(attribute(node, "href"))
			if node.Data != "a" || err != nil || has(node, "download") {
				continue
			}
			to = v.at.ResolveReference(to)
			if to.Scheme+"://"+to.Host != v.origin {
				continue
			}
			if seen[to.Path]++; seen[to.Path] == 1 || to.RawQuery != "" && seen[to.Path] == 2 {
				queue = append(queue, to.RequestURI())
			}
		}
	}
}

// filledIn is what a browser would send of the form, with the values that somebody typed or chose.
func filledIn(form *html.Node, typed url.Values) url.Values {
	values := url.Values{}
	for node := range form.Descendants() {
		name := attribute(node, "name")
		kind := attribute(node, "type")
		switch {
		case name == "" || has(node, "disabled"):
		case node.Data == "textarea":
			values.Set(name, text(node))
		case node.Data == "select":
			for option := range node.Descendants() {
				if option.Data != "option" || values.Has(name) && !has(option, "selected") {
					continue
				}
				values.Set(name, text(option))
				if has(option, "value") {
					values.Set(name, attribute(option, "value"))
				}
			}
		case node.Data == "input" && (kind == "radio" || kind == "checkbox") && !has(node, "checked"):
		case node.Data == "input":
			values.Add(name, attribute(node, "value"))
		}
	}
	for name := range typed {
		values[name] = typed[name]
	}
	return values
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func text(node *html.Node) string {
	var all strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			all.WriteString(child.Data)
		}
	}
	return all.String()
}

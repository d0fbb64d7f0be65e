package product_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// document is a page as a browser reads it.
type document struct {
	root *html.Node
	ids  map[string]*html.Node
}

// parse reads a page and checks what every page must keep to.
func parse(t *testing.T, name, body string) *document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	must(t, err)
	d := &document{root: root, ids: make(map[string]*html.Node)}
	headings := 0
	for n := range d.elements("") {
		if n.Data == "h1" {
			headings++
		}
		if id := attr(n, "id"); id != "" {
			if d.ids[id] != nil {
				t.Errorf("%s: two elements have the id %s", name, id)
			}
			d.ids[id] = n
		}
	}
	if headings != 1 {
		t.Errorf("%s: %d headings h1, want one", name, headings)
	}
	d.checkNames(t, name)
	return d
}

// checkNames checks that everything that can be used has a name, and that names point at something.
func (d *document) checkNames(t *testing.T, name string) {
	t.Helper()
	for n := range d.elements("") {
		switch n.Data {
		case "a", "button":
			if strings.TrimSpace(text(n)) == "" {
				t.Errorf("%s: a %s without words: %s", name, n.Data, attr(n, "href"))
			}
			if n.Data == "a" && (attr(n, "href") == "" || attr(n, "href") == "#") {
				t.Errorf("%s: the link %q leads nowhere", name, text(n))
			}
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && !d.labelled(n) {
				t.Errorf("%s: the field %s has no label", name, attr(n, "name"))
			}
		}
		for _, reference := range []string{"aria-describedby", "aria-labelledby", "for"} {
			for id := range strings.FieldsSeq(attr(n, reference)) {
				if d.ids[id] == nil {
					t.Errorf("%s: %s names %s, which is not there", name, reference, id)
				}
			}
		}
		if place, isPlace := strings.CutPrefix(attr(n, "href"), "#"); isPlace && d.ids[place] == nil {
			t.Errorf("%s: a link to its place %s, which is not there", name, place)
		}
		if copies := attr(n, "data-copy"); copies != "" && d.ids[strings.TrimPrefix(copies, "#")] == nil {
			t.Errorf("%s: a button copies %s, which is not there", name, copies)
		}
	}
}

func (d *document) labelled(field *html.Node) bool {
	for n := field.Parent; n != nil; n = n.Parent {
		if n.Data == "label" && strings.TrimSpace(text(n)) != "" {
			return true
		}
	}
	for n := range d.elements("label") {
		if attr(n, "for") == attr(field, "id") && attr(n, "for") != "" {
			return true
		}
	}
	return false
}

// elements are all elements of a name; all if the name is empty.
func (d *document) elements(name string) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for n := range d.root.Descendants() {
			if n.Type == html.ElementNode && (name == "" || n.Data == name) && !yield(n) {
				return
			}
		}
	}
}

// form returns what a browser would send of the form that goes to the address, if nothing was changed in it.
func (d *document) form(t *testing.T, address string) url.Values {
	t.Helper()
	node := d.formNode(address)
	if node == nil {
		t.Fatalf("the page has no form to %s: %s", address, d.text())
	}
	form := url.Values{}
	for n := range node.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch {
		case n.Data == "textarea":
			form.Add(name, strings.ReplaceAll(strings.TrimPrefix(text(n), "\n"), "\n", "\r\n"))
		case n.Data == "select":
			form.Add(name, selected(n))
		case n.Data != "input":
		case attr(n, "type") == "checkbox" || attr(n, "type") == "radio":
			if has(n, "checked") {
				form.Add(name, attr(n, "value"))
			}
		default:
			form.Add(name, attr(n, "value"))
		}
	}
	return form
}

func (d *document) formNode(address string) *html.Node {
	for n := range d.elements("form") {
		if attr(n, "action") == address {
			return n
		}
	}
	return nil
}

// offers reports whether the form has a field of that name, ticked or not.
func (d *document) offers(address, name string) bool {
	for n := range d.formNode(address).Descendants() {
		if n.Type == html.ElementNode && attr(n, "name") == name {
			return true
		}
	}
	return false
}

func selected(n *html.Node) string {
	value := ""
	for option := range n.Descendants() {
		if option.Data == "option" && (value == "" || has(option, "selected")) {
			value = attr(option, "value")
		}
	}
	return value
}

// problem is what the page says to be wrong with a field.
func (d *document) problem(field string) string {
	n := d.ids[field+"-problem"]
	if n == nil || has(n, "hidden") {
		return ""
	}
	return strings.TrimSpace(text(n))
}

// text is what a person reads: no scripts, nothing hidden.
func (d *document) text() string {
	var words strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words.WriteString(n.Data)
		}
		if n.Type == html.ElementNode && (has(n, "hidden") || slices.Contains([]string{"script", "head", "dialog"}, n.Data)) {
			return
		}
		for child := range n.ChildNodes() {
			walk(child)
		}
		if n.Type == html.ElementNode && !slices.Contains([]string{"a", "span", "q", "code", "strong", "bdi"}, n.Data) {
			words.WriteString("\n")
		}
	}
	walk(d.root)
	return strings.Join(strings.Fields(words.String()), " ")
}

func text(n *html.Node) string {
	var words strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			words.WriteString(child.Data)
		}
	}
	return words.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

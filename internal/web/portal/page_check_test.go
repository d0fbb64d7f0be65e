package portal_test

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

var windowTitle = regexp.MustCompile(`^[\pL\pN][^{}]* – Dialtone for developers$`)

// check finds what a screen reader or the security policy needs and a page lacks. Every page that a test looks at goes through
// it.
func (p seen) check() {
	p.t.Helper()
	if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
		return
	}
	for _, wrong := range []string{"no value", "{{", "ZgotmplZ", "%!", `href="#"`, `action="#"`} {
		if strings.Contains(p.body, wrong) {
			p.t.Errorf("%s has %q in it", p.path, wrong)
		}
	}
	if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		p.t.Errorf("%s: policy %q", p.path, policy)
	}
	count, ids, labelled := map[string]int{}, map[string]int{}, map[string]bool{}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		ids[attribute(n, "id")]++
		if n.Data == "label" {
			labelled[attribute(n, "for")] = text(n) != ""
		}
	}
	for _, name := range []string{"title", "main", "h1", "header"} {
		if count[name] != 1 {
			p.t.Errorf("%s has %d elements %s", p.path, count[name], name)
		}
	}
	for n := range p.root.Descendants() {
		if n.Data == "title" && n.Parent.Data == "head" && !windowTitle.MatchString(text(n)) {
			p.t.Errorf("%s: title %q", p.path, text(n))
		}
		if n.Type == html.ElementNode {
			p.checkElement(n, ids, labelled)
		}
	}
}

func (p seen) checkElement(n *html.Node, ids map[string]int, labelled map[string]bool) {
	id := attribute(n, "id")
	if id != "" && ids[id] > 1 {
		p.t.Errorf("%s: id %s is there %d times", p.path, id, ids[id])
	}
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			p.t.Errorf("%s: <%s %s> does not pass the policy", p.path, n.Data, a.Key)
		}
		if a.Key == "aria-describedby" || a.Key == "aria-labelledby" {
			for _, named := range strings.Fields(a.Val) {
				if ids[named] == 0 {
					p.t.Errorf("%s: %s names %s, which is not there", p.path, a.Key, named)
				}
			}
		}
	}
	if place, isPlace := strings.CutPrefix(attribute(n, "href"), "#"); isPlace && ids[place] == 0 {
		p.t.Errorf("%s links to its place %s, which is not there", p.path, place)
	}
	switch n.Data {
	case "a", "button", "summary", "h1", "h2", "legend", "th":
		if text(n) == "" && attribute(n, "aria-label") == "" && !hasAlternative(n) {
			p.t.Errorf("%s: an empty <%s>", p.path, n.Data)
		}
	case "input", "select", "textarea":
		if attribute(n, "type") != "hidden" && !labelled[id] && !inLabel(n) {
			p.t.Errorf("%s: <%s name=%s> has no label", p.path, n.Data, attribute(n, "name"))
		}
	case "script":
		if attribute(n, "src") == "" {
			p.t.Errorf("%s: a script in the page", p.path)
		}
	}
}

func hasAlternative(n *html.Node) bool {
	for child := range n.Descendants() {
		if child.Data == "img" && attribute(child, "alt") != "" {
			return true
		}
	}
	return false
}

func inLabel(n *html.Node) bool {
	for above := range n.Ancestors() {
		if above.Data == "label" {
			return true
		}
	}
	return false
}

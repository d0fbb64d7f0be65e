package try

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// screen is what the run needs of a page: its heading and its forms.
type screen struct {
	heading string
	forms   []form
}

// form is a form that waits to be sent.
type form struct {
	Action string
	Values url.Values // what the page filled in, and boxes as they would be ticked
	Names  []string   // of everything that can be filled in or ticked
}

func parsePage(body []byte) screen {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return screen{}
	}
	var p screen
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch node.Data {
		case "h1":
			p.heading = strings.Join(strings.Fields(text(node)), " ")
		case "form":
			p.forms = append(p.forms, parseForm(node))
		}
	}
	return p
}

func parseForm(node *html.Node) form {
	f := form{Action: attribute(node, "action"), Values: url.Values{}}
	for input := range node.Descendants() {
		if input.Type != html.ElementNode || input.Data != "input" && input.Data != "button" {
			continue
		}
		name, value := attribute(input, "name"), attribute(input, "value")
		switch {
		case name == "" || input.Data == "button":
		case attribute(input, "type") == "hidden":
			f.Values.Add(name, value)
		case attribute(input, "type") == "checkbox":
			f.Values.Add(name, value)
			f.Names = append(f.Names, name)
		default:
			f.Names = append(f.Names, name)
		}
	}
	return f
}

// with returns the page's form that goes to the path; false if there is none.
func (p screen) with(action string) (form, bool) {
	i := slices.IndexFunc(p.forms, func(f form) bool { return f.Action == action })
	if i < 0 {
		return form{}, false
	}
	return p.forms[i], true
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(node *html.Node) string {
	var words strings.Builder
	for n := range node.Descendants() {
		if n.Type == html.TextNode {
			words.WriteString(n.Data)
		}
	}
	return words.String()
}

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// filledForm is a form as the person left it when pressing the button.
type filledForm struct {
	method, action string
	values         url.Values
}

// fill takes over what the form has in it (hidden inputs among them), types the texts, ticks every box, and presses the
// button, whose name and value are sent too.
func fill(form *html.Node, texts map[string]string, button *html.Node) *filledForm {
	filled := &filledForm{method: strings.ToUpper(attribute(form, "method")), action: attribute(form, "action"), values: url.Values{}}
	for node := range form.Descendants() {
		name := attribute(node, "name")
		if node.Type != html.ElementNode || node.Data != "input" || name == "" {
			continue
		}
		value := attribute(node, "value")
		switch attribute(node, "type") {
		case "submit", "button", "image", "reset":
			continue
		case "checkbox":
			if value == "" {
				value = "on" // what a browser sends for a box without a value
			}
		}
		if text, ok := texts[name]; ok {
			value = text
		}
		filled.values.Add(name, value)
	}
	if button != nil && attribute(button, "name") != "" {
		filled.values.Add(attribute(button, "name"), attribute(button, "value"))
	}
	return filled
}

// request is what a browser sends for the form, which stands on the page at from.
func (f *filledForm) request(ctx context.Context, from *url.URL) (*http.Request, error) {
	target, err := from.Parse(f.action)
	if err != nil {
		return nil, fmt.Errorf("form action %q: %w", f.action, err)
	}
	if f.method != http.MethodPost {
		return nil, fmt.Errorf("the form to %s is sent with %q; it changes something and must be a POST", target.Path, f.method)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(f.values.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", from.Scheme+"://"+from.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request, nil
}

// complete is the form with what a browser would send of it untouched, apart from the named fields: they get the values typed,
// as text, or as the boxes and options that are ticked. A field or an option that the form does not have is an error.
func complete(form *html.Node, typed url.Values) (*filledForm, error) {
	filled := &filledForm{method: strings.ToUpper(attribute(form, "method")), action: attribute(form, "action"), values: url.Values{}}
	offered := make(map[string][]string) // by field: what can be ticked; nil for a text
	for node := range form.Descendants() {
		name, value := attribute(node, "name"), attribute(node, "value")
		if node.Type != html.ElementNode || name == "" || has(node, "disabled") {
			continue
		}
		switch kind := attribute(node, "type"); {
		case node.Data == "textarea":
			offered[name], value = nil, text(node)
		case node.Data == "select":
			offered[name], value = options(node)
		case node.Data == "input" && (kind == "radio" || kind == "checkbox"):
			offered[name] = append(offered[name], value)
			if !has(node, "checked") {
				continue
			}
		case node.Data == "input":
			offered[name] = nil
		default:
			continue
		}
		if typed[name] == nil {
			filled.values.Add(name, value)
		}
	}
	for name, values := range typed {
		choices, known := offered[name]
		for _, value := range values {
			if !known || choices != nil && !slices.Contains(choices, value) {
				return nil, fmt.Errorf("the form to %s does not take %s=%s", filled.action, name, value)
			}
		}
		filled.values[name] = values
	}
	return filled, nil
}

// options returns the values of a select, and the one that is chosen.
func options(list *html.Node) (values []string, chosen string) {
	for node := range list.Descendants() {
		if node.Type != html.ElementNode || node.Data != "option" {
			continue
		}
		value := strings.TrimSpace(text(node))
		if has(node, "value") {
			value = attribute(node, "value")
		}
		if len(values) == 0 || has(node, "selected") {
			chosen = value
		}
		values = append(values, value)
	}
	return values, chosen
}

// find returns the first element below node whose attribute has the value, or nil.
func find(node *html.Node, name, value string) *html.Node {
	for child := range node.Descendants() {
		if child.Type == html.ElementNode && attribute(child, name) == value {
			return child
		}
	}
	return nil
}

// attribute returns an element's attribute, or "".
func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// has reports whether an element has the attribute, be it empty.
func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// text returns all text below the node, as it stands there.
func text(node *html.Node) string {
	var all strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			all.WriteString(child.Data)
		}
	}
	return all.String()
}

package try

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// text shows the request as it is on the wire, a parameter a line. What is long and sealed is cut: it says nothing to people.
func (m message) text(host string) string {
	path, query, _ := strings.Cut(m.path, "?")
	lines := []string{m.method + " " + path}
	if query != "" {
		for i, pair := range strings.Split(query, "&") {
			lines = append(lines, "    "+separator(i, "?")+cut(pair))
		}
	}
	lines = append(lines, "Host: "+host)
	for _, h := range m.header {
		lines = append(lines, h[0]+": "+h[1])
	}
	if m.method == http.MethodPost {
		lines = append(lines, "Content-Type: application/x-www-form-urlencoded", "")
		for i, name := range slices.Sorted(maps.Keys(m.form)) {
			for _, value := range m.form[name] {
				lines = append(lines, separator(i, "")+cut(name+"="+url.QueryEscape(value)))
			}
		}
	}
	return strings.Join(lines, "\n")
}

// text shows the answer: the status, the headers that matter, and a JSON body; of a page only what it asks.
func (a answer) text() string {
	lines := []string{fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))}
	for _, name := range []string{"Location", "Www-Authenticate", "Retry-After", "Content-Type"} {
		value := a.header.Get(name)
		if value == "" || name == "Content-Type" && len(a.body) == 0 {
			continue
		}
		if path, query, found := strings.Cut(value, "?"); name == "Location" && found {
			value = path
			for i, pair := range strings.Split(query, "&") {
				value += "\n    " + separator(i, "?") + cut(pair)
			}
		}
		lines = append(lines, name+": "+value)
	}
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		lines = append(lines, "Set-Cookie: "+cookie.Name+"=…")
	}
	var indented bytes.Buffer
	switch {
	case json.Indent(&indented, bytes.TrimSpace(a.body), "", "  ") == nil && indented.Len() > 0:
		lines = append(lines, "", indented.String())
	case strings.HasPrefix(a.header.Get("Content-Type"), "text/html"):
		shown := parsePage(a.body)
		lines = append(lines, "", "A page for people: “"+shown.heading+"”")
		for _, f := range shown.forms {
			if len(f.Names) > 0 {
				lines = append(lines, "with a form that posts "+strings.Join(f.Names, ", ")+" to "+f.Action)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// cut shortens a parameter that is sealed.
func cut(pair string) string {
	const most, kept = 120, 40
	name, value, _ := strings.Cut(pair, "=")
	if len(value) <= most || name != "r" {
		return pair
	}
	return name + "=" + value[:kept] + "…"
}

// separator stands before the parameter at index i.
func separator(i int, first string) string {
	if i == 0 {
		return first
	}
	return "&"
}

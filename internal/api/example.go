package api

import (
	"embed"
	"net/http"
	"regexp"
	"strings"
)

// The answers of the examples, as the test that runs them wrote them down: go test ./internal/api -run Examples -update
//
//go:embed examples/*.json
var answers embed.FS

// exampleAnswer returns the answer of an operation's example; empty if it has no body.
func exampleAnswer(id string) string {
	text, err := answers.ReadFile("examples/" + id + ".json")
	if err != nil {
		return ""
	}
	return string(text)
}

var pathParameter = regexp.MustCompile(`\{([a-z_]+)\}`)

// curl is the operation's example as a command for a shell. What differs from caller to caller stands in variables: API_KEY,
// ETAG, and one for each part of the path, as PRODUCT_ID.
func (a *API) curl(o *operation) string {
	path := pathParameter.ReplaceAllStringFunc(o.path, func(name string) string {
		return "$" + strings.ToUpper(strings.Trim(name, "{}"))
	})
	if o.example.query != "" {
		path += "?" + o.example.query
	}
	lines := []string{`curl "` + a.Portal + base + path + `"`, `-H "Authorization: Bearer $API_KEY"`}
	if o.method != http.MethodGet {
		lines[0] = "curl -X " + o.method + strings.TrimPrefix(lines[0], "curl")
	}
	if o.matches() {
		lines = append(lines, `-H "If-Match: $ETAG"`)
	}
	switch {
	case o.example.file != "":
		lines = append(lines, `-H "Content-Type: `+o.pictures[0]+`"`, "--data-binary @"+o.example.file)
	case o.example.body != "":
		lines = append(lines, `-H "Content-Type: application/json"`, "-d '"+o.example.body+"'")
	}
	return strings.Join(lines, " \\\n  ")
}

// matches reports whether the operation takes If-Match.
func (o *operation) matches() bool {
	for _, p := range o.documented.Parameters {
		if p.In == "header" && p.Name == "If-Match" {
			return true
		}
	}
	return false
}

package try

import (
	"encoding/json"
	html "html/template"
	"net/url"
	"path"
	"regexp"
	"strings"
	"text/template"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Snippet is a program that signs somebody in with this client, ready to run.
type Snippet struct {
	Name  string // in the address: curl, go, javascript, python, java
	Words string // for people
	File  string // the file's name
	Setup string // commands that come before it, once; empty: none
	Run   string // the command that runs it
	Text  string
}

// Code is the program with its colours.
func (s Snippet) Code() html.HTML {
	return page.Code(strings.TrimPrefix(path.Ext(s.File), "."), s.Text)
}

// values fill the snippets in.
type values struct {
	Issuer string
	Client dialtone.Client
	Scopes []string
	Number Number
}

// Redirect is where the browser lands.
func (v values) Redirect() string { return v.Client.RedirectURIs[0] }

// plainAddress is an address that JavaScript's URL leaves as it is, and that has no query.
var plainAddress = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:(//[a-z0-9.-]+(:[0-9]{4,5})?)?(/[\w~-][\w.~-]*)+/?$`)

// RedirectKept reports whether openid-client sends the redirect URI as it is registered. It takes it from the landing address:
// without a query, and as JavaScript writes addresses.
func (v values) RedirectKept() bool { return plainAddress.MatchString(v.Redirect()) }

// Scope is what the program asks for (RFC 6749 §3.3).
func (v values) Scope() string { return strings.Join(v.Scopes, " ") }

// Plain reports whether the issuer speaks plain http, as in the demo: libraries want to be told that this is meant.
func (v values) Plain() bool { return strings.HasPrefix(v.Issuer, "http://") }

// languages are the snippets, in the order of their tabs. A file of the same name with .tmpl holds each text.
var languages = []Snippet{
	{Name: "curl", Words: "curl", File: "signin.sh", Run: "sh signin.sh"},
	{Name: "go", Words: "Go", File: "main.go", Setup: "go mod init signin && go get golang.org/x/oauth2", Run: "go run main.go"},
	{Name: "javascript", Words: "JavaScript", File: "signin.mjs", Setup: "npm install openid-client", Run: "node signin.mjs"},
	{Name: "python", Words: "Python", File: "signin.py", Setup: "pip install authlib requests", Run: "python3 signin.py"},
	{Name: "java", Words: "Java", File: "Signin.java", Run: "java Signin.java"},
}

// programs quote what is filled in by the rules of their language.
var programs = template.Must(template.New("").Funcs(template.FuncMap{
	"quote": quote, "shell": shellQuote, "escape": url.QueryEscape,
}).ParseFS(files, "snippets/*.tmpl"))

// snippets fills all of them in. The secret is never part of one: it comes from the environment.
func snippets(v values) []Snippet {
	filled := make([]Snippet, len(languages))
	for i, s := range languages {
		var text strings.Builder
		if err := programs.ExecuteTemplate(&text, s.File+".tmpl", v); err != nil {
			panic("try: snippet " + s.File + ": " + err.Error()) // the tests find it
		}
		s.Text = text.String()
		if !v.Client.Public() {
			s.Run = "CLIENT_SECRET=… " + s.Run
		}
		filled[i] = s
	}
	return filled
}

func chosen(all []Snippet, name string) Snippet {
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	return all[0]
}

// quote writes a string literal that Go, JavaScript, Python and Java read alike.
func quote(text string) (string, error) {
	literal, err := json.Marshal(text)
	// JSON as made here also escapes <, > and &, which Go, JavaScript, Python and Java undo.
	return string(literal), err
}

// shellQuote writes a word for sh.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

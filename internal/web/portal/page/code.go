package page

import (
	"html"
	"html/template"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
)

// Code is a text of a programming language as HTML: what the tokens are is said by classes, few enough to be told apart, and the
// colours are those of desk-parts.css. A language that is not known is plain text.
func Code(language, source string) template.HTML {
	lexer := lexers.Get(language)
	if language == "" || lexer == nil {
		return template.HTML(html.EscapeString(source)) //nolint:gosec // escaped
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(&chroma.TokeniseOptions{State: "root", EnsureLF: false}, source)
	if err != nil {
		return template.HTML(html.EscapeString(source)) //nolint:gosec // escaped
	}
	var code strings.Builder
	for token := tokens(); token != chroma.EOF; token = tokens() {
		text := html.EscapeString(token.Value)
		if class := codeClass(token.Type); class != "" && strings.TrimSpace(token.Value) != "" {
			text = `<span class="` + class + `">` + text + "</span>"
		}
		code.WriteString(text)
	}
	return template.HTML(code.String()) //nolint:gosec // escaped, with our classes
}

func codeClass(kind chroma.TokenType) string {
	switch {
	case kind.InCategory(chroma.Comment):
		return "code-comment"
	case kind.InCategory(chroma.Keyword), kind == chroma.NameTag:
		return "code-keyword"
	case kind.InSubCategory(chroma.LiteralString):
		return "code-string"
	case kind.InSubCategory(chroma.LiteralNumber):
		return "code-number"
	case kind == chroma.NameBuiltin, kind == chroma.NameFunction, kind == chroma.NameVariable, kind == chroma.NameAttribute:
		return "code-name"
	}
	return ""
}

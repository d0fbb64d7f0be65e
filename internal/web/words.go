package web

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// visibleText returns the words inside the main element of a page of ours, one block a line, spaces collapsed.
func visibleText(page []byte) string {
	var lines []string
	var line strings.Builder
	flush := func() {
		if text := strings.Join(strings.Fields(line.String()), " "); text != "" {
			lines = append(lines, text)
		}
		line.Reset()
	}
	inside := false
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken { // the end: the page is in memory and ours
			return strings.Join(lines, "\n")
		}
		token := tokens.Token()
		switch {
		case token.DataAtom == atom.Main:
			inside = kind == html.StartTagToken
			flush()
		case inside && kind == html.TextToken:
			line.WriteString(token.Data)
		case inside && !inline[token.DataAtom]:
			flush()
		}
	}
}

// inline elements do not end a line.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.B: true, atom.Bdi: true, atom.Em: true, atom.Span: true, atom.Strong: true, atom.Svg: true,
}

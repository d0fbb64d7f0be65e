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
		if line.Len() == 0 {
			return
		}
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
		if kind == html.TextToken {
			if inside {
				line.Write(tokens.Text())
			}
			continue
		}
		name, _ := tokens.TagName()
		switch element := atom.Lookup(name); {
		case element == atom.Main:
			inside = kind == html.StartTagToken
			flush()
		case inside && !inline[element]:
			flush()
		}
	}
}

// inline elements do not end a line.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.B: true, atom.Bdi: true, atom.Em: true, atom.Span: true, atom.Strong: true, atom.Svg: true,
}

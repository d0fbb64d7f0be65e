package web

import (
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n/template"
)

// messageParser reads messages, whose placeholders are names in braces: {{.product}}. They need no more of text/template, and a page
// has a dozen.
type messageParser struct{}

func (messageParser) Cacheable() bool { return true }

func (messageParser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	var m parsedMessage
	for rest := src; ; {
		text, after, found := strings.Cut(rest, "{{.")
		m.texts = append(m.texts, text)
		if !found {
			return m, nil
		}
		name, after, closed := strings.Cut(after, "}}")
		if !closed {
			return nil, fmt.Errorf("message %q: a placeholder does not end", src)
		}
		m.names = append(m.names, name)
		rest = after
	}
}

// parsedMessage is text, value, text, value … text.
type parsedMessage struct {
	texts []string // one more than names
	names []string
}

// Execute fills the placeholders with values of map[string]any.
func (m parsedMessage) Execute(data any) (string, error) {
	values, _ := data.(map[string]any)
	var b strings.Builder
	for i, name := range m.names {
		value, ok := values[name]
		if !ok {
			return "", fmt.Errorf("there is no value %s", name)
		}
		b.WriteString(m.texts[i])
		fmt.Fprint(&b, value)
	}
	b.WriteString(m.texts[len(m.names)])
	return b.String(), nil
}

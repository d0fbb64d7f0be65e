package message

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bodyTemplate is a request body with placeholders. They are filled in while it is still a tree, so that no text can break
// out of its field.
type bodyTemplate struct {
	format string
	fields map[string]any // strings, numbers, booleans, nil, []any and map[string]any
}

var placeholderPattern = regexp.MustCompile(`\{[a-z_]+\}`)

const secondsPlaceholder = "{seconds}"

func placeholders(m Message, now time.Time) map[string]string {
	return map[string]string{
		"{id}":             m.ID,
		"{to}":             m.To.E164(),
		"{to_digits}":      strings.TrimPrefix(m.To.E164(), "+"),
		"{sender}":         m.Sender,
		"{text}":           m.Text.Reveal(),
		"{operator}":       m.OperatorID,
		"{language}":       m.Language,
		secondsPlaceholder: strconv.Itoa(max(1, int(m.NotAfter.Sub(now)/time.Second))),
		"{not_after}":      m.NotAfter.UTC().Format(time.RFC3339),
	}
}

// parseBody refuses a body that could not be sent, or that does not say what to send to whom.
func parseBody(format string, fields map[string]any) (bodyTemplate, error) {
	used := make(map[string]bool)
	if err := checkBody(fields, used); err != nil {
		return bodyTemplate{}, err
	}
	if !used["{text}"] || !used["{to}"] && !used["{to_digits}"] {
		return bodyTemplate{}, invalid("body needs {text}, and {to} or {to_digits}")
	}
	if format == formatForm {
		for name, value := range fields {
			if _, ok := value.(string); !ok {
				return bodyTemplate{}, invalid("body field %s: a form has texts only; put quotes around the value", name)
			}
		}
	}
	return bodyTemplate{format: format, fields: fields}, nil
}

func checkBody(value any, used map[string]bool) error {
	switch value := value.(type) {
	case string:
		known := placeholders(Message{}, time.Time{})
		for _, name := range placeholderPattern.FindAllString(value, -1) {
			if _, ok := known[name]; !ok {
				return invalid("body has the unknown placeholder %s", name)
			}
			used[name] = true
		}
	case map[string]any:
		for name, field := range value {
			if err := checkBody(field, used); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	case []any:
		for _, item := range value {
			if err := checkBody(item, used); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b bodyTemplate) render(m Message, now time.Time) ([]byte, error) {
	values := placeholders(m, now)
	if b.format == formatForm {
		form := make(url.Values, len(b.fields))
		for name, value := range b.fields {
			form.Set(name, fillText(value.(string), values))
		}
		return []byte(form.Encode()), nil
	}
	return json.Marshal(fill(b.fields, values))
}

// fill returns a copy of the tree with the placeholders filled in.
func fill(value any, values map[string]string) any {
	switch value := value.(type) {
	case string:
		if value == secondsPlaceholder {
			return json.Number(values[secondsPlaceholder])
		}
		return fillText(value, values)
	case map[string]any:
		filled := maps.Clone(value)
		for name, field := range value {
			filled[name] = fill(field, values)
		}
		return filled
	case []any:
		filled := make([]any, len(value))
		for i, item := range value {
			filled[i] = fill(item, values)
		}
		return filled
	default:
		return value
	}
}

// fillText goes over the template once: a placeholder in a product's name stays as it is.
func fillText(template string, values map[string]string) string {
	return placeholderPattern.ReplaceAllStringFunc(template, func(name string) string { return values[name] })
}

// textAt returns the text or number at a path in a JSON document, or "". The path is names and list indexes joined by dots.
func textAt(document any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch node := document.(type) {
		case map[string]any:
			document = node[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(node) {
				return ""
			}
			document = node[i]
		default:
			return ""
		}
	}
	switch found := document.(type) {
	case string:
		return found
	case json.Number:
		return found.String()
	default:
		return ""
	}
}

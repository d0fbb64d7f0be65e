package web

import (
	"fmt"
	"html"
	"html/template"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Text is a message of the catalogue with its values: what a page says in every language.
type Text struct {
	ID     string
	Values Values
}

// Values fill the placeholders of a message. A string is shown in its own direction, a dialtone.PhoneNumber masked, an LTR
// from left to right, a time.Duration in words; an int named count chooses the plural form.
type Values map[string]any

// LTR is text that reads from left to right in every language: a phone number in full, an error id.
type LTR string

// voice says messages in one language.
type voice struct {
	language  string
	catalogue *catalogue
}

// html returns a message as markup. Names and values come as pairs, as templates can give them.
func (v voice) html(id string, pairs ...any) (template.HTML, error) {
	values, err := pair(pairs)
	if err != nil {
		return "", fmt.Errorf("message %s: %w", id, err)
	}
	return v.heading(Text{ID: id, Values: values}), nil
}

// heading returns a text as markup: its values are escaped and isolated, the message itself is ours and plain (a test
// says so).
func (v voice) heading(t Text) template.HTML {
	return template.HTML(v.say(t, v.markup)) //nolint:gosec // see above
}

// plain returns a message without markup.
func (v voice) plain(id string, pairs ...any) (string, error) {
	values, err := pair(pairs)
	if err != nil {
		return "", fmt.Errorf("message %s: %w", id, err)
	}
	return v.title(Text{ID: id, Values: values}), nil
}

// title returns a text without markup.
func (v voice) title(t Text) string { return v.say(t, v.isolated) }

func (v voice) say(t Text, show func(any) string) string {
	if len(t.Values) == 0 {
		return v.catalogue.message(v.language, t.ID, nil)
	}
	shown := maps.Clone(map[string]any(t.Values))
	for name, value := range shown {
		if name != "count" {
			shown[name] = show(value)
		}
	}
	return v.catalogue.message(v.language, t.ID, shown)
}

// markup shows a value inside running text. The bdi element keeps its direction from mixing with the text around it.
func (v voice) markup(value any) string {
	switch value := value.(type) {
	case dialtone.PhoneNumber:
		return `<bdi dir="ltr" class="number">` + html.EscapeString(value.Masked()) + `</bdi>`
	case LTR:
		return `<bdi dir="ltr" class="number">` + html.EscapeString(string(value)) + `</bdi>`
	case time.Duration:
		return `<span class="duration" data-seconds="` + strconv.Itoa(wholeSeconds(value)) + `">` + v.duration(value) + `</span>`
	case string:
		return `<bdi>` + html.EscapeString(value) + `</bdi>`
	default:
		return html.EscapeString(fmt.Sprint(value))
	}
}

// isolated shows a value where no markup is possible. Unicode's isolates do what bdi does.
func (v voice) isolated(value any) string {
	const (
		leftToRight = "\u2066"
		firstStrong = "\u2068"
		end         = "\u2069"
	)
	switch value := value.(type) {
	case dialtone.PhoneNumber:
		return leftToRight + value.Masked() + end
	case LTR:
		return leftToRight + string(value) + end
	case time.Duration:
		return v.duration(value)
	case string:
		return firstStrong + value + end
	default:
		return fmt.Sprint(value)
	}
}

// duration says a time span the way people do: "45 seconds", "5 minutes", "2 hours", rounded up.
func (v voice) duration(d time.Duration) string {
	const secondsUpTo, minutesUpTo = 2 * time.Minute, 2 * time.Hour
	id, unit := "duration.hours", time.Hour
	switch {
	case d < secondsUpTo:
		id, unit = "duration.seconds", time.Second
	case d < minutesUpTo:
		id, unit = "duration.minutes", time.Minute
	}
	count := int((max(d, 0) + unit - 1) / unit)
	return v.catalogue.message(v.language, id, map[string]any{"count": count})
}

// wholeSeconds rounds up, so that a countdown never promises too early.
func wholeSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}

// pair turns name, value, name, value … into Values.
func pair(pairs []any) (Values, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("a name without a value")
	}
	values := make(Values, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("%v is not a name", pairs[i])
		}
		values[name] = pairs[i+1]
	}
	return values, nil
}

// initial is the letter that stands for a name without a picture.
func initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return ""
}

// appSchemePattern is an app's own scheme, which has a dot (RFC 8252 §7.1), with its colon.
var appSchemePattern = regexp.MustCompile(`^[a-z][a-z0-9+-]*\.[a-z0-9+.-]*:$`)

// SafeLink lets an address into a page only if following it is harmless: the web, mail, telephone, a path of ours, or an
// app's own scheme, which has a dot in it (RFC 8252 §7.1). html/template alone would refuse the last two kinds. All others,
// javascript: above all, become an address that leads nowhere.
func SafeLink(address string) template.URL {
	scheme, _, found := strings.Cut(address, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//"):
	case found && (scheme == "https" || scheme == "http" || scheme == "mailto" || scheme == "tel"):
	case found && appSchemePattern.MatchString(scheme+":"):
	default:
		return "#"
	}
	return template.URL(address) //nolint:gosec // checked above
}

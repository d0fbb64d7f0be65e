package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/writing"
)

const maxName = 64 // characters

// ParseName returns a name without the spaces around it. It may be empty. Error: FieldErrors for "name".
func ParseName(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case utf8.RuneCountInString(text) > maxName:
		return "", dialtone.FieldErrors{{Field: "name", Problem: "Use at most 64 characters."}}
	case !utf8.ValidString(text) || writing.Hides(text) || text != "" && !strings.ContainsFunc(text, unicode.IsGraphic):
		// What does not show could make one person look like another to colleagues.
		return "", dialtone.FieldErrors{{Field: "name", Problem: "Use characters that can be seen, in one line."}}
	}
	return text, nil
}

// agentInWords tells which browser sent a User-Agent: "Firefox on Linux". It is for people who look for a session that is not
// theirs; what nobody knows is called so.
func agentInWords(userAgent string) string {
	browser := firstIn(userAgent, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"Chrome", "Chrome"}, {"CriOS", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"},
	}, "an unknown browser") // the order matters: most of them also call themselves Chrome and Safari
	system := firstIn(userAgent, [][2]string{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"macOS", "macOS"}, {"Linux", "Linux"},
	}, "")
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

// firstIn returns the second part of the first pair whose first part is in the text.
func firstIn(text string, pairs [][2]string, none string) string {
	for _, pair := range pairs {
		if strings.Contains(text, pair[0]) {
			return pair[1]
		}
	}
	return none
}

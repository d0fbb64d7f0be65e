package oauth

import (
	"regexp"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

var (
	// RFC 5646 §2.1, as far as a choice of language needs it.
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$`)
	// RFC 3966 §3, visual-separator.
	separators = strings.NewReplacer("-", "", ".", "", "(", "", ")", "")
)

// maxLocales is how many languages of ui_locales are looked at.
const maxLocales = 10

// parseLoginHint returns the number of a login_hint, tel:+46701740605 or +46701740605; empty for any other hint, which is
// ignored: OpenID Connect Core 1.0 §3.1.2.1 leaves its use to the server.
func parseLoginHint(text string) dialtone.PhoneNumber {
	number, isURI := cutPrefixFold(text, "tel:")
	if isURI {
		number, _, _ = strings.Cut(number, ";") // RFC 3966 §3: parameters
		number = separators.Replace(number)
	}
	if digits, ok := strings.CutPrefix(number, " "); ok {
		// A plus sign that the client forgot to encode arrives as a space.
		number = "+" + digits
	}
	if !dialtone.ValidE164(number) {
		return ""
	}
	return dialtone.PhoneNumber(number)
}

// ParseLocales returns the language tags of ui_locales, the most wanted first. What is no tag is ignored: OpenID Connect
// Core 1.0 §3.1.2.1 wants no error for a language.
func ParseLocales(text string) []string {
	var tags []string
	for _, tag := range splitSpaces(text) {
		if languageTag.MatchString(tag) && len(tags) < maxLocales {
			tags = append(tags, tag)
		}
	}
	return tags
}

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

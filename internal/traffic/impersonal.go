package traffic

import (
	"regexp"
	"strings"
)

// maxText is the longest description or detail that is kept, in bytes.
const maxText = 400

// What no record may hold, whatever an app puts into its requests. Descriptions and details are written so that they quote
// no values of people; but they quote names, such as that of an unknown scope, and an app may have put anything there.
var (
	emailAddress = regexp.MustCompile(`[^\s'"/?&=,;:<>]+(?:@|%40)[^\s'"/?&=,;:<>]+`)
	// phoneNumber is seven digits and more, with what people put between them.
	phoneNumber = regexp.MustCompile(`\+?[0-9](?:[ ()-]{0,2}[0-9]){6,}`)
	// longWord is long enough for a code, a token or a state.
	longWord = regexp.MustCompile(`[A-Za-z0-9_~-]{20,}`)
)

const hidden = "[hidden]"

// impersonal hides in a text what looks like an e-mail address, a phone number, or a code, token or state.
func impersonal(text string) string {
	text = emailAddress.ReplaceAllString(text, hidden)
	text = longWord.ReplaceAllStringFunc(text, func(word string) string {
		if strings.ContainsAny(word, "0123456789") { // code_challenge_method has none, a random word nearly always
			return hidden
		}
		return word
	})
	text = phoneNumber.ReplaceAllString(text, hidden)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return text
}

package catalog

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// fields collects what is wrong with a form. Each check returns the value to keep; the raw one is dropped.
type fields struct{ wrong dialtone.FieldErrors }

func (f *fields) refuse(field, problem string) {
	f.wrong = append(f.wrong, dialtone.FieldError{Field: field, Problem: problem})
}

// err returns dialtone.FieldErrors, or nil if all is well.
func (f *fields) err() error {
	if len(f.wrong) == 0 {
		return nil
	}
	return f.wrong
}

// line is how a text of one line must be.
type line struct {
	field    string
	words    string // what it is, for the problem's sentence: "the name"
	longest  int    // characters, not bytes: "Ö" is one
	required bool
}

// line checks a text of one line.
func (f *fields) line(rule line, text string) string {
	text = strings.TrimSpace(text)
	switch {
	case text == "" && rule.required:
		f.refuse(rule.field, "Write "+rule.words+".")
	case text == "":
	case !utf8.ValidString(text) || writing.Hides(text):
		f.refuse(rule.field, "Take away line breaks and invisible characters: others could not see what it says.")
	case utf8.RuneCountInString(text) > rule.longest:
		f.refuse(rule.field, fmt.Sprintf("Write at most %d characters; these are %d.", rule.longest, utf8.RuneCountInString(text)))
	case !strings.ContainsFunc(text, visible):
		f.refuse(rule.field, "Write something that can be seen.")
	}
	return text
}

// text checks a text of several lines, which end in \n whatever the browser sends.
func (f *fields) text(rule line, text string) string {
	text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	switch {
	case !utf8.ValidString(text) || writing.Hides(strings.NewReplacer("\n", " ", "\t", " ").Replace(text)):
		f.refuse(rule.field, "Take away invisible characters: others could not see what it says.")
	case utf8.RuneCountInString(text) > rule.longest:
		f.refuse(rule.field, fmt.Sprintf("Write at most %d characters; these are %d.", rule.longest, utf8.RuneCountInString(text)))
	}
	return text
}

func visible(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) }

const longestAddress = 2048 // bytes

// address checks an address that subscribers or developers open; it may be empty.
func (f *fields) address(field, text string) string {
	text = strings.TrimSpace(text)
	if text != "" && !webAddress(text) {
		f.refuse(field, "Write a whole address that begins with https://, as https://www.example.com/terms.")
	}
	return text
}

func webAddress(text string) bool {
	return len(text) <= longestAddress && utf8.ValidString(text) && dialtone.PublicAddress(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || writing.Unseen(r) || r == '\\' })
}

// support checks where a product's users get help: an https address or an e-mail address; it may be empty.
func (f *fields) support(field, text string) string {
	text = strings.TrimSpace(text)
	if text == "" || webAddress(text) {
		return text
	}
	if email, err := writing.Email(text); err == nil {
		return email
	}
	f.refuse(field, "Write an address that begins with https://, or an e-mail address.")
	return text
}

// longestLife of a secret or an API key: what lives longer is forgotten.
const longestLife = 2 * 366 * 24 * time.Hour

// expiry checks when something ends; zero is never.
func (f *fields) expiry(field string, expires, now time.Time) time.Time {
	switch {
	case expires.IsZero():
	case !expires.After(now):
		f.refuse(field, "Choose a time that is yet to come, or none.")
	case expires.After(now.Add(longestLife)):
		f.refuse(field, "Choose a time within the next two years.")
	}
	return expires
}

// MostRedirectURIs in each of a client's lists.
const MostRedirectURIs = 20

// redirectURIs checks a list of redirect URIs. Empty lines are left out; the index of a problem counts them all the same, so
// that it names the line of the form.
func (f *fields) redirectURIs(field string, lines []string) []string {
	var uris []string
	for i, uri := range lines {
		uri = strings.TrimSpace(uri)
		if uri == "" {
			continue
		}
		at := fmt.Sprintf("%s.%d", field, i)
		if len(uris) == MostRedirectURIs {
			f.refuse(at, fmt.Sprintf("Keep at most %d addresses.", MostRedirectURIs))
			break // thousands of lines would make thousands of problems
		}
		if problem := RedirectURIProblem(uri); problem != "" {
			f.refuse(at, problem)
		} else if slices.Contains(uris, uri) {
			f.refuse(at, "This address stands above already. Take one of the two away.")
		}
		uris = append(uris, uri)
	}
	return uris
}

// RedirectURIProblem says, in a sentence, what to change before uri may be registered; empty if it may. It is the check that a
// form makes while the address is typed.
func RedirectURIProblem(uri string) string {
	err := dialtone.CheckRedirectURI(uri)
	var refused *dialtone.RedirectURIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return strings.ToUpper(refused.Why[:1]) + refused.Why[1:] + "."
	}
	return "This address cannot be registered."
}

// issuer checks the address of an OpenID provider. It is compared byte by byte with what the provider says of itself, so it is
// kept as it is. OpenID Connect Discovery 1.0 §3: https, no query and no fragment.
func (f *fields) issuer(field, text string) string {
	text = strings.TrimSpace(text)
	parsed, err := url.Parse(text)
	if err != nil || !webAddress(text) || parsed.RawQuery != "" || parsed.ForceQuery || strings.Contains(text, "#") {
		f.refuse(field, "Write the provider's issuer: an address that begins with https:// and has neither ? nor #.")
	}
	return text
}

package writing

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const (
	longestEmail = 254 // octets: RFC 5321 §4.5.3.1.3, without the angle brackets
	longestLocal = 64  // RFC 5321 §4.5.3.1.1
	mailScheme   = "mailto:"
)

// domains turns a mail domain into A-labels (RFC 5891 §5, with the mapping of UTS #46): lower case, punycode, dots of all scripts.
var domains = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
	idna.CheckHyphens(false), // "r3---mail" is a name that exists
)

// hostname is RFC 5321 §4.1.2 Domain: labels with neither a hyphen nor a dot at their ends.
var hostname = regexp.MustCompile(`^[a-z0-9]+(-+[a-z0-9]+)*(\.[a-z0-9]+(-+[a-z0-9]+)*)*$`)

// Email returns an e-mail address in the one form in which it is kept, compared and hashed: lower case, the domain in A-labels, so
// that ada@bücher.example and ADA@xn--bcher-kva.example are one mailbox. What shows nothing and spaces around it are taken away,
// as people paste them; so is "mailto:". Dots may stand together and at the ends of the local part, as Japanese carriers gave them
// out; anything else that needs quotation marks (RFC 5321 §4.1.2) is refused. Error: ErrInvalid.
func Email(text string) (string, error) {
	invalid := fmt.Errorf("e-mail address: %w", dialtone.ErrInvalid)
	if !utf8.ValidString(text) || len(text) > 4*longestEmail {
		return "", invalid
	}
	text = strings.Map(narrow, strings.TrimSpace(text))
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", invalid
	}
	text = strings.TrimSpace(Seen(text))
	if len(text) > len(mailScheme) && strings.EqualFold(text[:len(mailScheme)], mailScheme) {
		text = text[len(mailScheme):]
	}
	last := strings.LastIndexByte(text, '@')
	if last < 0 {
		return "", invalid
	}
	local, domain := strings.ToLower(norm.NFC.String(unquote(text[:last]))), text[last+1:]
	domain, err := domains.ToASCII(domain)
	switch {
	case err != nil, local == "", len(local) > longestLocal, len(local)+1+len(domain) > longestEmail:
		return "", invalid
	case !strings.Contains(domain, ".") && domain != "localhost", !hostname.MatchString(domain), strings.ContainsFunc(local, notInLocal):
		return "", invalid
	}
	return local + "@" + domain, nil
}

// ShownEmail returns an address of the form of Email as people read it: the domain in its own script.
func ShownEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	shown, err := idna.Display.ToUnicode(domain)
	if !ok || err != nil {
		return email
	}
	return local + "@" + shown
}

// WireEmail returns an address of the form of Email as mail servers read it (RFC 5321 §4.1.2): a local part that is no Dot-string
// stands in quotation marks.
func WireEmail(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		local = `"` + local + `"`
	}
	return local + "@" + domain
}

// unquote takes the quotation marks from a local part that is well-formed without. What needs them keeps them, and is refused.
func unquote(local string) string {
	if len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"' {
		return local[1 : len(local)-1]
	}
	return local
}

// notInLocal is the contrary of RFC 5322 §3.2.3 atext and the dot, with the letters of RFC 6531 §3.3.
func notInLocal(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.", r)
	default:
		return unicode.IsSpace(r) || r == utf8.RuneError
	}
}

// narrow writes the ASCII of East Asian keyboards in ASCII: ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

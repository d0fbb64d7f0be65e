package writing

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	scheme = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*:/+`)
	// digitRun is what phones take for a number to call, if it has enough digits. Between them they take spaces, brackets, and every dash
	// and tilde.
	digitRun   = regexp.MustCompile(`[+(]*[0-9][0-9()\[\]./+~\p{Zs}\p{Pd}\x{2212}\x{30fc}\x{2053}\x{223c}]*`)
	fiveDigits = regexp.MustCompile(`[0-9]{5}`)
	// hostNumber is an IPv4 address, of which phones make a link as of a domain.
	hostNumber = regexp.MustCompile(`[0-9]{1,3}(?:\.[0-9]{1,3}){3}`)
)

// dots are the full stops that phones and browsers read as one between labels (UTS #46), or that become one in the GSM alphabet.
const dots = ".。．｡․﹒·•"

// InMessage returns the name of somebody else as a message of ours may show it: in one line, without what is not seen, and so that
// no phone makes a link of it. "Booking.com" becomes "Booking com", "x@y" "x at y"; schemes and whatever has as many digits as a
// number to call are left out. Empty if nothing is left.
func InMessage(name string) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, " "))
	name = strings.Map(narrow, strings.ReplaceAll(Seen(name), string(unicode.ReplacementChar), " "))
	name = scheme.ReplaceAllString(name, " ")
	name = strings.NewReplacer("@", " at ", "﹫", " at ").Replace(apart(name))
	name = digitRun.ReplaceAllStringFunc(name, uncallable)
	name = hostNumber.ReplaceAllString(name, " ")
	return strings.Trim(strings.Join(strings.Fields(name), " "), " #")
}

// apart puts a space where an address would go on: after the colon of a scheme, and for a dot before a domain's last label.
func apart(name string) string {
	runes := []rune(name)
	var out strings.Builder
	for i, r := range runes {
		before, after := at(runes, i-1), at(runes, i+1)
		if digit, ok := Digit(r); ok {
			r = rune(digit) // phones call digits of other scripts, too
		}
		switch {
		case strings.ContainsRune(dots, r) && ofLabel(before) && unicode.IsLetter(after) && ofWord(at(runes, i+2)):
			out.WriteByte(' ')
		case strings.ContainsRune(dots, r) && numeral(before) && numeral(after):
			out.WriteByte('.') // for what looks for numbers
		case r == ':' && ofWord(before) && after != 0 && !unicode.IsSpace(after):
			out.WriteString(": ")
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func ofWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N) || r == '-' || r == nonJoiner || r == joiner
}

// ofLabel reports whether r ends a label of a domain. Signs and pictures do: there are domains of emoji.
func ofLabel(r rune) bool {
	return ofWord(r) || unicode.Is(unicode.S, r) || r == emojiStyle || r == textStyle || r == '_'
}

func numeral(r rune) bool {
	_, ok := Digit(r)
	return ok
}

// uncallable leaves a run of digits out if a phone would call it: five together, which is a short code or could be a PIN, or seven
// with what people put between them.
func uncallable(run string) string {
	count := 0
	for _, r := range run {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	if count >= 7 || fiveDigits.MatchString(run) {
		return " "
	}
	return run
}

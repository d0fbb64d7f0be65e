package writing

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// address is a scheme, a "www.", a domain with a path, or an e-mail address. A domain alone is a name: Booking.com.
var address = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*:/+|\b(?:tel|sms|smsto|mailto|javascript|data|https?):\S|\bwww\.|[\pL\pN\pS_\x{fe0e}\x{fe0f}-]\.\pL[\pL\pN-]+[/?:]\S`)

// Leads reports whether a name holds what leads its reader away: an address with a scheme or a path, an IPv4 address, an at sign, or as
// many digits as a number to call. InMessage would leave it out.
func Leads(name string) bool {
	name = plain(name)
	called := digitRun.ReplaceAllStringFunc(name, uncallable)
	return strings.ContainsRune(name, '@') || address.MatchString(name) || hostNumber.MatchString(name) || called != name
}

// plain writes compatibility forms, dots and digits of all scripts as ASCII has them.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if digit, ok := Digit(r); ok {
			return rune(digit)
		}
		if strings.ContainsRune(dots, r) {
			return '.'
		}
		return r
	}, norm.NFKC.String(Seen(name)))
}

// MixesScripts reports whether a word has letters of Latin and of a script whose letters look like them: "Рaypal" with a Cyrillic
// Р. UTS #39 §5.1; a word is a run of letters, so "iPhone-чехлы" is two.
func MixesScripts(name string) bool {
	words := strings.FieldsFunc(norm.NFC.String(name), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) })
	for _, word := range words {
		scripts := 0
		for _, script := range alike {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(script, r) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return true
		}
	}
	return false
}

// alike are the scripts of which a letter can be taken for one of another.
var alike = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu}

// PosesAs reports whether a name reads as the known one: the same but for case, spaces, accents, punctuation, letters of other
// scripts and digits that look alike; or the known one, and after a colon, a dash or another sign what it would say. "Orange Juice
// Bar" does not read as Orange, "0range: pay now" does.
func PosesAs(name, known string) bool {
	want := folded(known)
	if want == "" {
		return false
	}
	if folded(name) == want {
		return true
	}
	for i, r := range name {
		if sign(r) && folded(name[:i]) == want {
			return true
		}
	}
	return false
}

// Names reports whether a name has the known one in a word, or as words of their own, however they are written: "Dia1tone Support"
// and "MyDialtone", but not "Medial tone".
func Names(name, known string) bool {
	want := folded(known)
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || sign(r) })
	for i, word := range words {
		if want != "" && (strings.Contains(folded(word), want) || strings.HasPrefix(folded(strings.Join(words[i:], " ")), want)) {
			return true
		}
	}
	return false
}

// sign reports whether r ends a name inside a line. Apostrophes and "&" stand within names.
func sign(r rune) bool {
	return unicode.In(r, unicode.P, unicode.S) && !strings.ContainsRune("'’&", r)
}

// folded is what a glance sees of a name: UTS #39 §4, for the letters that brands are written in.
func folded(name string) string {
	var out strings.Builder
	for word := range strings.FieldsSeq(norm.NFKD.String(Seen(name))) {
		hasLetter := strings.ContainsFunc(word, unicode.IsLetter)
		for _, r := range strings.ToLower(word) {
			if digit, ok := Digit(r); ok {
				r = rune(digit)
				if hasLetter || r == '0' || r == '1' { // "3" alone is a name
					r = lookalike(digitLetters, r)
				}
			}
			if r = lookalike(letters, r); unicode.IsLetter(r) || unicode.IsNumber(r) {
				out.WriteRune(r)
			}
		}
	}
	return strings.NewReplacer("rn", "m", "vv", "w").Replace(out.String())
}

func lookalike(table map[rune]rune, r rune) rune {
	if other, ok := table[r]; ok {
		return other
	}
	return r
}

var digitLetters = map[rune]rune{'0': 'o', '1': 'l', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b'}

// letters maps lower case to the Latin letter that it is taken for; i and l are one.
var letters = map[rune]rune{
	'i': 'l', '|': 'l', 'ı': 'l', 'ł': 'l', 'ø': 'o', 'đ': 'd', 'ħ': 'h', 'ŧ': 't', 'ɑ': 'a', 'ɡ': 'g', 'ǀ': 'l', '$': 's', '€': 'e',
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'є': 'e', 'г': 'r', 'һ': 'h', 'н': 'h', 'і': 'l', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm',
	'п': 'n', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x',
	'α': 'a', 'β': 'b', 'ϲ': 'c', 'ε': 'e', 'η': 'n', 'ι': 'l', 'κ': 'k', 'μ': 'm', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'σ': 'o', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ζ': 'z',
	'օ': 'o', 'ո': 'n', 'ս': 'u', 'հ': 'h', 'ց': 'g', 'զ': 'q', 'յ': 'j',
}

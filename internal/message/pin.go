package message

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// wording is the sentence of a PIN SMS in one language: the code first, so that a lock screen shows it. In the Latin
// languages it is in the GSM alphabet; one other character would more than halve the room.
type wording struct{ withProduct, without string }

const (
	codeSlot    = "{code}"
	productSlot = "{product}"
	minProduct  = 3 // characters of a product's name that still say something
	fallback    = "en"
)

var wordings = map[string]wording{
	"en": {"{code} is your {product} PIN. Never share it.", "{code} is your PIN. Never share it."},
	"sv": {"{code} är din PIN-kod för {product}. Dela den aldrig.", "{code} är din PIN-kod. Dela den aldrig."},
	"nb": {"{code} er PIN-koden din for {product}. Del den aldri.", "{code} er PIN-koden din. Del den aldri."},
	"de": {"{code} ist Ihre PIN für {product}. Geben Sie sie nie weiter.", "{code} ist Ihre PIN. Geben Sie sie nie weiter."},
	"fr": {"{code} est votre code PIN pour {product}. Ne le communiquez à personne.", "{code} est votre code PIN. Ne le communiquez à personne."},
	"es": {"{code} es tu PIN de {product}. No lo compartas nunca.", "{code} es tu PIN. No lo compartas nunca."},
	"ar": {"{code} رمزك لـ {product}. لا تشاركه.", "{code} رمزك. لا تشاركه."},
}

// PIN is what a PIN SMS says.
type PIN struct {
	Language string // BCP 47; English stands in for a language that we do not have
	Product  string
	Code     secret.Text
	Host     string // the identity host's name, without scheme and port
}

// Text returns the words of a PIN SMS. It takes one segment always. The code comes first; the last line binds the code to
// the host (the origin-bound form of WebOTP, "@host #code"), so that a browser fills it in nowhere else.
//
// What does not fit gives way in this order: the end of the product's name, the name, the language, the last line.
func (p PIN) Text() secret.Text {
	code := p.Code.Reveal()
	lastLine := "\n@" + p.Host + " #" + code
	words := wordingFor(p.Language)
	candidates := []string{
		fit(words.withProduct, p.Product, code, lastLine),
		strings.Replace(words.without, codeSlot, code, 1) + lastLine,
		strings.Replace(wordings[fallback].without, codeSlot, code, 1) + lastLine,
	}
	for _, text := range candidates {
		if text != "" && Segments(text) == 1 {
			return secret.Text(text)
		}
	}
	return secret.Text(strings.Replace(words.without, codeSlot, code, 1))
}

// fit puts the product's name into the sentence, shortened until one segment holds everything, or returns "" if nothing
// useful of it would be left.
func fit(sentence, product, code, lastLine string) string {
	product = writing.InMessage(product)
	if latin, ok := toGSM(product); ok && isGSM(sentence) {
		product = writing.InMessage(latin) // the alphabet may have made a dot of something else
	}
	sentence = strings.Replace(sentence, codeSlot, code, 1)
	name := []rune(product)
	for length := len(name); length >= min(minProduct, len(name)) && length > 0; length-- {
		short := strings.TrimRightFunc(string(name[:length]), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		if length == len(name) {
			short = product
		}
		if text := strings.Replace(sentence, productSlot, short, 1) + lastLine; short != "" && Segments(text) == 1 {
			return text
		}
	}
	return ""
}

// oneLine keeps a name from bringing lines of its own: "@evil.example #123456" at the end of a message would bind the code to
// another site. What is not seen, and could also turn the writing direction, goes; what is spelling stays.
func oneLine(name string) string {
	name = strings.ReplaceAll(norm.NFC.String(strings.ToValidUTF8(name, " ")), string(unicode.ReplacementChar), " ")
	return strings.Join(strings.Fields(writing.Seen(name)), " ")
}

// wordingFor finds the words by the language's first part: "sv-FI" is Swedish.
func wordingFor(language string) wording {
	primary, _, _ := strings.Cut(strings.ToLower(language), "-")
	if primary == "no" || primary == "nn" {
		primary = "nb"
	}
	if words, ok := wordings[primary]; ok {
		return words
	}
	return wordings[fallback]
}

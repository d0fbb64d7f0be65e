package writing

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What joins, separates and varies the characters beside it, and is not seen itself.
const (
	nonJoiner, joiner                               = '\u200c', '\u200d'
	leftToRight, rightToLeft, arabicLetter          = '\u200e', '\u200f', '\u061c'
	mongolianSeparator                              = '\u180e'
	textStyle, emojiStyle, keycap                   = '\ufe0e', '\ufe0f', '\u20e3'
	blackFlag, firstTag, lastTag, cancelTag         = '\U0001f3f4', '\U000e0020', '\U000e007e', '\U000e007f'
	firstIdeographVariation, lastIdeographVariation = '\U000e0100', '\U000e01ef'
)

// fillers take the room of a letter, or none, and show nothing: Hangul fillers, the Khmer inherent vowels, the empty Braille
// pattern, the combining grapheme joiner.
var fillers = []rune{'\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0'}

// Unseen reports whether a character by itself shows nothing: controls, format characters, variation selectors, tags, fillers,
// and what Unicode leaves to others. Spaces are seen, line breaks are not. In some places an unseen character is spelling, see
// Hides.
func Unseen(r rune) bool {
	switch {
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false // the signs over Arabic numbers are format characters that are seen
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
		return true
	case unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point):
		return true
	}
	return slices.Contains(fillers, r)
}

// Hides reports whether a text holds an unseen character that is not spelling: two texts that look the same could differ, or one
// could look like another.
func Hides(text string) bool {
	runes := []rune(text)
	for i := range runes {
		if Unseen(runes[i]) && !spells(runes, i) {
			return true
		}
	}
	return false
}

// Seen returns a text without the unseen characters that are not spelling. Line breaks and other controls become spaces, since
// words stand on both sides of them.
func Seen(text string) string {
	runes := []rune(text)
	var out strings.Builder
	for i, r := range runes {
		switch {
		case !Unseen(r) || spells(runes, i):
			out.WriteRune(r)
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			out.WriteByte(' ')
		}
	}
	return out.String()
}

// spells reports whether the unseen character at i changes how its neighbours look or are read, as the orthography of their
// script has it.
func spells(text []rune, i int) bool {
	before, after := at(text, i-1), at(text, i+1)
	switch r := text[i]; {
	case r == joiner && joinsEmoji(text, i):
		return true
	case r == joiner || r == nonJoiner:
		return spellsConjunct(before, after) || spellsCursive(r, before, after)
	case r == mongolianSeparator, unicode.Is(unicode.Mongolian, r):
		return unicode.Is(unicode.Mongolian, before) && unicode.IsLetter(before) // the separator and the free variation selectors
	case r == leftToRight, r == rightToLeft, r == arabicLetter:
		// A mark gives the character before it, a bracket say, the direction of the text. Where all goes from left to right there
		// is nothing to order.
		return seen(before) && slices.ContainsFunc(text, fromTheRight)
	case r == textStyle, r == emojiStyle:
		return hasStyles(before) || isKeycapBase(before) && after == keycap
	case r >= firstIdeographVariation && r <= lastIdeographVariation, unicode.Is(unicode.Variation_Selector, r):
		return unicode.In(before, unicode.Han, unicode.Sm) // ways to write a name's ideograph (UTS #37), and variants of signs
	case r >= firstTag && r <= cancelTag:
		return inFlag(text, i)
	}
	return false
}

// at returns the character at i, 0 beyond the ends.
func at(text []rune, i int) rune {
	if i < 0 || i >= len(text) {
		return 0
	}
	return text[i]
}

func seen(r rune) bool { return r != 0 && !Unseen(r) }

// spellsConjunct is The Unicode Standard, §12.1 and §23.2: beside a virama a joiner chooses between the forms of a conjunct, and
// before a dependent sign it keeps the sign from its usual form. So Sinhala, Devanagari, Bengali, Malayalam and their kin write.
func spellsConjunct(before, after rune) bool {
	return virama(before) || unicode.IsLetter(before) && virama(after) ||
		unicode.Is(unicode.Khmer, before) && unicode.Is(unicode.Khmer, after) && unicode.IsMark(after)
}

// virama reports whether r takes the vowel from the consonant before it: canonical combining class 9.
func virama(r rune) bool {
	const class = 9
	return r != 0 && norm.NFC.PropertiesString(string(r)).CCC() == class
}

// cursive are the scripts whose letters join.
var cursive = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mandaic, unicode.Nko, unicode.Mongolian, unicode.Phags_Pa, unicode.Adlam,
	unicode.Hanifi_Rohingya, unicode.Manichaean, unicode.Psalter_Pahlavi, unicode.Sogdian,
}

// spellsCursive is RFC 5892 Appendix A.1, for whole scripts in place of joining types: a non-joiner keeps two letters of a cursive
// script apart, as Persian does before endings. A joiner gives a last letter the shape that it has before another, as Arabic does
// for the year of the Hijra.
func spellsCursive(r, before, after rune) bool {
	for _, script := range cursive {
		if !unicode.Is(script, before) && !(unicode.IsMark(before) && unicode.Is(unicode.Inherited, before)) {
			continue
		}
		joins := unicode.Is(script, after) && unicode.IsLetter(after)
		if r == nonJoiner && joins || r == joiner && !joins && unicode.IsLetter(before) && (after == 0 || !Unseen(after)) {
			return true
		}
	}
	return false
}

// joinsEmoji is UTS #51, emoji ZWJ sequence: a picture, with its skin colour or style, joined to another one.
func joinsEmoji(text []rune, i int) bool {
	before := at(text, i-1)
	if before == emojiStyle || skinColour(before) {
		before = at(text, i-2)
	}
	return picture(before) && picture(at(text, i+1))
}

func skinColour(r rune) bool { return r >= '\U0001f3fb' && r <= '\U0001f3ff' }

// picture reports whether r is a sign that may be an emoji, of those that are still to come as well.
func picture(r rune) bool { return unicode.Is(unicode.So, r) || r >= '\U0001f000' && r <= '\U0001faff' }

// hasStyles reports whether r may be written as text and as a picture (UTS #51, emoji presentation sequence).
func hasStyles(r rune) bool {
	return picture(r) || unicode.Is(unicode.Sm, r) || strings.ContainsRune("‼⁉ℹ〰", r) && r != 0
}

func isKeycapBase(r rune) bool { return r >= '0' && r <= '9' || r == '#' || r == '*' }

// inFlag is UTS #51, emoji tag sequence: the black flag, the tags that name a region, and the end of tags.
func inFlag(text []rune, i int) bool {
	first, last := i, i
	for isTag(at(text, first-1)) {
		first--
	}
	for isTag(at(text, last)) {
		last++
	}
	return last > first && last-first <= 6 && at(text, first-1) == blackFlag && at(text, last) == cancelTag
}

func isTag(r rune) bool { return r >= firstTag && r <= lastTag }

// fromTheRight reports whether r is a letter of a script that is written from right to left.
func fromTheRight(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam, unicode.Mandaic,
		unicode.Samaritan, unicode.Hanifi_Rohingya) && unicode.IsLetter(r)
}

package message

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// The GSM 7-bit alphabet, 3GPP TS 23.038 §6.2.1. A character of the extension table takes two septets.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// What one SMS holds, and what each part of a longer one holds (3GPP TS 23.040 §9.2.3.24.1).
const (
	gsmSingle, gsmPart   = 160, 153 // septets
	ucs2Single, ucs2Part = 70, 67   // UTF-16 units
)

var septets = func() map[rune]int {
	count := make(map[rune]int)
	for _, r := range gsmBasic {
		count[r] = 1
	}
	for _, r := range gsmExtension {
		count[r] = 2
	}
	return count
}()

// Segments returns how many SMS the text takes: what the operator pays for.
func Segments(text string) int {
	sizes, single, part := unitSizes(text)
	total := 0
	for _, size := range sizes {
		total += size
	}
	if total <= single {
		return 1
	}
	// A character does not span two parts.
	segments, room := 1, part
	for _, size := range sizes {
		if size > room {
			segments, room = segments+1, part
		}
		room -= size
	}
	return segments
}

// unitSizes returns how many units each character takes, and how many units an SMS holds.
func unitSizes(text string) (sizes []int, single, part int) {
	if isGSM(text) {
		for _, r := range text {
			sizes = append(sizes, septets[r])
		}
		return sizes, gsmSingle, gsmPart
	}
	for _, r := range text {
		sizes = append(sizes, utf16.RuneLen(r))
	}
	return sizes, ucs2Single, ucs2Part
}

func isGSM(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return septets[r] == 0 })
}

// plain are letters and signs without a decomposition in Unicode, as people write them on a simple keyboard.
var plain = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‹", "'", "›", "'",
	"–", "-", "—", "-", "‐", "-", "‑", "-", "−", "-", "·", ".", "•", "-", "…", "...", "`", "'", "´", "'",
	"ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ð", "d", "Ð", "D", "þ", "th", "Þ", "Th", "ħ", "h", "Ħ", "H",
	"ı", "i", "œ", "oe", "Œ", "OE", "ŋ", "n", "Ŋ", "N", "ſ", "s", "ẞ", "SS", "×", "x", "®", "(R)", "©", "(C)", "™", "(TM)", "°", "o",
)

// toGSM writes text in the GSM alphabet, and false if that would lose a letter: then it is in another script.
// Signs that have no counterpart, such as emoji, are left out.
func toGSM(text string) (string, bool) {
	var out strings.Builder
	for _, r := range plain.Replace(norm.NFC.String(text)) {
		if septets[r] > 0 {
			out.WriteRune(r)
			continue
		}
		base, letters := "", 0
		for _, part := range norm.NFKD.String(string(r)) {
			if septets[part] > 0 {
				base += string(part)
			} else if unicode.IsLetter(part) || unicode.IsNumber(part) {
				letters++
			}
		}
		if letters > 0 {
			return "", false
		}
		out.WriteString(base)
	}
	return out.String(), true
}

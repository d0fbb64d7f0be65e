package writing_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/writing"
)

// linked is what phones and mail programs make links of: schemes, domains with a last label of letters, addresses, numbers.
var linked = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://`),
	regexp.MustCompile(`(?i)\b(?:tel|sms|mailto|https?):\S`),
	regexp.MustCompile(`[\pL\pN][.。．｡]\pL[\pL\pN-]+`),
	regexp.MustCompile(`@`),
	regexp.MustCompile(`[0-9]{5}|(?:[0-9][ ()./\x{2013}-]{0,2}){7}`),
	regexp.MustCompile(`[\r\n\x{2028}]`),
	regexp.MustCompile(`[0-9]\.[0-9]+\.[0-9]+\.[0-9]`),
	regexp.MustCompile(`\x{1f4a9}\.\pL\pL`),
}

func TestOrdinaryNamesStandInMessagesAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Storytime", "Formel 1", "24/7 Taxi", "H&M", "7-Eleven", "1&1", "4711", "St. Erik", "Web 2.0", "Dr. Oetker", "C++", "Yahoo!", "2048",
		"Formula 1 2026", "Re: Zero", "می\u200cخواهم", "ශ්\u200dරී", "日本語アプリ", "Company Inc.", "Über-App", "Fjord+", "S.T.A.L.K.E.R.", "#1 Fan",
	} {
		if got := writing.InMessage(name); got != strings.TrimPrefix(name, "#") {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}

func TestNoPhoneMakesALinkOfAName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Booking.com": "Booking com",
		"Notes.app":   "Notes app",
		"Fjord: invoice due, pay http://pay.example/x": "Fjord: invoice due, pay pay example/x",
		"Call +46 70 174 06 05 now":                    "Call now",
		"Taxi 15 00 00 00":                             "Taxi",
		"PIN 999999":                                   "PIN",
		"Call ٠٧٠١٧٤٠٦٠٥":                              "Call",
		"A\n@evil.example #111111":                     "A at evil example",
		"ada@example.com":                              "ada at example com",
		"ｅｖｉｌ．ｃｏｍ":                                     "evil com",
		"evil。com":                                     "evil com",
		"пример.рф":                                    "пример рф",
		"tel:112":                                      "tel: 112",
		"www.evil.co.uk/pay":                           "www evil co uk/pay",
		"192.168.100.200":                              "",
		"45.9.1.7/pay":                                 "/pay",
		"Pay at 8.8.4.4 now":                           "Pay at now",
		"8·8·4·4":                                      "",
		"\U0001f4a9.la":                                "\U0001f4a9 la",
		"i\u2764\ufe0f.ws/pay":                         "i\u2764\ufe0f ws/pay",
		"evil_.com":                                    "evil_ com",
		"070\u2013174\u201306\u201305":                 "",
		"070\u2011174\u201106\u201105":                 "",
		"070·174·06·05":                                "",
		"070~174 [06] 05":                              "",
		"Sto\u200bry\u202etime":                        "Storytime",
		"\u3164":                                       "",
	} {
		if got := writing.InMessage(name); got != want {
			t.Errorf("%+q becomes %q, want %q", name, got, want)
		}
	}
	pieces := rapid.SampledFrom([]string{"a", "evil", "com", ".", "．", "。", ":", "/", "//", "http", "@", "＠", "1", "23", "456", "٧", "+", " ", "-", "\n", "\u200b", "рф", "\u2013", "\U0001f4a9", "·"})
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(pieces, 0, 14).Draw(t, "name"), "")
		got := writing.InMessage(name)
		for _, link := range linked {
			if link.MatchString(got) {
				t.Fatalf("%q becomes %q, of which %s makes a link", name, got, link)
			}
		}
	})
}

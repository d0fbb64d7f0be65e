package writing_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/writing"
)

func TestSpellingIsKept(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"ශ්\u200dරී ලංකා", "می\u200cخواهم", "कक्\u200dष", "അവന്\u200dറെ", "অবন্\u200c", "র\u200d্যাব", "ক্\u200cষ", "க்\u200cஷ", "១៤៤២", "١٤٤٢ه\u200d", "کتاب\u200cها", "کار\u200cخانه", "ស\u200c៊ី",
		"👨‍👩‍👧", "🏳️‍🌈", "❤️‍🔥", "👩🏽‍💻", "Love ❤️", "1️⃣ App", "#️⃣", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "ℹ️ Info",
		"葛\U000e0100城", "ᠠ\u180b", "ᠨ\u180eᠠ", "שלום\u200f (C++)\u200e ב", "\u0600١٢", "Zoë & Søn", "ไทย", "Straße", "한국어", "日本語", "Apple Pie",
	} {
		if writing.Hides(name) {
			t.Errorf("%+q hides something", name)
		}
		if got := writing.Seen(name); got != name {
			t.Errorf("%+q becomes %+q", name, got)
		}
	}
}

func TestWhatIsNotSeenIsTakenAway(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Story\u200btime":            "Storytime",
		"Story\u200dtime":            "Storytime", // joins nothing: Latin letters do not join
		"Story\u200ctime":            "Storytime",
		"क\u200dख":                   "कख", // no virama and no sign: it shows nothing
		"Storytime\u200e":            "Storytime",
		"Story\u200etime":            "Storytime",
		"\u202eemityrotS\u202c":      "emityrotS",
		"a\u2066b\u2069":             "ab",
		"שלום\u200f\u200f":           "שלום\u200f",
		"\u200fשלום":                 "שלום",
		"Ba\u00adnk":                 "Bank",
		"Bank\ufe0f":                 "Bank",
		"7\ufe0f":                    "7",
		"Bank\U000e0100":             "Bank",
		"Bank\U000e0062\U000e007f":   "Bank",
		"🏴\U000e007f":                "🏴",
		"❤️\u200d":                   "❤️",
		"\u3164\u115f\uffa0\u2800":   "",
		"Bank\u034f":                 "Bank",
		"ᠠb\u180b":                   "ᠠb",
		"one\r\ntwo\u2028three\x00":  "one  two three ",
		"\ufeffBank\ufff9\U000f0000": "Bank",
	} {
		if !writing.Hides(text) {
			t.Errorf("%+q hides nothing", text)
		}
		if got := writing.Seen(text); got != want {
			t.Errorf("%+q becomes %+q, want %+q", text, got, want)
		}
	}
}

func TestASeenTextHidesNothing(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]rune("ab1#❤🏴ශ්رم\u200c\u200d\u200e\u200f\u061c\u180e\u180b\ufe0f\U000e0062\U000e007f\U000e0100\u202e葛 \n"))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(pieces, 0, 12).Draw(t, "text"))
		seen := text
		for range len(text) { // what an unseen character spelled with may have gone
			seen = writing.Seen(seen)
		}
		if writing.Hides(seen) || !utf8.ValidString(seen) {
			t.Fatalf("%+q becomes %+q, which hides something", text, seen)
		}
	})
}

func TestDigitsOfAllScriptsAreRead(t *testing.T) {
	t.Parallel()
	for _, table := range unicode.Nd.R16 {
		if (table.Hi-table.Lo+1)%10 != 0 {
			t.Errorf("U+%04X to U+%04X are no whole sets of digits", table.Lo, table.Hi)
		}
	}
	for typed, want := range map[string]string{
		"123 456": "123456", "١٢٣-٤٥٦": "123456", "۱۲۳۴۵۶": "123456", "１２３４５６": "123456", "१२३४५६": "123456", "১২৩৪৫৬": "123456",
		"๑๒๓๔๕๖": "123456", "𝟏𝟐𝟑𝟜𝟝𝟞": "123456", "\u200e123456\u200f": "123456", "12a": "12a", "12\x00": "12\x00",
	} {
		if got := writing.TypedDigits(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestOneMailboxHasOneSpelling(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ada@example.com":               "ada@example.com",
		" Ada@Example.COM ":             "ada@example.com",
		"ada@bücher.example":            "ada@xn--bcher-kva.example",
		"ada@xn--bcher-kva.example":     "ada@xn--bcher-kva.example",
		"ADA@XN--BCHER-KVA.example":     "ada@xn--bcher-kva.example",
		"ada@BÜCHER.example":            "ada@xn--bcher-kva.example",
		"ada@bu\u0308cher.example":      "ada@xn--bcher-kva.example",
		"ada@straße.example":            "ada@xn--strae-oqa.example",
		"\u200bada@example.com\u200e":   "ada@example.com",
		"\ufeffada@exa\u00admple.com":   "ada@example.com",
		"\u00a0ada@example.com\u3000":   "ada@example.com",
		"\u202aada@example.com\u202c":   "ada@example.com",
		"mailto:ada@example.com":        "ada@example.com",
		"ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ":               "ada@example.com",
		"ada@例え。テスト":                    "ada@xn--r8jz45g.xn--zckzah",
		"a..b@docomo.ne.jp":             "a..b@docomo.ne.jp",
		"a.@docomo.ne.jp":               "a.@docomo.ne.jp",
		".a@ezweb.ne.jp":                ".a@ezweb.ne.jp",
		`"a..b"@docomo.ne.jp`:           "a..b@docomo.ne.jp",
		"søren@example.com":             "søren@example.com",
		"o'hara+dialtone/x@example.com": "o'hara+dialtone/x@example.com",
		"ada@localhost":                 "ada@localhost",
		"ada@r3---mail.example":         "ada@r3---mail.example",
	} {
		got, err := writing.Email(typed)
		if err != nil || got != want {
			t.Errorf("%+q: %q, %v; want %q", typed, got, err, want)
			continue
		}
		if again, err := writing.Email(writing.ShownEmail(got)); err != nil || again != got {
			t.Errorf("%q is shown as %q, which is %q, %v", got, writing.ShownEmail(got), again, err)
		}
		if wire, err := writing.Email(writing.WireEmail(got)); err != nil || wire != got {
			t.Errorf("%q is sent as %q, which is %q, %v", got, writing.WireEmail(got), wire, err)
		}
	}
	for _, typed := range []string{
		"", "@", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "ada@exa mple.com", `"a b"@example.com`, "ada@[192.0.2.1]",
		"Ada <ada@example.com>", "ada@example.com, kim@example.com", "ada@example.com\nBcc: kim@example.com", "ada\r\n@example.com", "a@b@example.com",
		"ada@-example.com", "ada@exa_mple.com", "ada@xn--a.example", "ada@example..com", "ada@.example.com", "ada@example.com.", "ada\x00@example.com",
		strings.Repeat("a", 65) + "@example.com", "ada@" + strings.Repeat("a.", 130) + "com", "ada\xff@example.com", `a"b@example.com`, "ada(x)@example.com",
	} {
		if got, err := writing.Email(typed); err == nil {
			t.Errorf("%+q is taken for %q", typed, got)
		}
	}
	if got := writing.WireEmail("a..b@docomo.ne.jp"); got != `"a..b"@docomo.ne.jp` {
		t.Errorf("on the wire: %s", got)
	}
	if got := writing.ShownEmail("ada@xn--bcher-kva.example"); got != "ada@bücher.example" {
		t.Errorf("shown: %s", got)
	}
}

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"ada@bücher.example", `"a..b"@docomo.ne.jp`, "mailto:ada@xn--bcher-kva.example", "ａ＠ｂ．ｃ", "\u200ba@b.c\u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		email, err := writing.Email(typed)
		if err != nil {
			return
		}
		for _, same := range []string{email, writing.WireEmail(email), strings.ToUpper(email)} {
			again, err := writing.Email(same)
			if same == strings.ToUpper(email) && strings.ContainsFunc(email, func(r rune) bool { return r >= utf8.RuneSelf }) {
				continue // not every script has capitals that come back
			}
			if err != nil || again != email {
				t.Fatalf("%+q gives %+q, and %+q gives %+q, %v", typed, email, same, again, err)
			}
		}
		if strings.ContainsAny(email, "\r\n \"<>") || strings.Count(email, "@") != 1 {
			t.Fatalf("%+q gives %+q", typed, email)
		}
	})
}

package message

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestThePINMessageInEveryLanguage(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"en": "048213 is your Fjord Ferries PIN. Never share it.",
		"sv": "048213 är din PIN-kod för Fjord Ferries. Dela den aldrig.",
		"nb": "048213 er PIN-koden din for Fjord Ferries. Del den aldri.",
		"de": "048213 ist Ihre PIN für Fjord Ferries. Geben Sie sie nie weiter.",
		"fr": "048213 est votre code PIN pour Fjord Ferries. Ne le communiquez à personne.",
		"es": "048213 es tu PIN de Fjord Ferries. No lo compartas nunca.",
		"ar": "048213 رمزك لـ Fjord Ferries. لا تشاركه.",
	} {
		got := PIN{Language: language, Product: "Fjord Ferries", Code: "048213", Host: "id.example"}.Text().Reveal()
		if got != want+"\n@id.example #048213" {
			t.Errorf("%s: %q", language, got)
		}
		if Segments(got) != 1 {
			t.Errorf("%s takes %d segments", language, Segments(got))
		}
		if latin := language != "ar"; isGSM(got) != latin {
			t.Errorf("%s: in the GSM alphabet: %v, want %v", language, isGSM(got), latin)
		}
	}
	if len(wordings) != 7 {
		t.Errorf("there are %d languages, and this test knows 7", len(wordings))
	}
}

func TestTheProductNameGivesWayToTheSegment(t *testing.T) {
	t.Parallel()
	const lastLine = "\n@id.example #048213"
	for name, test := range map[string]struct {
		language, product, host, want string
	}{
		"curly quotes and accents become plain": {"en", "Zoë’s “Café” – Łódź…", "id.example", `048213 is your Zoe's "Café" - Lodz... PIN. Never share it.` + lastLine},
		"letters of GSM stay":                   {"sv", "Ångbåt Øst", "id.example", "048213 är din PIN-kod för Ångbåt Øst. Dela den aldrig." + lastLine},
		"emoji are left out":                    {"en", "Pizza 🍕 now", "id.example", "048213 is your Pizza now PIN. Never share it." + lastLine},
		"nothing but emoji":                     {"en", "🍕🍕", "id.example", "048213 is your PIN. Never share it." + lastLine},
		"another script keeps its letters":      {"en", "متجر", "id.example", "048213 is your متجر PIN. Never share it." + lastLine},
		"a long name is cut": {
			"en", strings.Repeat("Long name ", 20), "id.example",
			"048213 is your " + strings.Repeat("Long name ", 10) + "Long PIN. Never share it." + lastLine,
		},
		"region and case of the language do not matter": {"SV-fi", "A", "id.example", "048213 är din PIN-kod för A. Dela den aldrig." + lastLine},
		"Norwegian by its old tag":                      {"no", "A", "id.example", "048213 er PIN-koden din for A. Del den aldri." + lastLine},
		"an unknown language":                           {"tlh", "A", "id.example", "048213 is your A PIN. Never share it." + lastLine},
		"a long host leaves no room for Arabic": {
			"ar", "متجر", "sign-in.identity.fjord-mobile.example.com",
			"048213 is your PIN. Never share it.\n@sign-in.identity.fjord-mobile.example.com #048213",
		},
		"a host that fills the SMS":       {"en", "A", strings.Repeat("h", 160), "048213 is your PIN. Never share it."},
		"a name cannot add a last line":   {"en", "A\n@evil.example #111111", "id.example", "048213 is your A at evil example PIN. Never share it." + lastLine},
		"a name cannot turn the writing":  {"en", "A\u202eB", "id.example", "048213 is your AB PIN. Never share it." + lastLine},
		"joiners are spelling":            {"en", "ශ්\u200dරී می\u200cخواهم", "id.example", "048213 is your ශ්\u200dරී می\u200cخواهم PIN. Never share it." + lastLine},
		"a name is no template":           {"en", "{product}{code}", "id.example", "048213 is your {product}{code} PIN. Never share it." + lastLine},
		"an empty name leaves no gap":     {"de", " ", "id.example", "048213 ist Ihre PIN. Geben Sie sie nie weiter." + lastLine},
		"a combined letter is one letter": {"de", "Mu\u0308ller", "id.example", "048213 ist Ihre PIN für Müller. Geben Sie sie nie weiter." + lastLine},
	} {
		got := PIN{Language: test.language, Product: test.product, Code: "048213", Host: test.host}.Text().Reveal()
		if got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

func TestEveryPINMessageIsOneSegmentWithTheCodeFirst(t *testing.T) {
	t.Parallel()
	languages := rapid.SampledFrom([]string{"en", "sv", "nb", "de", "fr", "es", "ar", "", "xx"})
	rapid.Check(t, func(t *rapid.T) {
		pin := PIN{
			Language: languages.Draw(t, "language"),
			Product:  rapid.String().Draw(t, "product"),
			Code:     secret.Text(rapid.StringMatching(`[0-9]{6,8}`).Draw(t, "code")),
			Host:     rapid.StringMatching(`[a-z0-9.-]{1,80}`).Draw(t, "host"),
		}
		text := pin.Text().Reveal()
		lines := strings.Split(text, "\n")
		switch {
		case Segments(text) != 1:
			t.Fatalf("%d segments: %q", Segments(text), text)
		case !strings.HasPrefix(text, pin.Code.Reveal()+" "):
			t.Fatalf("the code is not first: %q", text)
		case len(lines) != 2 || lines[1] != "@"+pin.Host+" #"+pin.Code.Reveal():
			t.Fatalf("the last line does not bind the code: %q", text)
		case !utf8.ValidString(text):
			t.Fatalf("not UTF-8: %q", text)
		}
	})
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"empty":                               {"", 1},
		"160 of GSM":                          {strings.Repeat("a", 160), 1},
		"161 of GSM":                          {strings.Repeat("a", 161), 2},
		"306 of GSM":                          {strings.Repeat("a", 306), 2},
		"307 of GSM":                          {strings.Repeat("a", 307), 3},
		"the extension takes two":             {strings.Repeat("€", 80), 1},
		"81 of the extension":                 {strings.Repeat("€", 81), 2},
		"a pair does not span two parts":      {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3},
		"70 of UCS-2":                         {strings.Repeat("я", 70), 1},
		"71 of UCS-2":                         {strings.Repeat("я", 71), 2},
		"one such letter changes the whole":   {strings.Repeat("a", 100) + "я", 2},
		"emoji take two units":                {strings.Repeat("🍕", 35), 1},
		"36 emoji":                            {strings.Repeat("🍕", 36), 2},
		"a surrogate pair spans no two parts": {strings.Repeat("я", 66) + "🍕" + strings.Repeat("я", 66), 3},
		"small ç is not in the alphabet":      {strings.Repeat("a", 70) + "ç", 2},
	} {
		if got := Segments(test.text); got != test.want {
			t.Errorf("%s: %d segments, want %d", name, got, test.want)
		}
	}
}

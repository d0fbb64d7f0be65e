package directory

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestNumbersInTheWritingOfPeople(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ input, region, want string }{
		{"+46701740605", "", "+46701740605"},
		{" +46 70-174 06 05 ", "", "+46701740605"},
		{"0046 (70) 174.06.05", "", "+46701740605"},
		{"+46 (0)70 174 06 05", "", "+46701740605"},
		{"070-174 06 05", "SE", "+46701740605"},
		{"070/1740605", "se", "+46701740605"},
		{"tel:+46701740605", "", "+46701740605"},
		{"TEL:+46701740605", "", "+46701740605"},
		{"\u200e+46 70 174 06 05\u200f", "", "+46701740605"}, // as an address book copies it, with direction marks
		{"\u202a+46\u00a0701740605\u202c", "", "+46701740605"},
		{"＋４６７０１７４０６０５", "", "+46701740605"},
		{"٠٠٤٦٧٠١٧٤٠٦٠٥", "", "+46701740605"},
		{"۰۷۰۱۷۴۰۶۰۵", "SE", "+46701740605"},
		{"07700 900000", "GB", "+447700900000"},
		{"06 39 98 00 00", "FR", "+33639980000"},
		{"+47 41 23 45 67", "SE", "+4741234567"},
		{"41234567", "NO", "+4741234567"},
		{"+1 (201) 555-0123", "", "+12015550123"},
		{"+39 06 1234 5678", "", "+390612345678"}, // the zero belongs to the number
	} {
		reading, err := Read(test.input, test.region)
		got := reading.Number
		if err != nil || got.E164() != test.want {
			t.Errorf("%q in %q: %q, %v; want %s", test.input, test.region, got.E164(), err, test.want)
		}
	}
}

func TestWhatIsNoNumberIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		input, region string
		want          Problem
	}{
		{"", "SE", Empty},
		{" - ", "SE", Empty},
		{"\u200e", "SE", Empty},
		{"+", "SE", TooShort},
		{"+46", "SE", TooShort},
		{"070", "SE", TooShort},
		{"+46 70 17", "", TooShort},
		{"+46 70 174 06 05 05 05 05", "", TooLong},
		{"0701740605070174060507017", "SE", TooLong},
		{"070-174 06 05 070-174 06 05 070-174 06 05 070-174 06 05 070-174 06", "SE", TooLong},
		{"070-174 06 05", "", NeedsCountry},
		{"+999 70 174 06 05", "SE", NeedsCountry},
		{"+0701740605", "SE", NeedsCountry},
		{"0701740605", "XX", NeedsCountry},
		{"070-174 06 05 ext. 7", "SE", NotANumber},
		{"someone@example.com", "SE", NotANumber},
		{"070+1740605", "SE", NotANumber},
		{"++46701740605", "SE", NotANumber},
		{"*#06#123", "SE", NotANumber},
		{"0701740605;phone-context=+46", "SE", NotANumber},
		{"07017406\x0005", "SE", NotANumber},
		{"07017\xff40605", "SE", NotANumber},
	} {
		reading, err := Read(test.input, test.region)
		got := reading.Number
		problem, ok := errors.AsType[*NumberError](err)
		if !ok || problem.Problem != test.want || !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%q in %q: %q, %v; want %s", test.input, test.region, got.E164(), err, test.want)
		}
	}
}

func TestWhatIsOursInANumberIsSaid(t *testing.T) {
	t.Parallel()
	for input, guessed := range map[string]bool{
		"+46701740605": false, "0046701740605": false, "(+46) 701740605": false, "0701740605": true,
	} {
		if got, err := Read(input, "SE"); err != nil || got.Guessed != guessed || got.Also != "" {
			t.Errorf("%q: %+v, %v", input, got, err)
		}
	}
}

func TestDisplay(t *testing.T) {
	t.Parallel()
	for number, want := range map[dialtone.PhoneNumber]string{
		"+46701740605": "+46 70 174 06 05", "+447700900000": "+44 7700 900000", "nonsense": "nonsense",
	} {
		if got := Display(number); got != want {
			t.Errorf("%s: %q, want %q", number.E164(), got, want)
		}
	}
}

// regions for properties: some with national prefixes, one without, and none.
var regions = rapid.SampledFrom([]string{"", "SE", "NO", "MX", "CI", "BR", "GA", "VN", "GB", "FR", "IT", "US", "AR", "ZZ", "xx"})

func TestReadNeverPanicsAndWhatItGivesIsStable(t *testing.T) {
	t.Parallel()
	inputs := rapid.OneOf(rapid.String(), rapid.StringMatching(`(tel:)?[+]?[0-9 ()./-]{0,30}`), rapid.StringMatching(`00[0-9]{4,16}`),
		rapid.StringMatching(`[+](52|225|229|54|55|241|237|230|377|386|84)[0-9]{6,13}`))
	rapid.Check(t, func(t *rapid.T) { checkRead(t, inputs.Draw(t, "input"), regions.Draw(t, "region")) })
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"+46 (0)70-174 06 05", "0046701740605", "tel:+1;ext=5", "٠٧٠١٧٤٠٦٠٥", "+000000000000000000", "+", ""} {
		f.Add(seed, "SE")
	}
	f.Fuzz(func(t *testing.T, input, region string) { checkRead(t, input, region) })
}

// failer is what *testing.T and *rapid.T have in common here.
type failer interface {
	Fatalf(format string, args ...any)
}

func checkRead(t failer, input, region string) {
	reading, err := Read(input, region)
	number := reading.Number
	if err != nil {
		if problem, ok := errors.AsType[*NumberError](err); !ok || problem.Problem == "" || reading != (Reading{}) {
			t.Fatalf("%q: error without a reason, or with a number: %+v, %v", input, reading, err)
		}
		return
	}
	if !dialtone.ValidE164(number.E164()) {
		t.Fatalf("%q gives %q, which is not E.164", input, number.E164())
	}
	for _, same := range []string{number.E164(), Display(number)} {
		if again, err := Read(same, "SE"); err != nil || again.Number != number || again.Guessed || again.Also != reading.Also {
			t.Fatalf("%q gives %q, and %q gives %+v, %v", input, number.E164(), same, again, err)
		}
	}
	if reading.Also != "" && Today(number) != Today(reading.Also) {
		t.Fatalf("%q gives %q and %q, which are not counted as one", input, number.E164(), reading.Also.E164())
	}
}

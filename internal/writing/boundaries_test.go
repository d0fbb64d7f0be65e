package writing

import (
	"strings"
	"testing"
)

// The first and the last digit of a script, and what stands beside them.
func TestTheEndsOfTheDigitsOfAScript(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]byte{
		'0': '0', '9': '9', '٠': '0', '٩': '9', '०': '0', '९': '9', '０': '0', '９': '9', '\U0001d7ce': '0', '\U0001d7d7': '9', '\U0001d7d8': '0', '\U0001d7ff': '9',
	} {
		if got, ok := Digit(r); !ok || got != want {
			t.Errorf("%U is %q, %t", r, got, ok)
		}
	}
	for _, r := range []rune{'/', ':', 0x65f, 0x66a, 0x965, 0x970, 0xff0f, 0xff1a, 0x1d7cd, 0x1d800} {
		if got, ok := Digit(r); ok {
			t.Errorf("%U is the digit %q", r, got)
		}
	}
}

func TestTheLongestAddressIsTaken(t *testing.T) {
	t.Parallel()
	local := strings.Repeat("a", longestLocal)
	domain := strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "."
	domain += strings.Repeat("d", longestEmail-len(local)-1-len(domain)-len(".example")) + ".example"
	for address, taken := range map[string]bool{
		local + "@" + domain: true, local + "a@example.com": false, local + "@d" + domain: false, "a@" + domain: true,
		mailtoOf("kim@example.com"): true, "mailto:@example.com": false, `""@example.com`: false, `"a"@example.com`: true,
		"！ｋｉｍ～@example.com": true,
	} {
		got, err := Email(address)
		if (err == nil) != taken {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
	if got, err := Email("！ｋｉｍ～＠ｅｘａｍｐｌｅ．ｃｏｍ"); err != nil || got != "!kim~@example.com" {
		t.Errorf("%q, %v", got, err)
	}
	spaces := strings.Repeat(" ", 4*longestEmail-len("kim@example.com"))
	if _, err := Email(spaces + "kim@example.com"); err != nil {
		t.Errorf("with all the spaces that are read: %v", err)
	}
	if _, err := Email(spaces + " kim@example.com"); err == nil {
		t.Error("a text of any length is read")
	}
}

// mailtoOf is how people paste an address.
func mailtoOf(address string) string { return "MailTo:" + address }

// A phone calls seven digits with what people put between them, and five together.
func TestWhatAPhoneWouldCallIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Room 1234": "Room 1234", "Room 12345": "Room", "Shop 12 34 56": "Shop 12 34 56", "Shop 12 34 56 7": "Shop",
	} {
		if got := strings.TrimSpace(InMessage(name)); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

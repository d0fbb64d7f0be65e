package dialtone_test

import (
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestASenderIsAHouseholdAndItsNeighbourhood(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{
		"192.0.2.77":           {"192.0.2.77/32", "192.0.2.0/24"},
		"::ffff:192.0.2.77":    {"192.0.2.77/32", "192.0.2.0/24"},
		"2001:db8:1:2:3:4:5:6": {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"fe80::1%eth0":         {"fe80::/64", "fe80::/48"},
		"unix":                 {"unix", "unix"},
		"":                     {"", ""},
	} {
		if got := [2]string{dialtone.Household(address), dialtone.Neighbourhood(address)}; got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

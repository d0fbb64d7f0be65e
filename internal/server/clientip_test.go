package server

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestTheClientsAddressIsBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                       {"203.0.113.7:1234", nil, "203.0.113.7"},
		"a stranger pretends":            {"203.0.113.7:1234", []string{"198.51.100.1"}, "203.0.113.7"},
		"one proxy":                      {"10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		"two proxies":                    {"10.0.0.1:1234", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		"two headers":                    {"10.0.0.1:1234", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		"the client pretends":            {"10.0.0.1:1234", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		"nonsense":                       {"10.0.0.1:1234", []string{"unknown"}, "10.0.0.1"},
		"nothing forwarded":              {"10.0.0.1:1234", nil, "10.0.0.1"},
		"IPv4 in IPv6, as a dual socket": {"[::ffff:10.0.0.1]:1234", []string{"2001:db8::1"}, "2001:db8::1"},
		"with a port":                    {"10.0.0.1:1234", []string{"198.51.100.1:4321"}, "198.51.100.1"},
		"a proxy with a port":            {"10.0.0.1:1234", []string{"198.51.100.1:4321, 10.0.0.2:80"}, "198.51.100.1"},
		"IPv6 with a port":               {"10.0.0.1:1234", []string{"[2001:db8::1]:4321"}, "2001:db8::1"},
		"IPv6 in brackets":               {"10.0.0.1:1234", []string{"[2001:db8::1]"}, "2001:db8::1"},
		"half a bracket":                 {"10.0.0.1:1234", []string{"[2001:db8::1"}, "10.0.0.1"},
		"IPv6 proxy":                     {"[fd00::1]:1234", []string{"198.51.100.1"}, "198.51.100.1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest("GET", "/", nil)
			request.RemoteAddr = test.peer
			request.Header["X-Forwarded-For"] = test.forwarded
			if got := clientIP(trusted)(request); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

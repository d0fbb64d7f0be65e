package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientIP returns a function that says from where a request comes. Only a proxy inside the trusted networks is believed
// about X-Forwarded-For, and only up to the first hop that is not one of ours: everything left of it is what the client
// itself wrote, with which it could pretend to be somebody else and escape its limit of SMS.
func clientIP(trusted []netip.Prefix) func(*http.Request) string {
	isTrusted := func(ip netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return func(r *http.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return r.RemoteAddr
		}
		client := peer.Addr().Unmap()
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && isTrusted(client); i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			client = hop.Unmap()
		}
		return client.String()
	}
}

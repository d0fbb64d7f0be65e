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
			hop, ok := parseHop(strings.TrimSpace(hops[i]))
			if !ok {
				break
			}
			client = hop.Unmap()
		}
		return client.String()
	}
}

// parseHop reads one hop of X-Forwarded-For: an address, or, as some proxies write it, an address with its port.
func parseHop(text string) (netip.Addr, bool) {
	if hop, err := netip.ParseAddr(text); err == nil {
		return hop, true
	}
	if hop, err := netip.ParseAddrPort(text); err == nil {
		return hop.Addr(), true
	}
	inner, open := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	hop, err := netip.ParseAddr(inner)
	return hop, open && closed && err == nil
}

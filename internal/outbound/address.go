package outbound

import (
	"fmt"
	"net/netip"
	"syscall"
)

// control returns what a net.Dialer asks before each connection, with the address that the name was resolved to.
func control(may func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !may(to.Addr()) {
			// Without the address: it would tell what a name means inside our network.
			return fmt.Errorf("%w: it is not on the public internet", ErrRefused)
		}
		return nil
	}
}

// notPublic are the parts of IPv4 and of 2000::/3 that are no host on the public internet: the IANA special-purpose address
// registries (RFC 6890), without those entries that are globally reachable, and multicast.
var notPublic = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT, RFC 6598
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, with the clouds' metadata services
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relay anycast of 6to4, deprecated
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocol assignments: Teredo holds an IPv4 address that nobody looks at here
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4 holds one, too
	"3fff::/20",       // documentation
)

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")     // all of IPv6 that is given out so far
	nat64         = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: how a network without IPv4 reaches it
)

// public reports whether an address is a host on the public internet.
func public(address netip.Addr) bool {
	address = address.Unmap()
	if nat64.Contains(address) {
		bytes := address.As16()
		address = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if address.Zone() != "" || address.Is6() && !globalUnicast.Contains(address) {
		return false
	}
	for _, prefix := range notPublic {
		if prefix.Contains(address) {
			return false
		}
	}
	return address.IsValid()
}

func loopback(address netip.Addr) bool { return address.Unmap().IsLoopback() }

func publicOrLoopback(address netip.Addr) bool { return public(address) || loopback(address) }

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

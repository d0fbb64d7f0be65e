package dialtone

import "net/netip"

// Household is the network that is counted as one sender: the smallest that a household or a small company gets (IPv4 /32,
// IPv6 /64). What is no IP address counts as it is.
func Household(address string) string { return network(address, 32, 64) }

// Neighbourhood is the network around it (IPv4 /24, IPv6 /48): what one customer can rent to have many addresses, and what many
// people may share. What is no IP address counts as it is.
func Neighbourhood(address string) string { return network(address, 24, 48) }

// Site is what one customer of an IPv6 provider gets for a house or an office (/56); of IPv4, which has no such step, the /32.
func Site(address string) string { return network(address, 32, 56) }

// Provider is the widest network that is counted: what a provider has for many customers, or somebody who is one (IPv4 /16, IPv6 /32).
func Provider(address string) string { return network(address, 16, 32) }

// network returns the network of an IP address, with prefixes of so many bits.
func network(address string, v4, v6 int) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap()
	bits := v6
	if ip.Is4() {
		bits = v4
	}
	prefix, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return address
	}
	return prefix.String()
}

package dialtone

import (
	"net/url"
	"time"
)

// Registration is everything about a client that a protocol request needs, read together.
type Registration struct {
	Client       Client
	Product      Product
	Organization Organization
	Listings     map[string]ListingState // by operator id
	Testers      map[string]time.Time    // until when each may be reached, by subscription id
	Approved     bool                    // an operator has enabled the product by a decision of its own
}

// Trusted reports whether a browser may be sent to a registered address of the client without the word of the person who sits
// there: somebody has vouched for the product or the client, or the address is on the person's own computer. Any stranger can
// register a client, and a link to this host that leads on to an address of theirs by itself makes us an open redirector
// (RFC 9700 §4.11.2).
func (r Registration) Trusted(address string) bool {
	if r.Client.Applied || r.Approved {
		return true
	}
	parsed, err := url.Parse(address)
	return err == nil && LoopbackHost(parsed.Hostname())
}

// EnabledAt reports whether the product may reach all subscribers of the operator.
func (r Registration) EnabledAt(operatorID string) bool {
	return r.Listings[operatorID] == ListingEnabled
}

// LetIn reports whether an operator with real subscribers has enabled the product. Everybody can enable a product at the sandbox.
func (r Registration) LetIn() bool {
	for operatorID, state := range r.Listings {
		if state == ListingEnabled && operatorID != SandboxOperatorID {
			return true
		}
	}
	return false
}

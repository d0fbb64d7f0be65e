// Package origin tells requests of our own pages from those of other sites (CSRF).
//
// What counts is the address that is configured for a face, never the Host of the connection: a proxy may put another name there,
// and so may whoever connects.
package origin

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// Own is the origin of one face. Safe for concurrent use.
type Own struct{ protection *http.CrossOriginProtection }

// Of returns the origin of a public address, such as the issuer. From an address that is none, no Origin is accepted.
func Of(address string) Own {
	protection := http.NewCrossOriginProtection()
	if own := serialized(address); own != "" {
		// The error says that it is no origin: then the rule is the strictest.
		_ = protection.AddTrustedOrigin(own)
	}
	return Own{protection}
}

// Check returns an error if the request changes something and a browser says that a page of another site sent it: by
// Sec-Fetch-Site, or where a browser knows none (Safari before 16.4), by Origin. "Origin: null" is another site's. A request with
// neither is no browser's, or one's from before 2020; SameSite cookies are what is left there.
func (o Own) Check(r *http.Request) error {
	nameless := *r
	// CrossOriginProtection would accept an Origin whose host equals it, and no host has a NUL; the empty one is that of "null".
	nameless.Host = "\x00"
	return o.protection.Check(&nameless)
}

// serialized is the origin as browsers send it: RFC 6454 §6.2, with the host in ASCII and lower case and without the usual port.
func serialized(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" {
		return ""
	}
	scheme, host := strings.ToLower(parsed.Scheme), strings.ToLower(parsed.Hostname())
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := parsed.Port(); port != "" && port != map[string]string{"https": "443", "http": "80"}[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host
}

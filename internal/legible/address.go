package legible

import (
	"net/url"
	"strings"
)

// Path reports whether the path of an address is text. Both forms of it count: handlers look at either.
func Path(address *url.URL) bool { return Text(address.Path) && Text(address.RawPath) }

// Query reports whether the query of an address is text, with and without its escapes. An escape that is none is left to
// whoever reads the query.
func Query(raw string) bool {
	if !strings.Contains(raw, "%") {
		return Text(raw)
	}
	check := form{}
	for i := range len(raw) {
		if !check.take(raw[i]) {
			return false
		}
	}
	return check.whole()
}

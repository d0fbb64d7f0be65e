package web

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// SecurityHeaders sets what protects a page: its policy, whose forms may lead to our own host and to the origins in
// leadsTo, and that nobody keeps, frames or guesses the type of the answer.
func SecurityHeaders(header http.Header, leadsTo ...string) {
	header.Set("Content-Security-Policy", contentSecurityPolicy(leadsTo))
	// same-origin, not no-referrer: the latter makes browsers send "Origin: null" with our own forms, and where there is no
	// Sec-Fetch-Site, Protect has only that header to judge by. Other hosts learn no address from either.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// contentSecurityPolicy allows our own stylesheets, scripts and pictures, and nothing else.
func contentSecurityPolicy(leadsTo []string) string {
	var policy strings.Builder
	policy.WriteString("default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'")
	for _, origin := range leadsTo {
		if source, ok := policySource(origin); ok {
			policy.WriteByte(' ')
			policy.WriteString(source)
		}
	}
	return policy.String()
}

// What a source may look like; anything else could end the directive and begin another one.
var (
	originPattern     = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)
	appSchemePattern  = regexp.MustCompile(`^[a-z][a-z0-9+-]*\.[a-z0-9+.-]*:$`)
	bracketedLoopback = regexp.MustCompile(`^http://\[::1\](:[0-9]{1,5})?$`)
)

// policySource returns the origin as a source expression of the policy.
func policySource(origin string) (string, bool) {
	switch {
	case originPattern.MatchString(origin), appSchemePattern.MatchString(origin):
		return origin, true
	case bracketedLoopback.MatchString(origin):
		return "http:", true // CSP3 §2.3.1: a host-source cannot be an IPv6 address; only the scheme can be named
	}
	return "", false
}

// Protect refuses requests that change something and come from a page of another site (CSRF).
func Protect(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(next)
}

// ServePicture answers with an operator's logo or a product's icon. Its address names its content, so browsers keep it.
func ServePicture(w http.ResponseWriter, picture dialtone.Asset) {
	header := w.Header()
	header.Set("Content-Type", picture.MediaType)
	header.Set("Cache-Control", keepForever)
	header.Set("X-Content-Type-Options", "nosniff")
	// An SVG may hold a script. As a picture in a page it does not run; opened by itself it must not either.
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'")
	_, _ = w.Write(picture.Body)
}

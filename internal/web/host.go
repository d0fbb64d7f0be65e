package web

import (
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Host is a public address, and what programs look for at every one, whatever it serves: crawlers, browsers, password managers,
// people who found a hole.
type Host struct {
	Address string // without a slash at the end
	// Contacts are where security problems are reported, as mailto:, https: or tel: addresses, the most wanted first; none: there
	// is no security.txt.
	Contacts []string
	Open     []string // paths that search engines may show, each with all below it; none: nothing
	// Account is the page on which people look after how they sign in: there are no passwords, so that is where a password
	// manager leads who wants to change one.
	Account string
	Now     func() time.Time
}

//go:embed favicon.ico
var favicon []byte

// Routes are the addresses, for http.ServeMux.
func (h Host) Routes() map[string]http.Handler {
	routes := map[string]http.Handler{
		"GET /favicon.ico": file("image/vnd.microsoft.icon", func() string { return string(favicon) }),
		"GET /robots.txt":  file("text/plain; charset=utf-8", h.robots),
		// A Well-Known URL for Changing Passwords §4.
		"GET /.well-known/change-password": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", h.Account)
			w.WriteHeader(http.StatusSeeOther)
		}),
	}
	if len(h.Contacts) > 0 {
		routes["GET /.well-known/security.txt"] = file("text/plain; charset=utf-8", h.security)
	}
	return routes
}

// file serves a text or picture that may be a day old.
func file(mediaType string, body func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", mediaType)
		header.Set("Cache-Control", "public, max-age=86400")
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write([]byte(body()))
	})
}

// robots is RFC 9309: the longest path that fits counts.
func (h Host) robots() string {
	text := "User-agent: *\n"
	for _, path := range h.Open {
		text += "Allow: " + path + "\n"
	}
	return text + "Disallow: /\n"
}

// securityTextLifetime is how long a security.txt may be believed. RFC 9116 §2.5.5 wants less than a year; it is written anew
// at each request.
const securityTextLifetime = 90 * 24 * time.Hour

// security is RFC 9116 §2.5.
func (h Host) security() string {
	var text strings.Builder
	for _, contact := range h.Contacts {
		fmt.Fprintf(&text, "Contact: %s\n", contact)
	}
	fmt.Fprintf(&text, "Expires: %s\n", h.Now().UTC().Add(securityTextLifetime).Truncate(24*time.Hour).Format(time.RFC3339))
	fmt.Fprintf(&text, "Canonical: %s/.well-known/security.txt\n", h.Address)
	return text.String()
}

// SecurityContact says whether a contact can stand in a security.txt (RFC 9116 §2.5.3).
func SecurityContact(address string) bool {
	known := slices.ContainsFunc([]string{"mailto:", "https://", "tel:"}, func(scheme string) bool {
		rest, ok := strings.CutPrefix(address, scheme)
		return ok && rest != ""
	})
	return known && !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' })
}

package protocol

import (
	"net/http"
	"slices"
	"strings"
)

// crossOrigin serves an endpoint to browser apps of every origin. No cookie is ever read there: a caller shows what it knows in
// a header or the body, so a foreign page gains nothing that it did not have. Hence any header may come along, and a library
// that fetches with credentials is answered as it needs: with its own origin, since browsers take no star then
// (docs/decisions/0012).
func crossOrigin(methods string, serve http.HandlerFunc) http.Handler {
	limited := only(methods, serve)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header["Vary"] = varyOrigin // a cache must not give one origin's answer to another
		if origin := r.Header["Origin"]; len(origin) == 1 && len(origin[0]) <= longestOrigin {
			header["Access-Control-Allow-Origin"] = origin
			header["Access-Control-Allow-Credentials"] = yes
		} else {
			header["Access-Control-Allow-Origin"] = everybody
		}
		if r.Method == http.MethodOptions {
			header.Set("Allow", methods)
			header.Set("Access-Control-Allow-Methods", methods)
			header.Set("Access-Control-Allow-Headers", allowedHeaders(r.Header["Access-Control-Request-Headers"]))
			header.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		header["Access-Control-Expose-Headers"] = exposed
		limited(w, r)
	})
}

// The longest values of a preflight that are repeated, in bytes: a host has 253 characters at most, and no library asks for
// headers of a kilobyte.
const (
	longestOrigin  = 512
	longestHeaders = 1024
)

// usualHeaders are allowed where a preflight asks for none, or for what is no list of header names.
const usualHeaders = "Authorization, Content-Type, DPoP"

// allowedHeaders repeats the list of header names that a preflight asks for. Fetch §4.9 would take a star, but not with
// credentials, nor for Authorization.
func allowedHeaders(asked []string) string {
	list := strings.Join(asked, ",")
	if list == "" || len(list) > longestHeaders {
		return usualHeaders
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = strings.Trim(name, " \t")
		if !headerName(names[i]) {
			return usualHeaders
		}
	}
	return strings.Join(names, ", ")
}

// headerName reports whether the text is a token of RFC 9110 §5.6.2.
func headerName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// Header values that are the same in every answer; nothing changes them.
var (
	everybody  = []string{"*"}
	yes        = []string{"true"}
	varyOrigin = []string{"Origin, Access-Control-Request-Headers"}
	exposed    = []string{"WWW-Authenticate, Retry-After, DPoP-Nonce"}
)

// only serves an endpoint to servers.
func only(methods string, serve http.HandlerFunc) http.HandlerFunc {
	allowed := strings.Split(methods, ", ")
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(allowed, r.Method) {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", methods)
		writeJSON(w, http.StatusMethodNotAllowed, errorAnswer{Code: "invalid_request", Description: "use " + methods})
	}
}

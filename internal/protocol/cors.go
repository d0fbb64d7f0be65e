package protocol

import (
	"net/http"
	"slices"
	"strings"
)

// crossOrigin serves an endpoint to browser apps of every origin. No cookie is ever read there: a caller shows what it
// knows in a header or the body, so a foreign page gains nothing that it did not have. Credentials mode stays forbidden.
func crossOrigin(methods string, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header["Access-Control-Allow-Origin"] = everybody
		if r.Method == http.MethodOptions {
			header.Set("Access-Control-Allow-Methods", methods)
			header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			header.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		header["Access-Control-Expose-Headers"] = challengeHeader
		serveMethods(w, r, methods, serve)
	})
}

// Header values that are the same in every answer; nothing changes them.
var (
	everybody       = []string{"*"}
	challengeHeader = []string{"WWW-Authenticate"}
)

// only serves an endpoint to servers.
func only(methods string, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serveMethods(w, r, methods, serve) })
}

func serveMethods(w http.ResponseWriter, r *http.Request, methods string, serve http.HandlerFunc) {
	allowed := strings.Split(methods, ", ")
	if !slices.Contains(allowed, r.Method) && !(r.Method == http.MethodHead && slices.Contains(allowed, http.MethodGet)) {
		w.Header().Set("Allow", methods)
		writeJSON(w, http.StatusMethodNotAllowed, errorAnswer{Code: "invalid_request", Description: "use " + methods})
		return
	}
	serve(w, r)
}

package web

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/origin"
)

// Forms says where the forms of a page may lead.
type Forms int

const (
	FormsStay Forms = iota // to our own pages
	// FormsLeave: also to an app. Browsers hold every redirect that follows a form against form-action, those of the app
	// included, and where the app sends the browser on is its own business: so such a page has no form-action
	// (docs/decisions/0005).
	FormsLeave
)

// SecurityHeaders sets what protects a page: its policy, and that nobody keeps, frames or guesses the type of the answer.
func SecurityHeaders(header http.Header, forms Forms) {
	policy := "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'"
	if forms == FormsStay {
		policy += "; form-action 'self'"
	}
	header.Set("Content-Security-Policy", policy)
	// same-origin, not no-referrer: the latter makes browsers send "Origin: null" with our own forms, and where there is no
	// Sec-Fetch-Site, Protect has only that header to judge by. Other hosts learn no address from either.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// Protect lets refuse answer requests that change something and come from a page of another site (CSRF).
func Protect(own origin.Own, refuse http.HandlerFunc, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if own.Check(r) != nil {
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
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

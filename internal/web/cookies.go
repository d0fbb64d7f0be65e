package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Cookies sets and reads the cookies of one host. All of them are HttpOnly, SameSite=Lax and sent to every path.
type Cookies struct {
	plain bool // http on loopback: no Secure attribute, no __Host- prefix
}

// NewCookies returns the cookies of the host that answers at the base address, for example the issuer. Except for plain
// http on loopback, names begin with __Host-: a subdomain or an http page can then not plant one (RFC 6265bis §4.1.3.2).
func NewCookies(base string) Cookies {
	address, err := url.Parse(base)
	return Cookies{plain: err == nil && address.Scheme == "http" && dialtone.LoopbackHost(address.Hostname())}
}

// Get returns the value of the cookie, empty if there is none.
func (c Cookies) Get(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Set sends the cookie to the browser. A lifetime of zero means: until the browser is closed.
func (c Cookies) Set(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	http.SetCookie(w, c.cookie(name, value, int(lifetime/time.Second)))
}

// Clear makes the browser forget the cookie.
func (c Cookies) Clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, c.cookie(name, "", -1))
}

func (c Cookies) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: c.name(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: !c.plain, HttpOnly: true,
		// Lax, not Strict: the way back from an app is a navigation from another site and must carry the session.
		SameSite: http.SameSiteLaxMode,
	}
}

func (c Cookies) name(name string) string {
	if c.plain {
		return name
	}
	return "__Host-" + name
}

package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCookiesAreBoundToTheHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, name, attributes string }{
		{"https://id.example", "__Host-dialtone_session", "Secure"},
		{"https://localhost:8443", "__Host-dialtone_session", "Secure"},
		{"http://id.example", "__Host-dialtone_session", "Secure"}, // never without Secure beyond loopback
		{"http://localhost:8080", "dialtone_session", ""},
		{"http://127.0.0.1:8080", "dialtone_session", ""},
		{"http://[::1]:8080", "dialtone_session", ""},
	} {
		cookies := NewCookies(c.base)
		w := httptest.NewRecorder()
		cookies.Set(w, "dialtone_session", "id.secret", time.Hour)
		header := w.Header().Get("Set-Cookie")
		if !strings.HasPrefix(header, c.name+"=id.secret; Path=/; Max-Age=3600; HttpOnly;") {
			t.Errorf("%s: %s", c.base, header)
		}
		if !strings.Contains(header, "SameSite=Lax") || strings.Contains(header, "Secure") != (c.attributes == "Secure") || strings.Contains(header, "Domain") {
			t.Errorf("%s: %s", c.base, header)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(w.Result().Cookies()[0])
		if got := cookies.Get(r, "dialtone_session"); got != "id.secret" {
			t.Errorf("%s: the cookie reads %q", c.base, got)
		}
	}
}

func TestPlantedCookieWithoutThePrefixIsNotRead(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "dialtone_session", Value: "planted"})
	if got := NewCookies("https://id.example").Get(r, "dialtone_session"); got != "" {
		t.Errorf("it reads %q", got)
	}
}

func TestCookieLifetimes(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	cookies := NewCookies("https://id.example")
	cookies.Set(w, "a", "1", 0)
	cookies.Clear(w, "b")
	headers := w.Header().Values("Set-Cookie")
	if strings.Contains(headers[0], "Max-Age") {
		t.Errorf("a cookie for this browser session has an age: %s", headers[0])
	}
	if !strings.Contains(headers[1], "Max-Age=0") {
		t.Errorf("a cleared cookie stays: %s", headers[1])
	}
}

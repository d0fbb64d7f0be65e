package web

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func ask(t *testing.T, h Host, path string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, handler := range h.Routes() {
		mux.Handle(pattern, handler)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestAHostSaysWhatProgramsLookFor(t *testing.T) {
	t.Parallel()
	h := Host{
		Address: "https://id.example", Contacts: []string{"mailto:security@id.example", "https://id.example/report"}, Open: []string{"/docs", "/static/"},
		Account: "/account", Now: func() time.Time { return time.Date(2026, 1, 31, 23, 59, 59, 0, time.FixedZone("", 3600)) },
	}
	for path, want := range map[string]string{
		"/robots.txt": "User-agent: *\nAllow: /docs\nAllow: /static/\nDisallow: /\n",
		"/.well-known/security.txt": "Contact: mailto:security@id.example\nContact: https://id.example/report\n" +
			"Expires: 2026-05-01T00:00:00Z\nCanonical: https://id.example/.well-known/security.txt\n",
	} {
		w := ask(t, h, path)
		if w.Code != http.StatusOK || w.Body.String() != want || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %v\n%s", path, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(t, h, "/.well-known/change-password"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account" {
		t.Errorf("change-password: %d %v", w.Code, w.Header())
	}
	h.Contacts = nil
	if w := ask(t, h, "/.well-known/security.txt"); w.Code != http.StatusNotFound {
		t.Errorf("security.txt without a contact: %d", w.Code)
	}
}

func TestTheFaviconIsOne(t *testing.T) {
	t.Parallel()
	const header = 22 // of an icon file with one picture
	body := ask(t, Host{}, "/favicon.ico").Body.Bytes()
	if len(body) <= header || !bytes.Equal(body[:6], []byte{0, 0, 1, 0, 1, 0}) || int(binary.LittleEndian.Uint32(body[14:])) != len(body)-header {
		t.Fatalf("%x", body[:min(len(body), header)])
	}
	picture, err := png.Decode(bytes.NewReader(body[header:]))
	if err != nil || picture.Bounds().Dx() != 32 {
		t.Errorf("%v", err)
	}
}

func TestASecurityContactIsAnAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"mailto:security@id.example": true, "https://id.example/report": true, "tel:+46-8-123": true,
		"": false, "security@id.example": false, "mailto:": false, "http://id.example": false, "https://id.example\nExpires: never": false, "mailto:säk@id.example": false,
	} {
		if SecurityContact(address) != want {
			t.Errorf("%q: want %v", address, want)
		}
	}
}

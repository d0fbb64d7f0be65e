package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestPolicyForbidsAllButOurOwn(t *testing.T) {
	t.Parallel()
	const own = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	for _, c := range []struct {
		leadsTo []string
		want    string
	}{
		{nil, own},
		{[]string{"https://app.example"}, own + " https://app.example"},
		{[]string{"http://127.0.0.1:49152", "com.example.app:"}, own + " http://127.0.0.1:49152 com.example.app:"},
		{[]string{"http://[::1]:49152"}, own + " http:"},
		// What could end the directive, or open it to everybody, is left out.
		{[]string{"https://app.example; script-src *"}, own},
		{[]string{"https://app.example, https://evil.example"}, own},
		{[]string{"https://*.example", "*", "data:", "javascript:", "https:", "", "'unsafe-inline'", "https://a.example\r\nX: y"}, own},
	} {
		header := http.Header{}
		SecurityHeaders(header, c.leadsTo...)
		if got := header.Get("Content-Security-Policy"); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.leadsTo, got, c.want)
		}
	}
}

func TestProtectRefusesFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	handler := Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		method, header, value string
		want                  int
	}{
		{http.MethodPost, "Sec-Fetch-Site", "same-origin", http.StatusNoContent},
		{http.MethodPost, "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{http.MethodPost, "Sec-Fetch-Site", "same-site", http.StatusForbidden},
		{http.MethodGet, "Sec-Fetch-Site", "cross-site", http.StatusNoContent},
		{http.MethodPost, "Origin", "https://evil.example", http.StatusForbidden},
		{http.MethodPost, "Origin", "null", http.StatusForbidden},
		{http.MethodPost, "Origin", "https://id.example", http.StatusNoContent}, // an older browser on our own form
	} {
		r := httptest.NewRequest(c.method, "https://id.example/consent", nil)
		r.Header.Set(c.header, c.value)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s with %s: %s: got %d, want %d", c.method, c.header, c.value, w.Code, c.want)
		}
	}
}

func TestPictureCannotRunScript(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	ServePicture(w, dialtone.Asset{MediaType: "image/svg+xml", Body: []byte("<svg/>")})
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "script-src") {
		t.Error(policy)
	}
	if w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Error(w.Header())
	}
}

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
	const own = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'"
	for forms, want := range map[Forms]string{FormsStay: own + "; form-action 'self'", FormsLeave: own} {
		header := http.Header{}
		SecurityHeaders(header, forms)
		if got := header.Get("Content-Security-Policy"); got != want {
			t.Errorf("%d:\n got %s\nwant %s", forms, got, want)
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

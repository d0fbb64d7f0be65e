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

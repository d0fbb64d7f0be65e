package rp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/examples/rp"
)

// The sign-in itself is tested against the real server, where the demo is.

func get(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	app := rp.New(rp.Config{Issuer: "http://127.0.0.1:1", ClientID: "client_demo", Address: "http://localhost:8083"})
	recorder := httptest.NewRecorder()
	app.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, target, nil))
	return recorder
}

func TestACodeThatTheAppDidNotAskForIsShownForPasting(t *testing.T) {
	t.Parallel()
	answer := get(t, "/app/callback?code=dt_ac_x&scope=phone%20offline_access&state=walkthrough&iss=http%3A%2F%2Flocalhost%3A8080")
	body := answer.Body.String()
	for _, want := range []string{"CODE=dt_ac_x", "phone offline_access", "walkthrough", "http://localhost:8080"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if answer.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Error("the code could leak in a referrer")
	}
}

func TestWhatTheRedirectBringsIsEscaped(t *testing.T) {
	t.Parallel()
	body := get(t, "/app/callback?error=access_denied&state=%3Cscript%3E").Body.String()
	if !strings.Contains(body, "access_denied") || strings.Contains(body, "<script>") {
		t.Errorf("page: %s", body)
	}
}

func TestAProviderThatIsAwayIsSaidSo(t *testing.T) {
	t.Parallel()
	if answer := get(t, "/app/login"); answer.Code != http.StatusBadGateway {
		t.Errorf("status %d, want 502", answer.Code)
	}
}

func TestTheHomePageOffersToSignIn(t *testing.T) {
	t.Parallel()
	if body := get(t, "/app/").Body.String(); !strings.Contains(body, `href="/app/login"`) {
		t.Errorf("page: %s", body)
	}
}

func TestTheRemovedPageTellsKeptFromRemoved(t *testing.T) {
	t.Parallel()
	if body := get(t, "/app/removed?state=s&error=access_denied").Body.String(); !strings.Contains(body, "You kept the product") {
		t.Errorf("kept: %s", body)
	}
	if body := get(t, "/app/removed?state=goodbye").Body.String(); !strings.Contains(body, "The product is removed") || !strings.Contains(body, "goodbye") {
		t.Errorf("removed: %s", body)
	}
}

package desk_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// everybody has a session: the cookie is the account's id.
type everybody struct{}

func (everybody) Session(_ context.Context, cookie string, _ time.Time) (dialtone.AccountSession, dialtone.Account, error) {
	return dialtone.AccountSession{ID: "session_" + cookie}, dialtone.Account{ID: cookie}, nil
}

func TestAnAccountThatPostsTooOftenWaits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := &desk.Desk{
		Accounts: everybody{}, Cookies: web.NewCookies("http://localhost:8081"), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now }, Room: newRoom(t),
	}
	served := 0
	signed := d.Signed(func(w http.ResponseWriter, _ *http.Request, _ desk.Visit) {
		served++
		w.WriteHeader(http.StatusNoContent)
	})
	send := func(method, account string) *httptest.ResponseRecorder {
		cookies := httptest.NewRecorder()
		d.Cookies.Set(cookies, "some_session", account, time.Hour)
		r := httptest.NewRequest(method, "/products/1", nil)
		r.AddCookie(cookies.Result().Cookies()[0])
		w := httptest.NewRecorder()
		signed.ServeHTTP(w, r)
		return w
	}
	for range 60 {
		if w := send(http.MethodPost, "ada"); w.Code != http.StatusNoContent {
			t.Fatalf("after %d posts: %d", served, w.Code)
		}
	}
	refused := send(http.MethodPost, "ada")
	if refused.Code != http.StatusTooManyRequests || refused.Header().Get("Retry-After") != "1" || served != 60 ||
		!strings.Contains(refused.Body.String(), "Wait 1 second, then try again.") {
		t.Errorf("the 61st at once: %d, Retry-After %q, %d served:\n%s", refused.Code, refused.Header().Get("Retry-After"), served, refused.Body)
	}
	for _, c := range [][2]string{{http.MethodGet, "ada"}, {http.MethodPost, "grace"}} {
		if w := send(c[0], c[1]); w.Code != http.StatusNoContent {
			t.Errorf("%s of %s: %d", c[0], c[1], w.Code)
		}
	}
	now = now.Add(time.Second)
	if w := send(http.MethodPost, "ada"); w.Code != http.StatusNoContent {
		t.Errorf("a second later: %d", w.Code)
	}
}

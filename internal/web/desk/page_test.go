package desk_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Sample is a page with everything that the shell has.
type Sample struct {
	desk.Shell
	First, Second desk.Field
}

func newRoom(t *testing.T) *desk.Room {
	t.Helper()
	assets, err := web.NewAssets(desk.Files())
	if err != nil {
		t.Fatal(err)
	}
	face := desk.Face{
		Name: "Dialtone", For: "for somebody", Missing: "Nothing is here.", Forbidden: "Ask somebody who may.", Prefix: "some", Assets: assets,
	}
	room, err := face.Room(fstest.MapFS{"templates/sample.html": {Data: []byte(
		`{{define "Sample"}}{{template "top" .}}{{template "field" .First}}{{template "field" .Second}}{{template "copy" "x"}}{{template "bottom" .}}{{end}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return room
}

func render(t *testing.T, v desk.Visit, p desk.Page) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	newRoom(t).Render(w, v, http.StatusOK, p)
	return w
}

func TestThePageSaysWhatTheShellHas(t *testing.T) {
	t.Parallel()
	signedIn := desk.Visit{Account: dialtone.Account{ID: "acc_1", Email: "ada@example.com", Name: "Ada <3"}}
	body := render(t, signedIn, &Sample{
		Shell: desk.Shell{
			Title: "Engines", Crumbs: []desk.Link{{Words: "All", Address: "/"}}, Tabs: desk.Tabs("/organizations/org_1", "members", [][2]string{{"Products", ""}, {"Members", "members"}, {"API keys", "keys"}}),
			Notice: "Saved.", Problem: "Not so.", Action: desk.Link{Words: "Invite", Address: "/invite"}, Dialog: "invite",
		},
		First:  desk.Field{Name: "name", Label: "Name", Hint: "As others read it.", Value: `"><script>`, Problem: "Too long.", Most: 80},
		Second: desk.Field{Name: "name", ID: "other", Label: "Other", Lines: 3, Optional: true, Check: "/check"},
	}).Body.String()
	for _, want := range []string{
		"<title>Error: Members – Engines – Dialtone for somebody</title>", `<a href="/organizations/org_1/members" aria-current="page">Members</a>`,
		`<a href="/organizations/org_1/keys">API keys</a>`, `data-dialog="#invite">Invite</a>`, `role="status"`, `role="alert"`, "Ada &lt;3", "Sign out",
		`aria-invalid="true" aria-describedby="name-problem name-hint"`, `maxlength="80"`, `value="&#34;&gt;&lt;script&gt;"`, "<span>Too long.</span>",
		`<textarea name="name" id="other" rows="3" data-check="/check" aria-describedby="other-problem">`, `aria-live="polite"`, `data-copy="#x"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, `<a href="/signin">`) {
		t.Error("who is signed in is asked to sign in")
	}
}

func TestWhoIsSignedOutIsNotNamed(t *testing.T) {
	t.Parallel()
	body := render(t, desk.Visit{}, &Sample{Shell: desk.Shell{Title: "Engines", Account: "left over"}}).Body.String()
	if strings.Contains(body, "left over") || !strings.Contains(body, `<a href="/signin">Sign in</a>`) {
		t.Error(body)
	}
}

func TestAPageWhoseFormLeadsElsewhereHasNoFormAction(t *testing.T) {
	t.Parallel()
	for forms, want := range map[web.Forms]bool{web.FormsStay: true, web.FormsLeave: false} {
		policy := render(t, desk.Visit{}, &Sample{Shell: desk.Shell{Title: "x", Forms: forms}}).Header().Get("Content-Security-Policy")
		if strings.Contains(policy, "form-action 'self'") != want || !strings.Contains(policy, "connect-src 'self'") {
			t.Errorf("forms %v: policy %q", forms, policy)
		}
	}
}

func TestOnlyPathsOfThePortalAreInside(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/account": "/account", "/organizations/x?done=saved#top": "/organizations/x?done=saved#top", "": "/", "account": "/",
		"//evil.example": "/", "/\\evil.example": "/", "https://evil.example/": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/",
		"/\n/evil.example": "/", "/%zz": "/",
	} {
		if got := desk.Inside(address); got != want {
			t.Errorf("Inside(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestWaitsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "1 second", time.Second: "1 second", 1500 * time.Millisecond: "2 seconds", 90 * time.Second: "90 seconds", 91 * time.Second: "2 minutes",
		time.Hour: "60 minutes", 91 * time.Minute: "2 hours", 24 * time.Hour: "24 hours",
	} {
		if got := desk.Wait(d); got != want {
			t.Errorf("Wait(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestEveryErrorHasItsAnswer(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	d := &desk.Desk{Room: newRoom(t), Log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, c := range []struct {
		err        error
		status     int
		words      string
		retryAfter string
		logged     bool
	}{
		{dialtone.ErrNotFound, 404, "This page does not exist", "", false},
		{dialtone.ErrForbidden, 403, "Ask somebody who may.", "", false},
		{&dialtone.ForbiddenError{Why: "Your role here is viewer."}, 403, "Your role here is viewer.", "", false},
		{dialtone.ErrConflict, 409, "Somebody else was faster", "", false},
		{dialtone.FieldErrors{{Field: "x", Problem: "y"}}, 400, "could not be read", "", false},
		{&dialtone.BudgetError{RetryAfter: 90 * time.Second}, 429, "Wait 90 seconds, then try again.", "90", false},
		{dialtone.ErrExhausted, 429, "Wait a while and try again.", "", false},
		{dialtone.ErrUnavailable, 503, "Nothing is lost.", "2", true},
		{errors.New("disk on fire"), 500, "Something went wrong on our side", "", true},
	} {
		log.Reset()
		w := httptest.NewRecorder()
		d.Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), desk.Visit{}, fmt.Errorf("do it: %w", c.err))
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(body, c.words) || w.Header().Get("Retry-After") != c.retryAfter {
			t.Errorf("%v: status %d, Retry-After %q:\n%s", c.err, w.Code, w.Header().Get("Retry-After"), body)
		}
		if (log.Len() > 0) != c.logged || strings.Contains(body, "Error id") != c.logged || strings.Contains(body, "do it") {
			t.Errorf("%v: logged %q", c.err, log.String())
		}
	}
}

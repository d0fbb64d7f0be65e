package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestAForgedCookieOpensNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := s.byEmail(ada)
	cookie := in.Cookie.Reveal()
	for name, forged := range map[string]string{
		"empty": "", "no secret": in.session.ID, "empty secret": in.session.ID + ".", "another secret": cookie + "A",
		"the hash": in.session.ID + "." + in.session.SecretHash, "another id": "pse_x" + cookie, "too long": cookie + strings.Repeat("A", 300),
	} {
		_, _, err := s.Session(context.Background(), forged, s.now)
		wantError(t, name, err, dialtone.ErrNotFound)
	}
}

func TestASessionEndsAfterAWeekWithoutUse(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in := s.byEmail(ada)
	const week = 7 * 24 * time.Hour
	for range 4 { // used every week, until the thirty days are over
		s.later(week - time.Minute)
		if session, _, err := s.Session(ctx, in.Cookie.Reveal(), s.now); err != nil || session.Seen != s.now {
			t.Fatalf("seen a week ago: %+v, %v", session, err)
		}
	}
	s.later(30*24*time.Hour - 4*(week-time.Minute))
	_, _, err := s.Session(ctx, in.Cookie.Reveal(), s.now)
	wantError(t, "30 days after sign-in", err, dialtone.ErrNotFound)

	in = s.byEmail(ada)
	s.later(week)
	_, _, err = s.Session(ctx, in.Cookie.Reveal(), s.now)
	wantError(t, "not seen for a week", err, dialtone.ErrNotFound)
	if sessions, err := s.Sessions(ctx, in.actor, s.now); err != nil || len(sessions) != 0 {
		t.Errorf("sessions %+v, %v", sessions, err)
	}
}

func TestWhenASessionWasSeenIsWrittenInTheBackground(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in := s.byEmail(ada)
	row := func() time.Time {
		t.Helper()
		session, _, err := s.db.AccountSession(ctx, in.session.ID)
		if err != nil {
			t.Fatal(err)
		}
		return session.Seen
	}
	look := func() {
		t.Helper()
		if _, _, err := s.Session(ctx, in.Cookie.Reveal(), s.now); err != nil {
			t.Fatal(err)
		}
	}
	start := s.now
	s.later(59 * time.Second)
	look()
	if err := s.FlushSeen(ctx); err != nil || row() != start {
		t.Errorf("within a minute: %s, %v", row(), err)
	}
	s.later(time.Second)
	look()
	if row() != start {
		t.Error("a read wrote")
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	wantError(t, "flush that is stopped", s.FlushSeen(stopped), context.Canceled)
	if err := s.FlushSeen(ctx); err != nil || row() != s.now {
		t.Errorf("after a minute: %s, %v, want %s", row(), err, s.now)
	}
}

func TestAPersonSeesAndEndsSessions(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	first := s.byEmail(ada)
	s.later(time.Minute)
	second := s.byEmail(ada)
	third := s.byEmail(ada)
	stranger := s.byEmail(grace)
	s.later(time.Minute)
	if _, _, err := s.Session(ctx, first.Cookie.Reveal(), s.now); err != nil {
		t.Fatal(err)
	}
	list := func() []string {
		t.Helper()
		sessions, err := s.Sessions(ctx, first.actor, s.now)
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]string, len(sessions))
		for i, session := range sessions {
			ids[i] = session.ID
		}
		return ids
	}
	if ids := list(); len(ids) != 3 || ids[0] != first.session.ID {
		t.Errorf("sessions %v, want three with %s first, which was seen last", ids, first.session.ID)
	}

	wantError(t, "a stranger's session", s.EndSession(ctx, first.actor, stranger.session.ID, s.now), dialtone.ErrNotFound)
	if err := s.EndSession(ctx, first.actor, second.session.ID, s.now); err != nil {
		t.Fatal(err)
	}
	wantError(t, "the same again", s.EndSession(ctx, first.actor, second.session.ID, s.now), dialtone.ErrNotFound)
	_, _, err := s.Session(ctx, second.Cookie.Reveal(), s.now)
	wantError(t, "the session that was ended", err, dialtone.ErrNotFound)

	if ended, err := s.EndOtherSessions(ctx, first.actor, first.session.ID, s.now); err != nil || ended != 1 {
		t.Errorf("%d others ended, %v", ended, err)
	}
	_, _, err = s.Session(ctx, third.Cookie.Reveal(), s.now)
	wantError(t, "one of the others", err, dialtone.ErrNotFound)
	if ids := list(); len(ids) != 1 || ids[0] != first.session.ID {
		t.Errorf("left are %v", ids)
	}
	if _, _, err := s.Session(ctx, stranger.Cookie.Reveal(), s.now); err != nil {
		t.Errorf("a stranger was signed out: %v", err)
	}

	for range 2 { // the second time there is nothing to end
		if err := s.SignOut(ctx, first.Cookie.Reveal(), s.now); err != nil {
			t.Fatal(err)
		}
		_, _, err = s.Session(ctx, first.Cookie.Reveal(), s.now)
		wantError(t, "signed out", err, dialtone.ErrNotFound)
	}
	if ends := strings.Count(strings.Join(s.actions(first.Account.ID), " "), "account.session.end"); ends != 3 {
		t.Errorf("%d ends of sessions in the log, want 3: %v", ends, s.actions(first.Account.ID))
	}
}

func TestACompanySessionIsConfined(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	own := s.byEmail(ada)
	s.organization("org_1", own)
	s.organization("org_2", own)
	confined, colleague := s.byCompany(own.Account, "org_1"), s.byCompany(own.Account, "org_1")
	elsewhere := s.byCompany(own.Account, "org_2")
	if confined.actor.OrganizationID != "org_1" || confined.actor.AccountID != own.Account.ID || own.actor.OrganizationID != "" {
		t.Errorf("actors %+v and %+v", confined.actor, own.actor)
	}

	sessions, err := s.Sessions(ctx, confined.actor, s.now)
	if err != nil || len(sessions) != 2 {
		t.Errorf("it sees %+v, %v, want its organization's two", sessions, err)
	}
	for _, other := range []signedIn{own, elsewhere} {
		wantError(t, "ends a session outside", s.EndSession(ctx, confined.actor, other.session.ID, s.now), dialtone.ErrNotFound)
	}
	_, err = s.EndOtherSessions(ctx, confined.actor, confined.session.ID, s.now)
	wantConfined(t, "ends all others", err)
	wantConfined(t, "renames", s.Rename(ctx, confined.actor, "Mallory"))
	if err := s.EndSession(ctx, confined.actor, colleague.session.ID, s.now); err != nil {
		t.Errorf("ends one of its own: %v", err)
	}
	if err := s.SignOut(ctx, confined.Cookie.Reveal(), s.now); err != nil {
		t.Errorf("signs out: %v", err)
	}
	if sessions, err := s.Sessions(ctx, own.actor, s.now); err != nil || len(sessions) != 2 {
		t.Errorf("left are %+v, %v", sessions, err)
	}
}

func TestAPersonChoosesAName(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in := s.byEmail(ada)
	for _, name := range []string{"  Ada Lovelace ", "", strings.Repeat("é", 64), "آرش\u200cپور"} {
		if err := s.Rename(ctx, in.actor, name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if _, account, err := s.Session(ctx, in.Cookie.Reveal(), s.now); err != nil || account.Name != strings.TrimSpace(name) {
			t.Errorf("%q became %q, %v", name, account.Name, err)
		}
	}
	for _, name := range []string{strings.Repeat("é", 65), "Ada\nLovelace", "Ada\u202e", "A\x00", "\xff", "\u200d"} {
		wantField(t, name, s.Rename(ctx, in.actor, name), "name")
	}
	key := dialtone.Actor{APIKeyID: "key_1", OrganizationID: "org_1"}
	wantError(t, "an API key", s.Rename(ctx, key, "Robot"), dialtone.ErrForbidden)
}

func TestABrowserIsNamedInWords(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		firefox: "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36":                        "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0":          "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                  "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/139.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":       "Samsung Internet on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 OPR/100.0":               "Opera on ChromeOS",
		"curl/8.14.1":      "curl",
		"":                 "an unknown browser",
		"Firefox on Linux": "Firefox on Linux", // named already
		"<script>":         "an unknown browser",
	} {
		if got := agentInWords(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

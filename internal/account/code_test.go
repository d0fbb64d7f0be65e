package account

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestAPersonSignsInWithTheCodeFromTheEMail(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	sent := s.mustRequest(" Ada@Example.COM ", "browser")
	if sent.Email != ada || sent.Expires != s.now.Add(10*time.Minute) {
		t.Errorf("sent %+v at %s", sent, s.now)
	}
	mail, code := s.mails(ada)[0], s.code(ada)
	if len(code) != 6 || mail.Subject != code+" is your sign-in code" {
		t.Errorf("code %q, subject %q", code, mail.Subject)
	}
	for _, part := range []string{"sign in at developers.example.com.", "for 10 minutes.", "Never share it", "If you did not ask for it, ignore"} {
		if !strings.Contains(mail.Text, part) {
			t.Errorf("%q is not in the e-mail:\n%s", part, mail.Text)
		}
	}

	first := s.mustVerify(sent, "browser", code[:3]+" "+code[3:])
	if !first.New || first.Account.Email != ada || first.Account.ID == "" || first.Account.Created != s.now {
		t.Errorf("signed in as %+v", first)
	}
	session, account, err := s.Session(ctx, first.Cookie.Reveal(), s.now)
	if err != nil || account != first.Account || session.AccountID != account.ID || session.Method != dialtone.SignInEmail ||
		session.Agent != "Firefox on Linux" || session.OrganizationID != "" || session.Expires != s.now.Add(30*24*time.Hour) {
		t.Errorf("session %+v of %+v, %v", session, account, err)
	}
	if strings.Contains(first.Cookie.Reveal(), session.SecretHash) {
		t.Error("the cookie can be made from the database alone")
	}

	again := s.byEmail(ada)
	if again.New || again.Account != first.Account || again.session.ID == session.ID {
		t.Errorf("the second time as %+v, first as %+v", again, first)
	}
	if got := strings.Join(s.actions(account.ID), " "); got != "account.sign_in account.sign_in" {
		t.Errorf("activities: %s", got)
	}
}

func TestNobodyLearnsWhetherAnAddressHasAnAccount(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.byEmail(ada)
	known, unknown := s.mustRequest(ada, "one"), s.mustRequest(grace, "two")
	if known.Expires != unknown.Expires || len(known.CodeID) != len(unknown.CodeID) {
		t.Errorf("answers differ: %+v and %+v", known, unknown)
	}
	without := func(email string) string { return strings.ReplaceAll(s.mails(email)[0].Text, s.code(email), "") }
	if without(ada) != without(grace) {
		t.Errorf("e-mails differ: %q and %q", without(ada), without(grace))
	}
	for left := 4; left > 0; left-- {
		_, err := s.verify(known, "one", wrong(s.code(ada)))
		wantLeft(t, "with an account", err, left)
		_, err = s.verify(unknown, "two", wrong(s.code(grace)))
		wantLeft(t, "without", err, left)
	}
	if _, err := s.db.AccountByEmail(context.Background(), grace); !errors.Is(err, dialtone.ErrNotFound) {
		t.Errorf("there is an account before the address is proved: %v", err)
	}
}

func TestAnAddressThatIsNoneIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, email := range []string{"", "ada", "ada@", "@example.com", "Ada <ada@example.com>", "ada@example.com, grace@example.com", "ada@example.com\r\nBcc: grace@example.com"} {
		_, err := s.request(email, "browser")
		wantField(t, email, err, "email")
	}
	if n := len(s.inbox.List()); n != 0 {
		t.Errorf("%d e-mails were sent", n)
	}
}

func TestFiveWrongTriesEndACode(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := s.mustRequest(ada, "browser")
	code := s.code(ada)
	for _, typed := range []string{"", "12345", "1234567", "12a456", "sign in", strings.Repeat(" ", 60) + "12345", strings.Repeat("1", 65)} {
		_, err := s.verify(sent, "browser", typed)
		wantField(t, typed, err, "code")
	}
	for left := 4; left > 0; left-- {
		_, err := s.verify(sent, "browser", wrong(code))
		wantLeft(t, "wrong code", err, left)
	}
	for _, typed := range []string{wrong(code), code} {
		_, err := s.verify(sent, "browser", typed)
		wantError(t, "after five wrong ones", err, dialtone.ErrExhausted)
	}
}

func TestGuessesAtTheSameTimeGetNoMoreTries(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := s.mustRequest(ada, "browser")
	guess := wrong(s.code(ada))
	var mu sync.Mutex
	guesses := 0
	var guessing sync.WaitGroup
	for range 20 {
		guessing.Go(func() {
			_, err := s.verify(sent, "browser", guess)
			_, counted := errors.AsType[*WrongCodeError](err)
			mu.Lock()
			defer mu.Unlock()
			if counted {
				guesses++
			} else if !errors.Is(err, dialtone.ErrExhausted) {
				t.Error(err)
			}
		})
	}
	guessing.Wait()
	if guesses != 4 { // the fifth answers that the tries are used up
		t.Errorf("%d guesses were answered with tries left, want 4", guesses)
	}
}

func TestACodeIsBoundToItsBrowserAndAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := s.mustRequest(ada, "browser")
	code := s.code(ada)
	for range 6 { // none of them counts as a try
		_, err := s.verify(sent, "other browser", code)
		wantError(t, "another browser", err, dialtone.ErrNotFound)
		_, err = s.verify(CodeSent{CodeID: sent.CodeID, Email: grace}, "browser", code)
		wantError(t, "another address", err, dialtone.ErrNotFound)
		_, err = s.verify(CodeSent{CodeID: sent.CodeID, Email: "nobody"}, "browser", code)
		wantError(t, "no address", err, dialtone.ErrNotFound)
	}
	_, err := s.verify(CodeSent{CodeID: "emc_none.seal-1", Email: ada}, "browser", code)
	wantError(t, "no such code", err, dialtone.ErrNotFound)
	s.mustVerify(sent, "browser", code)
}

func TestANewerCodeSupersedesTheOlderOne(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	older := s.mustRequest(ada, "browser")
	olderCode := s.code(ada)
	elsewhere := s.mustRequest(ada, "other browser")
	elsewhereCode := s.code(ada)
	newer := s.mustRequest(ada, "browser")
	_, err := s.verify(older, "browser", olderCode)
	wantError(t, "the older code", err, dialtone.ErrExpired)
	s.mustVerify(newer, "browser", s.code(ada))
	s.mustVerify(elsewhere, "other browser", elsewhereCode)
}

func TestACodeExpires(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sent := s.mustRequest(ada, "browser")
	s.later(10 * time.Minute)
	_, err := s.verify(sent, "browser", s.code(ada))
	wantError(t, "ten minutes later", err, dialtone.ErrExpired)
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	sent := s.mustRequest(ada, "browser")
	code := s.code(ada)
	in := make(chan SignedIn, 10)
	var verifying sync.WaitGroup
	for range cap(in) {
		verifying.Go(func() {
			got, err := s.verify(sent, "browser", code)
			if err == nil {
				in <- got
			} else if !errors.Is(err, dialtone.ErrExpired) {
				t.Error(err)
			}
		})
	}
	verifying.Wait()
	if len(in) != 1 {
		t.Fatalf("one code signed in %d times", len(in))
	}
	sessions, err := s.db.AccountSessions(ctx, (<-in).Account.ID, s.now)
	if err != nil || len(sessions) != 1 {
		t.Errorf("sessions %+v, %v", sessions, err)
	}
}

func TestTwoBrowsersOfANewPersonGetOneAccount(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	one := s.mustRequest(ada, "one")
	oneCode := s.code(ada)
	two := s.mustRequest(ada, "two")
	first, second := s.mustVerify(one, "one", oneCode), s.mustVerify(two, "two", s.code(ada))
	if !first.New || second.New || first.Account != second.Account {
		t.Errorf("accounts %+v and %+v", first, second)
	}
}

func TestACodeOutlivesTheRotationOfItsKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	one, two := s.mustRequest(ada, "one"), s.mustRequest(grace, "two")
	newer := secret.DataKey{ID: "seal-2", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: s.now}
	if err := s.Keys.Replace(append(s.keys, newer), s.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s.mustVerify(one, "one", s.code(ada))
	if err := s.Keys.Replace([]secret.DataKey{newer, s.keys[1]}, s.now); err != nil {
		t.Fatal(err)
	}
	_, err := s.verify(two, "two", s.code(grace))
	wantError(t, "when the key is gone", err, dialtone.ErrExpired)
}

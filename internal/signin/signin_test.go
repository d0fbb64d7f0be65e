package signin

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestAPersonSignsInWithThePINFromTheSMS(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	if started.Expires != s.now.Add(5*time.Minute) || started.NextSend != s.now.Add(30*time.Second) {
		t.Errorf("started %+v at %s", started, s.now)
	}
	texts := s.sms(served)
	if len(texts) != 1 || !strings.Contains(texts[0], " is your Ferries PIN. Never share it.\n@id.example #") {
		t.Fatalf("SMS %q", texts)
	}
	pin := s.pin(served)
	outcome := s.mustVerify(started.ChallengeID, "browser", pin[:3]+" "+pin[3:])
	if got := outcome.State.Session; got.SubscriptionID != "sub_33639980000" || got.OperatorID != "fjord" || !got.AuthTime.Equal(s.now) ||
		strings.Join(got.AMR, " ") != "sms otp" || !got.Expires.Equal(s.now.Add(30*24*time.Hour)) {
		t.Errorf("session %+v", got)
	}

	cookie := outcome.Cookie.Reveal()
	state, err := s.Session(ctx, cookie, "product", s.now)
	if err != nil || state.Session.ID != outcome.State.Session.ID || state.Subscription.PhoneNumber != served || state.Consent.ID != "" {
		t.Errorf("session %+v, error %v", state, err)
	}
	if strings.Contains(cookie, state.Session.SecretHash) {
		t.Error("the cookie can be made from the database alone")
	}
	for name, forged := range map[string]string{
		"empty": "", "no secret": outcome.State.Session.ID, "empty secret": outcome.State.Session.ID + ".", "another secret": cookie + "A",
		"the hash": outcome.State.Session.ID + "." + state.Session.SecretHash, "another id": "ses_x" + cookie, "too long": cookie + strings.Repeat("A", 300),
	} {
		_, err := s.Session(ctx, forged, "product", s.now)
		wantError(t, name, err, dialtone.ErrNotFound)
	}
	_, err = s.Session(ctx, cookie, "product", s.now.Add(30*24*time.Hour))
	wantError(t, "30 days later", err, dialtone.ErrNotFound)

	for range 2 { // the second time there is nothing to end
		if err := s.SignOut(ctx, cookie, s.now); err != nil {
			t.Fatal(err)
		}
		_, err = s.Session(ctx, cookie, "product", s.now)
		wantError(t, "signed out", err, dialtone.ErrNotFound)
	}
}

func TestAPINExpires(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	s.later(5 * time.Minute)
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "five minutes later", err, dialtone.ErrExpired)
	_, err = s.resend(started.ChallengeID, "browser")
	wantError(t, "resend five minutes later", err, dialtone.ErrExpired)
}

func TestANewerPINSupersedesTheOlderOne(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	older := s.start(request(served, "browser"))
	olderPIN := s.pin(served)
	newer := s.start(request(served2, "browser")) // "other number": the PIN of the first number must not sign in the second
	_, err := s.verify(older.ChallengeID, "browser", olderPIN)
	wantError(t, "the older PIN", err, dialtone.ErrSuperseded)
	s.later(31 * time.Second)
	_, err = s.resend(older.ChallengeID, "browser")
	wantError(t, "resend of the older PIN", err, dialtone.ErrSuperseded)
	if got := s.mustVerify(newer.ChallengeID, "browser", s.pin(served2)); got.State.Session.SubscriptionID != "sub_33639980001" {
		t.Errorf("session %+v", got.State.Session)
	}
}

func TestTheRightPINTwiceGivesTheSameSession(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	outcomes := make(chan Outcome, 10)
	var verifying sync.WaitGroup
	for range cap(outcomes) {
		verifying.Go(func() {
			outcome, err := s.verify(started.ChallengeID, "browser", pin)
			if err != nil {
				t.Error(err)
			}
			outcomes <- outcome
		})
	}
	verifying.Wait()
	first := <-outcomes
	for range cap(outcomes) - 1 {
		if other := <-outcomes; other.State.Session.ID != first.State.Session.ID || other.Cookie != first.Cookie {
			t.Errorf("two sessions: %s and %s", first.State.Session.ID, other.State.Session.ID)
		}
	}
	_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
	wantError(t, "a wrong PIN afterwards", err, dialtone.ErrExpired)
	s.later(31 * time.Second)
	_, err = s.resend(started.ChallengeID, "browser")
	wantError(t, "resend afterwards", err, dialtone.ErrConflict)
	s.later(29 * time.Second)
	if again := s.mustVerify(started.ChallengeID, "browser", pin); again.Cookie != first.Cookie {
		t.Error("a minute later: another cookie")
	}
	s.later(time.Second)
	_, err = s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "61 seconds later", err, dialtone.ErrExpired)
}

func TestASignedOutSessionDoesNotComeBackWithThePIN(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	outcome := s.mustVerify(started.ChallengeID, "browser", pin)
	if err := s.SignOut(context.Background(), outcome.Cookie.Reveal(), s.now); err != nil {
		t.Fatal(err)
	}
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "after signing out", err, dialtone.ErrExpired)
}

func TestAPINOutlivesTheRotationOfItsKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	newer := secret.DataKey{ID: "seal-2", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: s.now}
	if err := s.Keys.Replace(append(s.keys, newer), s.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s.later(31 * time.Second)
	if _, err := s.resend(started.ChallengeID, "browser"); err != nil {
		t.Fatal(err)
	}
	first := s.mustVerify(started.ChallengeID, "browser", pin)
	if again := s.mustVerify(started.ChallengeID, "browser", pin); again.Cookie != first.Cookie {
		t.Error("the cookie changed with the key")
	}
	newest := s.start(request(served2, "browser"))
	if !strings.HasSuffix(newest.ChallengeID, ".seal-2") {
		t.Errorf("challenge %s is not under the new key", newest.ChallengeID)
	}
	if err := s.Keys.Replace([]secret.DataKey{newer, s.keys[1]}, s.now); err != nil {
		t.Fatal(err)
	}
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "when the key is gone", err, dialtone.ErrExpired)
}

func TestASandboxThatIsSwitchedOffIsServedToNobody(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	before := s.start(request(sandbox, "browser"))
	cookie := s.mustVerify(before.ChallengeID, "browser", "740605").Cookie.Reveal()
	open := s.start(request(sandbox, "another browser"))

	s.Sandbox = false
	_, err := s.Session(ctx, cookie, "", s.now)
	wantError(t, "a session from before", err, dialtone.ErrNotFound)
	_, err = s.verify(before.ChallengeID, "browser", "740605")
	wantError(t, "the PIN that was entered before", err, dialtone.ErrExpired)
	_, err = s.verify(open.ChallengeID, "another browser", "740605")
	wantError(t, "a PIN that was asked for before", err, dialtone.ErrExpired)
	fresh := s.start(request(sandbox, "third browser"))
	_, err = s.verify(fresh.ChallengeID, "third browser", "740605")
	wantLeft(t, "the published PIN", err, 4)
	if n := len(s.sms(sandbox)); n != 0 {
		t.Errorf("%d SMS to a number that nobody has", n)
	}
	real := s.start(request(served, "fourth browser"))
	s.mustVerify(real.ChallengeID, "fourth browser", s.pin(served))
}

// A PIN that went to the old SIM is worth nothing once the directory knows of the new one.
func TestAPINIsWorthNothingOnceTheLineHasAnotherSIM(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	line, err := s.db.SubscriptionByNumber(context.Background(), served)
	if err != nil {
		t.Fatal(err)
	}
	s.later(time.Minute)
	life, cause := directory.NewLife(s.db), directory.Cause{OperatorID: line.OperatorID, Source: dialtone.SourceAPI}
	if err := life.ReplaceSIM(context.Background(), line.ID, s.now, cause, s.now); err != nil {
		t.Fatal(err)
	}
	if _, err = s.verify(started.ChallengeID, "browser", pin); err == nil {
		t.Error("it signs in")
	}
	again := s.start(request(served, "browser"))
	s.mustVerify(again.ChallengeID, "browser", s.pin(served))
}

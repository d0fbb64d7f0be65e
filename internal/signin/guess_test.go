package signin

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestServedUnservedAndBlockedNumbersCannotBeToldApart(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	var states []State
	var rows []dialtone.Challenge
	for _, number := range []dialtone.PhoneNumber{served, unserved, blocked} {
		browser := "browser " + number.E164()
		started := s.start(request(number, browser))
		state, err := s.State(ctx, started.ChallengeID, browser)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, state)
		row, err := s.db.Challenge(ctx, started.ChallengeID)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row.Challenge)
		code, ok := s.openCode(row.ID, row.SealedCode)
		if !ok {
			t.Fatalf("%s: no code is kept", number.E164())
		}
		_, err = s.verify(started.ChallengeID, browser, wrong(code.Reveal()))
		wantLeft(t, number.E164(), err, 4)
		if number != served {
			// Not even the code itself signs in a number that is not served.
			_, err = s.verify(started.ChallengeID, browser, code.Reveal())
			wantLeft(t, number.E164(), err, 3)
		}
		s.later(31 * time.Second)
		if again, err := s.resend(started.ChallengeID, browser); err != nil || again.NextSend != s.now.Add(time.Minute) {
			t.Errorf("%s: resend %+v, %v", number.E164(), again, err)
		}
		s.later(-31 * time.Second)
	}
	if states[0] != states[1] || states[0] != states[2] {
		t.Errorf("states differ: %+v", states)
	}
	for _, row := range rows[1:] {
		if row.SubscriptionID != "" || len(row.CodeHash) != len(rows[0].CodeHash) || len(row.SealedCode) != len(rows[0].SealedCode) {
			t.Errorf("rows %+v and %+v", rows[0], row)
		}
	}
	if served, others := len(s.sms(served)), len(s.sms(unserved))+len(s.sms(blocked)); served != 2 || others != 0 {
		t.Errorf("%d SMS to the served number and %d to the others, want 2 and 0", served, others)
	}
}

func TestAPINIsBoundToItsBrowserAndRequest(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	for range 6 { // none of them counts as a try
		_, err := s.verify(started.ChallengeID, "other browser", pin)
		wantError(t, "another browser", err, dialtone.ErrForbidden)
		_, err = s.Verify(ctx, VerifyRequest{Asker: asker("browser"), ChallengeID: started.ChallengeID, RequestHash: "other", PIN: pin}, s.now)
		wantError(t, "another request", err, dialtone.ErrForbidden)
	}
	_, err := s.State(ctx, started.ChallengeID, "other browser")
	wantError(t, "state for another browser", err, dialtone.ErrForbidden)
	_, err = s.resend(started.ChallengeID, "other browser")
	wantError(t, "resend for another browser", err, dialtone.ErrForbidden)
	_, err = s.verify("pin_none.seal-1", "browser", pin)
	wantError(t, "no such challenge", err, dialtone.ErrNotFound)
	s.mustVerify(started.ChallengeID, "browser", pin)
}

func TestFiveWrongTriesEndAChallenge(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	for _, typed := range []string{"", "12345", "1234567", "12a456", "12345６7", strings.Repeat("1", 65)} {
		_, err := s.verify(started.ChallengeID, "browser", typed)
		wantError(t, typed, err, dialtone.ErrInvalid)
	}
	for left := 4; left > 0; left-- {
		_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
		wantLeft(t, "wrong PIN", err, left)
	}
	for _, typed := range []string{wrong(pin), pin} {
		_, err := s.verify(started.ChallengeID, "browser", typed)
		wantError(t, "after five wrong ones", err, dialtone.ErrExhausted)
	}
	if state, err := s.State(ctx, started.ChallengeID, "browser"); err != nil || state.TriesLeft != 0 {
		t.Errorf("state %+v, %v", state, err)
	}
	s.later(31 * time.Second)
	_, err := s.resend(started.ChallengeID, "browser")
	wantError(t, "resend after five wrong ones", err, dialtone.ErrExpired)
}

func TestGuessesAtTheSameTimeGetNoMoreTries(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	var mu sync.Mutex
	guesses := 0
	var guessing sync.WaitGroup
	for range 30 {
		guessing.Go(func() {
			_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
			_, counted := errors.AsType[*WrongPINError](err)
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

func TestALineThatIsBlockedMeanwhileCannotSignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	s.putLine(dialtone.Subscription{ID: "sub_33639980000", OperatorID: "fjord", PhoneNumber: served, Status: dialtone.SubscriptionBlocked})
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantLeft(t, "the right PIN of a blocked line", err, 4)
	s.later(31 * time.Second)
	if _, err := s.resend(started.ChallengeID, "browser"); err != nil {
		t.Errorf("resend tells that the line is blocked: %v", err)
	}
	if n := len(s.sms(served)); n != 1 {
		t.Errorf("%d SMS, want none after the line was blocked", n)
	}
}

func TestAPINDoesNotFollowALineToAnotherNumber(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	s.putLine(dialtone.Subscription{ID: "sub_33639980000", OperatorID: "fjord", PhoneNumber: unserved, Status: dialtone.SubscriptionActive})
	s.later(31 * time.Second)
	if _, err := s.resend(started.ChallengeID, "browser"); err != nil {
		t.Fatal(err)
	}
	if n := len(s.sms(unserved)); n != 0 {
		t.Errorf("%d SMS to a number that nobody typed", n)
	}
}

func TestNoPINNumberOrSecretIsLogged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
	wantLeft(t, "wrong", err, 4)
	s.mustVerify(started.ChallengeID, "browser", pin)
	for range 5 {
		_, err = s.Start(context.Background(), request(served, "browser"), s.now)
	}
	wantError(t, "the sixth PIN", err, dialtone.ErrExhausted)
	text := s.log.String() + err.Error()
	if strings.Contains(text, pin) || strings.Contains(text, "39980000") || !strings.Contains(text, "budget used up") {
		t.Errorf("log and error: %s", text)
	}
}

func TestASealedCodeBelongsToItsRow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sealed := s.sealCode("pin_1.seal-1", "048213")
	if code, ok := s.openCode("pin_1.seal-1", sealed); !ok || code.Reveal() != "048213" {
		t.Error("the code cannot be opened")
	}
	for _, id := range []string{"pin_2.seal-1", "pin_1.seal-1 0", ""} {
		if _, ok := s.openCode(id, sealed); ok {
			t.Errorf("the code opens in the row %q", id)
		}
	}
}

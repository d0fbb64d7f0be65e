package account

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestTheStateOfACeremonyWorksOnce(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	device.still = true // its count would refuse the replay, too
	options, state := s.beginAdd(in)
	response := device.create(options)
	if _, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: state, Response: response, Agent: firefox}, s.now); err != nil {
		t.Fatal(err)
	}
	_, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: state, Response: response, Agent: firefox}, s.now)
	wantError(t, "adding again", err, dialtone.ErrExpired)

	options, state = s.beginPasskey()
	response = device.get(options)
	done := make(chan SignedIn, 10)
	var finishing sync.WaitGroup
	for range cap(done) {
		finishing.Go(func() {
			got, err := s.FinishPasskey(ctx, state, response, firefox, s.now)
			if err == nil {
				done <- got
			} else if !errors.Is(err, dialtone.ErrExpired) {
				t.Error(err)
			}
		})
	}
	finishing.Wait()
	if len(done) != 1 {
		t.Errorf("one answer signed in %d times", len(done))
	}
	_, fresh := s.beginPasskey()
	_, err = s.FinishPasskey(ctx, fresh, response, firefox, s.now)
	wantError(t, "the answer to another challenge", err, dialtone.ErrInvalid)
}

func TestACeremonyTakesFiveMinutesAtMost(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	addOptions, addState := s.beginAdd(in)
	s.later(5 * time.Minute)
	_, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: addState, Response: device.create(addOptions), Agent: firefox}, s.now)
	wantError(t, "adding", err, dialtone.ErrExpired)
	s.addPasskey(in, device)
	options, state := s.beginPasskey()
	s.later(5 * time.Minute)
	_, err = s.FinishPasskey(ctx, state, device.get(options), firefox, s.now)
	wantError(t, "signing in", err, dialtone.ErrExpired)
}

func TestAStateIsForOnePurposeAndOnePerson(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, stranger, device := s.byEmail(ada), s.byEmail(grace), newAuthenticator(t)
	addOptions, addState := s.beginAdd(in)
	added := device.create(addOptions)
	_, err := s.FinishAddPasskey(ctx, stranger.actor, NewPasskey{State: addState, Response: added, Agent: firefox}, s.now)
	wantError(t, "another person's state", err, dialtone.ErrInvalid)
	_, err = s.FinishPasskey(ctx, addState, device.get(addOptions), firefox, s.now)
	wantError(t, "signing in with the state of adding", err, dialtone.ErrInvalid)
	options, state := s.beginPasskey()
	for name, other := range map[string]string{"of a sign-in": state, "empty": "", "forged": addState[:len(addState)-4] + "AAAA"} {
		_, err = s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: other, Response: added, Agent: firefox}, s.now)
		wantError(t, "adding with a state "+name, err, dialtone.ErrInvalid)
	}
	// None of them has used a state up.
	if _, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: addState, Response: added, Agent: firefox}, s.now); err != nil {
		t.Errorf("adding: %v", err)
	}
	if _, err := s.FinishPasskey(ctx, state, device.get(options), firefox, s.now); err != nil {
		t.Errorf("signing in: %v", err)
	}
}

func TestWhatDoesNotProveThePasskeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.addPasskey(in, device)
	stranger := newAuthenticator(t)
	s.addPasskey(s.byEmail(grace), stranger)
	for name, change := range map[string]func(*authenticator){
		"another site":       func(a *authenticator) { a.origin = "https://developers.example.com.evil.example" },
		"without encryption": func(a *authenticator) { a.origin = "http://developers.example.com" },
		"another port":       func(a *authenticator) { a.origin = "https://developers.example.com:8443" },
		"another domain":     func(a *authenticator) { a.rpID = "example.com" },
		"another key":        func(a *authenticator) { a.key = newAuthenticator(t).key },
		"another account":    func(a *authenticator) { a.account = stranger.account },
		"no account":         func(a *authenticator) { a.account = nil },
		"another passkey":    func(a *authenticator) { a.id = stranger.id },
	} {
		changed := *device
		change(&changed)
		_, err := s.byPasskey(&changed)
		wantError(t, name, err, dialtone.ErrInvalid)
	}
	_, err := s.byPasskey(newAuthenticator(t))
	wantError(t, "a passkey without an account in it", err, dialtone.ErrNotFound)

	evil := newAuthenticator(t)
	evil.origin = "https://evil.example"
	options, state := s.beginAdd(in)
	_, err = s.FinishAddPasskey(context.Background(), in.actor, NewPasskey{State: state, Response: evil.create(options), Agent: firefox}, s.now)
	wantError(t, "a passkey that another site asked for", err, dialtone.ErrInvalid)
	if _, err := s.byPasskey(device); err != nil {
		t.Errorf("the passkey itself: %v", err)
	}
}

func TestAnAnswerThatCannotBeReadCostsNothing(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.addPasskey(in, device)
	options, state := s.beginPasskey()
	addOptions, addState := s.beginAdd(in)
	for name, response := range map[string]string{
		"empty": "", "no JSON": "hello", "null": "null", "no credential": "{}", "too long": `{"id":"` + strings.Repeat("A", 40<<10) + `"}`,
	} {
		_, err := s.FinishPasskey(ctx, state, []byte(response), firefox, s.now)
		wantError(t, "sign in, "+name, err, dialtone.ErrInvalid)
		_, err = s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: addState, Response: []byte(response), Agent: firefox}, s.now)
		wantError(t, "add, "+name, err, dialtone.ErrInvalid)
	}
	if _, err := s.FinishPasskey(ctx, state, device.get(options), firefox, s.now); err != nil {
		t.Errorf("sign in after all: %v", err)
	}
	if _, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: addState, Response: newAuthenticator(t).create(addOptions), Agent: firefox}, s.now); err != nil {
		t.Errorf("add after all: %v", err)
	}
}

func TestACopiedPasskeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.addPasskey(in, device)
	copied := *device
	for range 2 {
		if _, err := s.byPasskey(device); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.byPasskey(&copied)
	wantError(t, "a copy, whose count is behind", err, dialtone.ErrForbidden)
	if text := s.log.String(); !strings.Contains(text, "sign count went back") || !strings.Contains(text, "account="+in.Account.ID) {
		t.Errorf("log: %s", text)
	}
	if _, err := s.byPasskey(device); err != nil {
		t.Errorf("the passkey itself: %v", err)
	}
	synced := newAuthenticator(t)
	synced.still = true
	s.addPasskey(in, synced)
	for range 2 {
		if _, err := s.byPasskey(synced); err != nil {
			t.Errorf("a passkey that never counts: %v", err)
		}
	}
}

package account

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// addPasskey gives the person a passkey on the device.
func (s *stage) addPasskey(in signedIn, device *authenticator) dialtone.Passkey {
	s.t.Helper()
	options, state := s.beginAdd(in)
	passkey, err := s.FinishAddPasskey(context.Background(), in.actor, NewPasskey{State: state, Name: "Laptop", Response: device.create(options), Agent: firefox}, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return passkey
}

func (s *stage) beginAdd(in signedIn) (json.RawMessage, string) {
	s.t.Helper()
	options, state, err := s.BeginAddPasskey(context.Background(), in.actor, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return options, state
}

func (s *stage) beginPasskey() (json.RawMessage, string) {
	s.t.Helper()
	options, state, err := s.BeginPasskey(context.Background(), s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return options, state
}

// byPasskey signs in with the device.
func (s *stage) byPasskey(device *authenticator) (SignedIn, error) {
	s.t.Helper()
	options, state := s.beginPasskey()
	return s.FinishPasskey(context.Background(), state, device.get(options), firefox, s.now)
}

func TestAPersonSignsInWithAPasskey(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.later(time.Minute)
	added := s.addPasskey(in, device)
	if added.ID != encode(device.id) || added.AccountID != in.Account.ID || added.Name != "Laptop" || added.Created != s.now {
		t.Errorf("passkey %+v", added)
	}
	s.later(time.Hour)
	for range 2 {
		got, err := s.byPasskey(device)
		if err != nil {
			t.Fatal(err)
		}
		person := s.at(got)
		if got.Account != in.Account || got.New || person.session.Method != dialtone.SignInPasskey || person.actor.OrganizationID != "" {
			t.Errorf("signed in as %+v in %+v", got, person.session)
		}
	}
	passkeys, err := s.Passkeys(ctx, in.actor)
	if err != nil || len(passkeys) != 1 || passkeys[0].LastUsed != s.now {
		t.Errorf("passkeys %+v, %v", passkeys, err)
	}
	want := "account.sign_in account.sign_in account.passkey.add account.sign_in"
	if got := strings.Join(s.actions(in.Account.ID), " "); got != want {
		t.Errorf("activities %q, want %q", got, want)
	}
}

func TestTheOptionsAskForAPasskeyThatNamesNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.addPasskey(in, device)
	create, _ := s.beginAdd(in)
	var asked struct {
		PublicKey struct {
			RP                     struct{ ID, Name string }
			User                   struct{ ID, Name string }
			Attestation            string
			AuthenticatorSelection struct {
				ResidentKey, UserVerification string
				RequireResidentKey            bool
			}
			ExcludeCredentials []struct{ ID string }
		}
	}
	if err := json.Unmarshal(create, &asked); err != nil {
		t.Fatal(err)
	}
	key := asked.PublicKey
	if key.RP.ID != "developers.example.com" || key.User.Name != ada || key.Attestation != "none" || !key.AuthenticatorSelection.RequireResidentKey ||
		key.AuthenticatorSelection.ResidentKey != "required" || key.AuthenticatorSelection.UserVerification != "required" {
		t.Errorf("options %s", create)
	}
	if len(key.ExcludeCredentials) != 1 || key.ExcludeCredentials[0].ID != encode(device.id) {
		t.Errorf("the passkey that is there already may be made again: %s", create)
	}
	if strings.Contains(string(device.account), in.Account.ID) || len(device.account) != 32 {
		t.Errorf("the handle is %q", device.account)
	}
	get, _ := s.beginPasskey()
	if strings.Contains(string(get), encode(device.id)) || strings.Contains(string(get), "allowCredentials") {
		t.Errorf("options for everybody name a passkey: %s", get)
	}
}

func TestAPersonNamesAndRemovesPasskeys(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, stranger, device := s.byEmail(ada), s.byEmail(grace), newAuthenticator(t)
	passkey := s.addPasskey(in, device)

	wantField(t, "a name of two lines", s.RenamePasskey(ctx, in.actor, passkey.ID, "Lap\ntop"), "name")
	wantError(t, "a stranger renames", s.RenamePasskey(ctx, stranger.actor, passkey.ID, "Mine"), dialtone.ErrNotFound)
	wantError(t, "a stranger removes", s.RemovePasskey(ctx, stranger.actor, passkey.ID, s.now), dialtone.ErrNotFound)
	for name, want := range map[string]string{" Phone ": "Phone", "": "Passkey"} {
		if err := s.RenamePasskey(ctx, in.actor, passkey.ID, name); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Passkeys(ctx, in.actor); err != nil || len(got) != 1 || got[0].Name != want {
			t.Errorf("named %q: %+v, %v", name, got, err)
		}
	}
	_, state := s.beginAdd(in)
	_, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: state, Name: strings.Repeat("x", 65), Agent: firefox}, s.now)
	wantField(t, "adding under a name that is too long", err, "name")

	s.later(time.Minute)
	if err := s.RemovePasskey(ctx, in.actor, passkey.ID, s.now); err != nil {
		t.Fatal(err)
	}
	wantError(t, "removing it again", s.RemovePasskey(ctx, in.actor, passkey.ID, s.now), dialtone.ErrNotFound)
	_, err = s.byPasskey(device)
	wantError(t, "signing in with it", err, dialtone.ErrNotFound)
	if actions := s.actions(in.Account.ID); actions[0] != "account.passkey.remove" {
		t.Errorf("activities %v", actions)
	}
}

func TestAPasskeyBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in, stranger, device := s.byEmail(ada), s.byEmail(grace), newAuthenticator(t)
	s.addPasskey(in, device)
	copied := *device
	options, state := s.beginAdd(stranger)
	_, err := s.FinishAddPasskey(ctx, stranger.actor, NewPasskey{State: state, Response: copied.create(options), Agent: firefox}, s.now)
	wantError(t, "the id of another's passkey", err, dialtone.ErrConflict)
	if got, err := s.byPasskey(device); err != nil || got.Account != in.Account {
		t.Errorf("its owner: %+v, %v", got.Account, err)
	}
}

func TestAnAccountHasTwentyPasskeysAtMost(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	in := s.byEmail(ada)
	options, state := s.beginAdd(in)
	for range 20 {
		s.addPasskey(in, newAuthenticator(t))
	}
	_, _, err := s.BeginAddPasskey(ctx, in.actor, s.now)
	wantField(t, "the 21st", err, "name")
	_, err = s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: state, Response: newAuthenticator(t).create(options), Agent: firefox}, s.now)
	wantField(t, "the 21st, begun before", err, "name")
}

func TestACompanySessionCannotTouchPasskeys(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	own, device := s.byEmail(ada), newAuthenticator(t)
	passkey := s.addPasskey(own, device)
	s.organization("org_1", own)
	confined := s.byCompany(own.Account, "org_1")
	options, state := s.beginAdd(own)
	_, _, err := s.BeginAddPasskey(ctx, confined.actor, s.now)
	wantConfined(t, "begins to add", err)
	_, err = s.FinishAddPasskey(ctx, confined.actor, NewPasskey{State: state, Response: newAuthenticator(t).create(options), Agent: firefox}, s.now)
	wantConfined(t, "adds", err)
	_, err = s.Passkeys(ctx, confined.actor)
	wantConfined(t, "lists", err)
	wantConfined(t, "renames", s.RenamePasskey(ctx, confined.actor, passkey.ID, "Mine"))
	wantConfined(t, "removes", s.RemovePasskey(ctx, confined.actor, passkey.ID, s.now))
}

func TestAHostWithoutADomainHasNoPasskeys(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for address, possible := range map[string]bool{
		"http://127.0.0.1:8081": false, "http://[::1]:8081": false, "http://localhost:8081": true, "https://Developers.Example.com": true,
	} {
		s := newStage(t, func(c *Config) { c.Origin = address })
		in := s.byEmail(ada)
		_, _, err := s.BeginPasskey(ctx, s.now)
		_, _, addErr := s.BeginAddPasskey(ctx, in.actor, s.now)
		if s.PasskeysPossible() != possible || (err == nil) != possible || (addErr == nil) != possible {
			t.Errorf("%s: %v, %v, %v", address, s.PasskeysPossible(), err, addErr)
		}
		if !possible {
			wantError(t, address, err, dialtone.ErrUnavailable)
			wantError(t, address, addErr, dialtone.ErrUnavailable)
		}
	}
}

package account

import (
	"testing"
	"time"
)

func TestAPasskeySignsInSixtyTimesAnHour(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.addPasskey(in, device)
	for i := range 60 {
		if _, err := s.byPasskey(device); err != nil {
			t.Fatalf("sign-in %d: %v", i+1, err)
		}
	}
	_, err := s.byPasskey(device)
	wantWait(t, "sign-in 61", err, time.Hour)
	if got := len(s.actions(in.Account.ID)); got != 62 {
		t.Errorf("the log has %d lines, want those of a code, a new passkey and sixty sign-ins", got)
	}
	s.later(time.Hour)
	if _, err := s.byPasskey(device); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

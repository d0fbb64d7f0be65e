package account

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
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

// TestAProviderCannotMakeUpPeopleWithoutEnd: the provider is whatever the organization says it is.
func TestAProviderCannotMakeUpPeopleWithoutEnd(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	s := f.stage(t)
	for range hourlyCompany {
		if err := s.db.Spend(t.Context(), []dialtone.Budget{dialtone.BudgetCompanySignIns.Hourly(ferries, hourlyCompany)}, s.now); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.attempt(s)
	wantWait(t, "one more", err, time.Hour)
	if members, err := s.db.Members(t.Context(), ferries); err != nil || len(members) != 1 {
		t.Errorf("%d members, %v; want the owner alone", len(members), err)
	}
	s.later(time.Hour)
	f.claims = map[string]any{"iat": s.now.Unix(), "exp": s.now.Add(time.Minute).Unix()}
	if in, err := f.attempt(s); err != nil || s.role(in.Account.ID) != dialtone.RoleViewer {
		t.Errorf("an hour later: %+v, %v", in, err)
	}
}

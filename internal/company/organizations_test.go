package company_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// TestAProviderCannotMakeUpPeopleWithoutEnd: the provider is whatever the organization says it is.
func TestAProviderCannotMakeUpPeopleWithoutEnd(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	s := f.stage(t)
	for range 1000 {
		if err := s.db.Spend(t.Context(), []dialtone.Budget{dialtone.BudgetCompanySignIns.Hourly(s.owner.Organization.ID, 1000)}, s.now); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.attempt(s)
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); !ok || refused.RetryAfter != time.Hour {
		t.Errorf("one more: %v, want to wait for an hour", err)
	}
	if members, err := s.db.Members(t.Context(), s.owner.Organization.ID); err != nil || len(members) != 1 {
		t.Errorf("%d members, %v; want the owner alone", len(members), err)
	}
	s.later(time.Hour)
	f.claims = map[string]any{"iat": s.now.Unix(), "exp": s.now.Add(time.Minute).Unix()}
	if in, err := f.attempt(s); err != nil || s.role(in.Account.ID) != dialtone.RoleViewer {
		t.Errorf("an hour later: %+v, %v", in, err)
	}
}

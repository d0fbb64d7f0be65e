package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dialtone-id/dialtone/internal/store"
)

// years is how far ahead a clock was that was wrong for a minute.
const years = 5 * 365 * 24 * time.Hour

// Conformance is what every engine has to do, one file a subject.
func Conformance(t *testing.T, db *store.DB) {
	for _, subject := range []struct {
		name string
		test func(*testing.T, *store.DB)
	}{
		{"cleaning", testCleaning}, // first, while there is little to clean
		{"cleaning of the portal", testPortalCleaning},
		{"cleaning of what lies ahead", testCleaningAhead},
		{"kept pages", testKeptPage},
		{"catalogue", testCatalogue},
		{"subscriptions", testSubscriptions},
		{"lines", testLines},
		{"imports", testImports},
		{"testers", testTesters},
		{"keys", testKeys},
		{"messages", testMessages},
		{"budgets", testBudgets},
		{"challenges", testChallenges},
		{"tries", testTries},
		{"sessions", testSessions},
		{"consents", testConsents},
		{"grants", testGrants},
		{"tokens", testTokens},
		{"refresh", testRefresh},
		{"races", testRaces},
		{"accounts", testAccounts},
		{"e-mail codes", testEmailCodes},
		{"account sessions", testAccountSessions},
		{"passkeys", testPasskeys},
		{"organizations", testOrganizations},
		{"invitations", testInvitations},
		{"API keys", testAPIKeys},
		{"company sign-in", testCompanySignIn},
		{"company accounts", testCompanyAccounts},
		{"products", testProducts},
		{"clients", testClients},
		{"listings", testListings},
		{"staff", testStaff},
		{"audit", testAudit},
		{"offered products", testOffered},
		{"care", testCare},
		{"activities", testActivities},
		{"failed requests", testFailedRequests},
		{"tallies", testTallies},
		{"idempotency", testIdempotency},
		{"account races", testAccountRaces},
		{"organization races", testOrganizationRaces},
		{"product races", testProductRaces},
		{"texts about people", testPersonal}, // last, because it changes their key
	} {
		t.Run(subject.name, func(t *testing.T) { subject.test(t, db) })
	}
}

// same fails the test if got is not what is wanted; nil and empty lists are the same.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// fails fails the test if err is not the one that is wanted.
func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

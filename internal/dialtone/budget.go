package dialtone

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Limit allows Count entries in any stretch of time as long as Window (a rolling window, not a calendar one).
type Limit struct {
	Count  int
	Window time.Duration
}

// Budget is what may be spent under one key. Spending adds one entry and succeeds only if every limit allows it.
type Budget struct {
	Key    string // by BudgetName.Of: holds no personal data, but a keyed hash
	Limits []Limit
}

// BudgetError says that a budget is used up and when there is room again. It wraps ErrExhausted.
type BudgetError struct {
	Key        string // by BudgetName.Of, or the name alone
	RetryAfter time.Duration
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("budget %s is used up for %s", e.Key, e.RetryAfter)
}

// Unwrap makes errors.Is(err, ErrExhausted) true.
func (e *BudgetError) Unwrap() error { return ErrExhausted }

// Name says which budget it is, and not whose.
func (e *BudgetError) Name() BudgetName {
	name, _, _ := strings.Cut(e.Key, ":")
	return BudgetName(name)
}

// BudgetName says what a budget counts, and not whose it is: the log and the metrics have it. Operators' alarms hold these names, so
// that they stay as they are. docs/operate/sign-in-limits.md explains each.
type BudgetName string

// Of is the key of one budget of that name. What tells it from the others of the name is no personal data.
func (n BudgetName) Of(whose string) string { return string(n) + ":" + whose }

// Hourly is the budget of somebody who may do so many in an hour.
func (n BudgetName) Hourly(whose string, count int) Budget {
	return Budget{Key: n.Of(whose), Limits: []Limit{{Count: count, Window: time.Hour}}}
}

// Daily is the budget of somebody who may do so many in a day.
func (n BudgetName) Daily(whose string, count int) Budget {
	return Budget{Key: n.Of(whose), Limits: []Limit{{Count: count, Window: 24 * time.Hour}}}
}

// Budgets of sign-in by SMS.
const (
	BudgetKnownSends       BudgetName = "known-sends"          // SMS to a number that one known browser asks for
	BudgetNumberPerNetwork BudgetName = "number-network-sends" // SMS to a number that one network asks for
	BudgetNumberSends      BudgetName = "number-sends"         // SMS to a number that all strangers ask for
	BudgetAddressSends     BudgetName = "address-sends"
	BudgetNetworkSends     BudgetName = "network-sends"
	BudgetSiteSends        BudgetName = "site-sends"     // not entered, as the three that follow
	BudgetProviderSends    BudgetName = "provider-sends" // of a wide network
	BudgetClientSends      BudgetName = "client-sends"
	BudgetTotalSends       BudgetName = "total-sends"
	BudgetSandboxSends     BudgetName = "sandbox-sends"
	BudgetPINTries         BudgetName = "pin-tries" // of one PIN

	BudgetOperatorSMS BudgetName = "operator-daily-sms"
	BudgetAllSMS      BudgetName = "all-daily-sms"

	// Wrong tries: these make PINs longer.
	BudgetNumberFailures   BudgetName = "number-failures"
	BudgetAddressFailures  BudgetName = "address-failures"
	BudgetSiteFailures     BudgetName = "site-failures"
	BudgetNetworkFailures  BudgetName = "network-failures"
	BudgetProviderFailures BudgetName = "provider-failures"
	BudgetClientFailures   BudgetName = "client-failures"
)

// Budgets of the portal.
const (
	BudgetEmailKnown      BudgetName = "account-known-sends" // codes to an address that one known browser asks for
	BudgetEmailPerNetwork BudgetName = "account-email-network-sends"
	BudgetEmailSends      BudgetName = "account-email-sends" // codes to an address that all strangers ask for
	BudgetCodeAddress     BudgetName = "account-address-sends"
	BudgetCodeNetwork     BudgetName = "account-network-sends"
	BudgetCodeSite        BudgetName = "account-site-sends"
	BudgetCodeProvider    BudgetName = "account-provider-sends"
	BudgetCodeTotal       BudgetName = "account-total-sends"
	BudgetCodeTries       BudgetName = "account-code-tries" // of one code

	// Wrong tries: these make codes longer.
	BudgetEmailFailures        BudgetName = "account-email-failures"
	BudgetCodeAddressFailures  BudgetName = "account-address-failures"
	BudgetCodeSiteFailures     BudgetName = "account-site-failures"
	BudgetCodeNetworkFailures  BudgetName = "account-network-failures"
	BudgetCodeProviderFailures BudgetName = "account-provider-failures"

	BudgetSignIns          BudgetName = "account-sign-ins" // by passkeys and through companies
	BudgetCompanySignIns   BudgetName = "company-sign-ins" // through one company
	BudgetOrganizations    BudgetName = "organizations"
	BudgetInvitations      BudgetName = "invitations"
	BudgetYoungInvitations BudgetName = "invitations_young"
	BudgetInvited          BudgetName = "invited" // invitations to one address
	BudgetStaffInvitations BudgetName = "invitations_staff"
	BudgetIcons            BudgetName = "icons"

	BudgetPosts              BudgetName = "posts" // forms of one account
	BudgetPostsHousehold     BudgetName = "posts-address"
	BudgetPostsNeighbourhood BudgetName = "posts-network"
	BudgetPostsProvider      BudgetName = "posts-provider"
	BudgetKeptPages          BudgetName = "kept-pages" // answers to forms: what is over it is shown without being kept
	BudgetAPIKey             BudgetName = "api-key"    // requests of one key
)

// BudgetNames are all budgets there are, but those of connections, which package server counts by itself.
var BudgetNames = []BudgetName{
	BudgetKnownSends, BudgetNumberPerNetwork, BudgetNumberSends, BudgetAddressSends, BudgetNetworkSends, BudgetSiteSends, BudgetProviderSends,
	BudgetClientSends, BudgetTotalSends, BudgetSandboxSends, BudgetPINTries, BudgetOperatorSMS, BudgetAllSMS,
	BudgetNumberFailures, BudgetAddressFailures, BudgetSiteFailures, BudgetNetworkFailures, BudgetProviderFailures, BudgetClientFailures,
	BudgetEmailKnown, BudgetEmailPerNetwork, BudgetEmailSends, BudgetCodeAddress, BudgetCodeNetwork, BudgetCodeSite, BudgetCodeProvider,
	BudgetCodeTotal, BudgetCodeTries,
	BudgetEmailFailures, BudgetCodeAddressFailures, BudgetCodeSiteFailures, BudgetCodeNetworkFailures, BudgetCodeProviderFailures,
	BudgetSignIns, BudgetCompanySignIns, BudgetOrganizations, BudgetInvitations, BudgetYoungInvitations, BudgetInvited, BudgetStaffInvitations, BudgetIcons,
	BudgetPosts, BudgetPostsHousehold, BudgetPostsNeighbourhood, BudgetPostsProvider, BudgetKeptPages, BudgetAPIKey,
}

// Lengthens reports whether the budget counts wrong tries and makes codes longer: it refuses nobody.
func (n BudgetName) Lengthens() bool { return strings.HasSuffix(string(n), "-failures") }

// BudgetCounts counts on this node how often each budget bit. Make it with NewBudgetCounts; nil counts nothing. It is safe for concurrent
// use.
type BudgetCounts struct {
	bites []atomic.Int64 // as BudgetNames
}

// NewBudgetCounts returns counts of zero for all BudgetNames.
func NewBudgetCounts() *BudgetCounts {
	return &BudgetCounts{bites: make([]atomic.Int64, len(BudgetNames))}
}

// Bit notes that a budget refused somebody, or made a code longer.
func (c *BudgetCounts) Bit(name BudgetName) {
	if i := slices.Index(BudgetNames, name); c != nil && i >= 0 {
		c.bites[i].Add(1)
	}
}

// Of returns how often the budget bit.
func (c *BudgetCounts) Of(name BudgetName) int64 {
	if i := slices.Index(BudgetNames, name); c != nil && i >= 0 {
		return c.bites[i].Load()
	}
	return 0
}

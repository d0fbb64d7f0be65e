package account

import (
	"errors"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/strangers"
)

// asker is who asks for a code, or brings one.
type asker struct {
	known    string // the cookie that SignedIn.Known was; empty: none
	network  string // the IP address
	emailKey string
}

// emailKey stands for an address where the address itself is not needed.
func (s *Service) emailKey(email string) string {
	return encode(s.Keys.Fixed(secret.LabelEmail, email))
}

// networkKey stands for a network, or for an address as a network asks for it.
func (s *Service) networkKey(parts ...string) string {
	return encode(s.Keys.Fixed(secret.LabelNetwork, parts...))
}

// sendBudgets are what one code is charged to. Limits that are not set are no budget.
//
// A browser that signed in with this address before has a budget of its own, which nobody else can use up. Of the others, each network
// has a share of the address's codes, so that one stranger does not take them all, and all of them together the address's.
func (s *Service) sendBudgets(a asker) []dialtone.Budget {
	if known := s.known(a); known.Has(a.emailKey) {
		return strangers.Set(dialtone.Budget{Key: dialtone.BudgetEmailKnown.Of(s.networkKey(known.Browser, a.emailKey)), Limits: s.Policy.EmailSends})
	}
	network := dialtone.Neighbourhood(a.network)
	return strangers.Set(
		dialtone.Budget{Key: dialtone.BudgetEmailPerNetwork.Of(s.networkKey(a.emailKey, network)), Limits: s.Policy.EmailSends},
		dialtone.Budget{Key: dialtone.BudgetEmailSends.Of(a.emailKey), Limits: s.Policy.EmailTotal},
		dialtone.Budget{Key: dialtone.BudgetCodeAddress.Of(s.networkKey(dialtone.Household(a.network))), Limits: s.Policy.AddressSends},
		dialtone.Budget{Key: dialtone.BudgetCodeNetwork.Of(s.networkKey(network)), Limits: s.Policy.NetworkSends},
	)
}

// sendShares are the shares that a stranger's code is charged to beside the budgets.
func (s *Service) sendShares(a asker) []strangers.Share {
	return append(strangers.Wide(
		strangers.Share{Name: dialtone.BudgetCodeSite, Hourly: s.Policy.SiteSends},
		strangers.Share{Name: dialtone.BudgetCodeProvider, Hourly: s.Policy.ProviderSends}, a.network,
	), strangers.Share{Name: dialtone.BudgetCodeTotal, Hourly: s.Policy.TotalSends})
}

// guessShares are the shares that a wrong code is charged to, by network from the smallest to the widest.
func (s *Service) guessShares(a asker) []strangers.Share {
	names := [...]dialtone.BudgetName{
		dialtone.BudgetCodeAddressFailures, dialtone.BudgetCodeSiteFailures, dialtone.BudgetCodeNetworkFailures, dialtone.BudgetCodeProviderFailures,
	}
	return strangers.Guessing(names, s.Policy.AddressFailures, a.network)
}

// known says with which addresses the asker's browser signed in before, by their keys.
func (s *Service) known(a asker) strangers.Known {
	return strangers.Read(s.Keys, secret.LabelKnownEmail, a.known)
}

// guessKey is under what a wrong try is counted: not those of a browser that signed in with the address before.
func (s *Service) guessKey(a asker) string {
	if s.known(a).Has(a.emailKey) {
		return ""
	}
	return dialtone.BudgetEmailFailures.Of(a.emailKey)
}

// logRefusal notes a budget that is used up: many of them are an attack on people or on their mailboxes. One that everybody shares has a
// line of its own, which those of single addresses cannot crowd out.
func (s *Service) logRefusal(err error) {
	refused, ok := errors.AsType[*dialtone.BudgetError](err)
	switch {
	case !ok:
	case refused.Name() == dialtone.BudgetCodeTotal:
		s.Log.Error("sign-in refused: the budget of all strangers is used up", "budget", refused.Key, "retry_after", refused.RetryAfter)
	default:
		s.Log.Warn("sign-in refused: budget used up", "budget", refused.Key, "retry_after", refused.RetryAfter)
	}
}

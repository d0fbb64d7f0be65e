package signin

import (
	"errors"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/strangers"
)

// numberKey stands for a number where the number itself is not needed. It is the same for all writings of one line: nobody gets
// the limits of a number twice by writing it in the way of the past.
func (s *Service) numberKey(number dialtone.PhoneNumber) string {
	return encode(s.Keys.Fixed(secret.LabelNumber, directory.Today(number).E164()))
}

// networkKey stands for a network, or for a number as a network asks for it.
func (s *Service) networkKey(parts ...string) string {
	return encode(s.Keys.Fixed(secret.LabelNetwork, parts...))
}

// sendBudgets are what one send is charged to. Limits that are not set are no budget.
//
// A browser that signed in with this number before has a budget of its own, which nobody else can use up. Of the others, each network
// has a share of the number's messages, so that one stranger does not take them all, and all of them together the number's.
func (s *Service) sendBudgets(a Asker, numberKey string, line dialtone.Subscription) []dialtone.Budget {
	household, network := s.networkKey(dialtone.Household(a.Network)), dialtone.Neighbourhood(a.Network)
	switch known := s.known(a); {
	case inSandbox(line):
		return strangers.Set(dialtone.Budget{Key: dialtone.BudgetSandboxSends.Of(household), Limits: s.Policy.SandboxSends})
	case known.Has(line.ID):
		return strangers.Set(dialtone.Budget{Key: dialtone.BudgetKnownSends.Of(s.networkKey(known.Browser, line.ID)), Limits: s.Policy.NumberSends})
	}
	return strangers.Set(
		dialtone.Budget{Key: dialtone.BudgetNumberPerNetwork.Of(s.networkKey(numberKey, network)), Limits: s.Policy.NumberSends},
		dialtone.Budget{Key: dialtone.BudgetNumberSends.Of(numberKey), Limits: s.Policy.NumberTotal},
		dialtone.Budget{Key: dialtone.BudgetAddressSends.Of(household), Limits: s.Policy.AddressSends},
		dialtone.Budget{Key: dialtone.BudgetNetworkSends.Of(s.networkKey(network)), Limits: s.Policy.NetworkSends},
	)
}

// sendShares are the shares that a stranger's send is charged to beside the budgets.
func (s *Service) sendShares(a Asker) []strangers.Share {
	return append(strangers.Wide(
		strangers.Share{Name: dialtone.BudgetSiteSends, Hourly: s.Policy.SiteSends},
		strangers.Share{Name: dialtone.BudgetProviderSends, Hourly: s.Policy.ProviderSends}, a.Network,
	), strangers.Share{Name: dialtone.BudgetClientSends, Of: a.App.Client.ID, Hourly: s.Policy.ClientSends},
		strangers.Share{Name: dialtone.BudgetTotalSends, Hourly: s.Policy.TotalSends})
}

// guessShares are the shares that a wrong PIN is charged to, by network from the smallest to the widest, and by client.
func (s *Service) guessShares(a Asker) []strangers.Share {
	names := [...]dialtone.BudgetName{
		dialtone.BudgetAddressFailures, dialtone.BudgetSiteFailures, dialtone.BudgetNetworkFailures, dialtone.BudgetProviderFailures,
	}
	return append(strangers.Guessing(names, s.Policy.AddressFailures, a.Network),
		strangers.Share{Name: dialtone.BudgetClientFailures, Of: a.App.Client.ID, Hourly: s.Policy.ClientFailures})
}

// known says with which lines the asker's browser signed in before. It holds no number, and is of no use for a line that ended, for the
// next one has another id.
func (s *Service) known(a Asker) strangers.Known {
	return strangers.Read(s.Keys, secret.LabelKnown, a.Known)
}

// remember is the cookie of a browser that just signed in with the line.
func (s *Service) remember(a Asker, session dialtone.Session) secret.Text {
	return s.known(a).With(session.SubscriptionID, s.Keys, secret.LabelKnown)
}

// logRefusal notes a budget that is used up: many of them are an attack on people or on the SMS bill. One that everybody shares has a
// line of its own, which those of single numbers cannot crowd out.
func (s *Service) logRefusal(err error, clientID string) {
	refused, ok := errors.AsType[*dialtone.BudgetError](err)
	switch {
	case !ok:
	case refused.Name() == dialtone.BudgetTotalSends:
		s.Log.Error("PIN refused: the budget of all strangers is used up", "budget", refused.Key, "client", clientID, "retry_after", refused.RetryAfter)
	default:
		s.Log.Warn("PIN refused: budget used up", "budget", refused.Key, "client", clientID, "retry_after", refused.RetryAfter)
	}
}

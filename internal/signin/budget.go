package signin

import (
	"errors"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/rate"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// What a budget counts.
const (
	countGuesses      = "number-failures"
	countKnownSends   = "known-sends"
	countNumberSends  = "number-network-sends"
	countNumberTotal  = "number-sends"
	countAddressSends = "address-sends"
	countNetworkSends = "network-sends"
	countSandboxSends = "sandbox-sends"
)

func budgetKey(count, key string) string { return count + ":" + key }

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
	switch {
	case inSandbox(line):
		return limited(dialtone.Budget{Key: budgetKey(countSandboxSends, s.networkKey(dialtone.Household(a.Network))), Limits: s.Policy.SandboxSends})
	case s.known(a.Known).has(line.ID):
		return limited(dialtone.Budget{Key: budgetKey(countKnownSends, s.networkKey(s.known(a.Known).Browser, line.ID)), Limits: s.Policy.NumberSends})
	}
	network := dialtone.Neighbourhood(a.Network)
	return limited(
		dialtone.Budget{Key: budgetKey(countNumberSends, s.networkKey(numberKey, network)), Limits: s.Policy.NumberSends},
		dialtone.Budget{Key: budgetKey(countNumberTotal, numberKey), Limits: s.Policy.NumberTotal},
		dialtone.Budget{Key: budgetKey(countAddressSends, s.networkKey(dialtone.Household(a.Network))), Limits: s.Policy.AddressSends},
		dialtone.Budget{Key: budgetKey(countNetworkSends, s.networkKey(network)), Limits: s.Policy.NetworkSends},
	)
}

func limited(budgets ...dialtone.Budget) []dialtone.Budget {
	var set []dialtone.Budget
	for _, b := range budgets {
		if len(b.Limits) > 0 {
			set = append(set, b)
		}
	}
	return set
}

// strangers counts, on this node, what browsers do that never signed in with the number that they type: in the wide networks that
// one customer of a provider can have much of, in the name of a client, and in all. What a right PIN follows is given back twice, so
// that no limit bites where half of the sign-ins succeed, however many people are behind a network.
type strangers struct {
	policy         Policy
	sends, guesses *rate.Buckets
}

func newStrangers(p Policy) strangers {
	return strangers{policy: p, sends: new(rate.Buckets), guesses: new(rate.Buckets)}
}

// share is a part of the strangers that has a limit of its own.
type share struct {
	key    string
	hourly int
}

// bucket is the limit as tokens: all of it at once, and the same again in an hour.
func (s share) bucket() rate.Limit {
	return rate.Limit{PerMinute: max(1, s.hourly/60), Burst: s.hourly}
}

// sending are the shares that a send is charged to beside the budgets.
func (s strangers) sending(a Asker) []share {
	site, provider := dialtone.Site(a.Network), dialtone.Provider(a.Network)
	return set(
		share{"site " + site, s.policy.SiteSends}, share{"provider " + provider, s.policy.ProviderSends},
		share{"client " + a.App.Client.ID, s.policy.ClientSends}, share{"all", s.policy.TotalSends},
	)
}

// guessing are the shares that a wrong PIN is charged to, by network from the smallest to the widest, and by client.
func (s strangers) guessing(a Asker) []share {
	few := s.policy.AddressFailures
	return set(
		share{"household " + dialtone.Household(a.Network), few}, share{"site " + dialtone.Site(a.Network), 2 * few},
		share{"network " + dialtone.Neighbourhood(a.Network), 5 * few}, share{"provider " + dialtone.Provider(a.Network), 20 * few},
		share{"client " + a.App.Client.ID, s.policy.ClientFailures},
	)
}

// set leaves out what has no limit.
func set(shares ...share) []share {
	var with []share
	for _, s := range shares {
		if s.hourly > 0 {
			with = append(with, s)
		}
	}
	return with
}

// send takes one from each share, or says which one is used up.
func (s strangers) send(a Asker, now time.Time) error {
	for i, one := range s.sending(a) {
		if wait := s.sends.Take(one.key, one.bucket(), now); wait > 0 {
			for _, taken := range s.sending(a)[:i] {
				s.sends.Give(taken.key, 1, now)
			}
			return &dialtone.BudgetError{Key: "strangers' sends: " + kind(one.key), RetryAfter: wait}
		}
	}
	return nil
}

// kind is what a share counts, without whose it is: an address is not for the log.
func kind(key string) string {
	for i, r := range key {
		if r == ' ' {
			return key[:i]
		}
	}
	return key
}

// signedIn gives back what a right PIN shows to have been a person's.
func (s strangers) signedIn(a Asker, now time.Time) {
	for _, one := range s.sending(a) {
		s.sends.Give(one.key, 2, now)
	}
	for _, one := range s.guessing(a) {
		s.guesses.Give(one.key, 1, now)
	}
}

// guess counts a wrong PIN.
func (s strangers) guess(a Asker, now time.Time) {
	for _, one := range s.guessing(a) {
		s.guesses.Take(one.key, one.bucket(), now)
	}
}

// spraying reports whether so many wrong PINs came from the asker's networks, or through the client, that somebody tries one PIN
// after the other on many numbers. Then PINs that are asked for from there are longer; nobody is refused.
func (s strangers) spraying(a Asker, now time.Time) bool {
	for _, one := range s.guessing(a) {
		if s.guesses.Wait(one.key, now) > 0 {
			return true
		}
	}
	return false
}

// logRefusal notes a budget that is used up: many of them are an attack on people or on the SMS bill.
func (s *Service) logRefusal(err error, clientID string) {
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		s.Log.Warn("PIN refused: budget used up", "budget", refused.Key, "client", clientID, "retry_after", refused.RetryAfter)
	}
}

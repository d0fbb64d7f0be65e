// Package strangers bounds what browsers do that never signed in as whom they name: for package signin that is a line, for package
// account an e-mail address. It owns how they are told from the others (Known), and how their sends and wrong tries are counted on this
// node; it refuses to know what is sent, and what counts over all nodes: that is a dialtone.Budget.
//
// Nobody's right code is refused for what strangers did: who signed in before is none, wrong tries only make the strangers' next codes
// longer, and each right code gives back more than it took.
package strangers

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/rate"
)

// Share is a part of the strangers that has a limit of its own: those of a network, of a client, or all.
type Share struct {
	Name   dialtone.BudgetName
	Of     string // whose it is; it stays in memory
	Hourly int    // 0: no limit
}

// bucket is the limit as tokens: all of it at once, and the same again in an hour.
func (s Share) bucket() rate.Limit {
	return rate.Limit{PerMinute: max(1, s.Hourly/60), Burst: s.Hourly}
}

func (s Share) key() string { return s.Name.Of(s.Of) }

// Wide are the shares of the networks around an address that budgets do not count, since one customer of a provider can have much of
// them.
func Wide(site, provider Share, address string) []Share {
	site.Of, provider.Of = dialtone.Site(address), dialtone.Provider(address)
	return []Share{site, provider}
}

// Guessing are the shares of the networks around an address in wrong tries, of which a household has so many an hour: wider networks 2,
// 5 and 20 times as many. The names are those of the household, the site, the network and the provider.
func Guessing(names [4]dialtone.BudgetName, hourly int, address string) []Share {
	return []Share{
		{names[0], dialtone.Household(address), hourly}, {names[1], dialtone.Site(address), 2 * hourly},
		{names[2], dialtone.Neighbourhood(address), 5 * hourly}, {names[3], dialtone.Provider(address), 20 * hourly},
	}
}

// Strangers counts on this node. Make it with New. It is safe for concurrent use.
type Strangers struct {
	counts         *dialtone.BudgetCounts
	sends, guesses rate.Buckets
}

// New returns one that counts nothing yet; counts are told what bites.
func New(counts *dialtone.BudgetCounts) *Strangers { return &Strangers{counts: counts} }

// Send takes one from each share, or nothing. Error: *dialtone.BudgetError, which names what is used up and not whose it is: that may
// be an address.
func (s *Strangers) Send(shares []Share, now time.Time) error {
	var taken []Share
	for _, one := range limited(shares) {
		if wait := s.sends.Take(one.key(), one.bucket(), now); wait > 0 {
			s.Unsent(taken, now)
			s.counts.Bit(one.Name)
			return &dialtone.BudgetError{Key: string(one.Name), RetryAfter: wait}
		}
		taken = append(taken, one)
	}
	return nil
}

// Unsent gives back what Send took for what was not sent after all. Otherwise requests that another budget refuses, which cost their
// sender nothing, would use up what a whole network shares, or everybody.
func (s *Strangers) Unsent(shares []Share, now time.Time) {
	for _, one := range limited(shares) {
		s.sends.Give(one.key(), 1, now)
	}
}

// SignedIn gives back what a right code shows to have been a person's: two sends, so that no limit bites where half of the sign-ins
// succeed, however many people are behind a network, and one guess.
func (s *Strangers) SignedIn(sends, guesses []Share, now time.Time) {
	for _, one := range limited(sends) {
		s.sends.Give(one.key(), 2, now)
	}
	for _, one := range limited(guesses) {
		s.guesses.Give(one.key(), 1, now)
	}
}

// Guess counts a wrong try.
func (s *Strangers) Guess(shares []Share, now time.Time) {
	for _, one := range limited(shares) {
		s.guesses.Take(one.key(), one.bucket(), now)
	}
}

// Spraying reports whether so many wrong tries came out of one of the shares that somebody tries one code after the other on many people.
// Then codes that are asked for from there are longer; nobody is refused.
func (s *Strangers) Spraying(shares []Share, now time.Time) bool {
	for _, one := range limited(shares) {
		if s.guesses.Wait(one.key(), now) > 0 {
			s.counts.Bit(one.Name)
			return true
		}
	}
	return false
}

func limited(shares []Share) []Share {
	var with []Share
	for _, one := range shares {
		if one.Hourly > 0 {
			with = append(with, one)
		}
	}
	return with
}

// Set leaves out the budgets without a limit.
func Set(budgets ...dialtone.Budget) []dialtone.Budget {
	var set []dialtone.Budget
	for _, b := range budgets {
		if len(b.Limits) > 0 {
			set = append(set, b)
		}
	}
	return set
}

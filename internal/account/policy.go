package account

import (
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Policy holds the rules for codes and sessions. Start from DefaultPolicy.
//
// A guess is right once in 10^Digits. Nobody's right code is refused for what others tried: a code survives Tries wrong ones of the
// browser that asked for it, and how many codes strangers may ask for, EmailTotal, bounds their guesses at one address. Once some were
// wrong, EmailFailures, its codes are longer. Against many addresses at once AddressFailures does that. It is the way of signin.Policy;
// docs/operate/sign-in-limits.md has the arithmetic.
type Policy struct {
	Digits   int           // of a code; 6 to 8
	Lifetime time.Duration // of a code; 10 minutes at most (NIST SP 800-63B-4, OWASP ASVS 6.5.5)
	Tries    int           // wrong ones that a code survives, and the one more that ends it; 3 to 10

	// EmailFailures are the wrong tries at an address by browsers that never signed in with it. When a limit is reached, new codes of the
	// address have 8 digits for such browsers; nothing is refused.
	EmailFailures []dialtone.Limit
	// AddressFailures are the wrong tries an hour from a household after which it gets long codes; /56 twice as many, /48 and IPv4 /24
	// five times, /32 and IPv4 /16 twenty times. Every node counts by itself. 0: no limit.
	AddressFailures int
	// EmailSends are the codes to an address that one network (IPv4 /24, IPv6 /48) asks for, and that a browser asks for that signed in
	// with the address before; EmailTotal are those of all other browsers together.
	EmailSends, EmailTotal []dialtone.Limit
	AddressSends           []dialtone.Limit // codes that a household (IPv4 /32, IPv6 /64) asks for
	NetworkSends           []dialtone.Limit // codes that its network (IPv4 /24, IPv6 /48) asks for: more, many people may share it
	// SiteSends (IPv6 /56), ProviderSends (IPv6 /32, IPv4 /16) and TotalSends are the codes an hour that no right one followed; each
	// right one gives two back. Every node counts by itself. 0: no limit.
	SiteSends, ProviderSends, TotalSends int

	SessionLifetime time.Duration // from sign-in, whatever happens
	SessionIdle     time.Duration // since the browser was last seen; longer than a minute, which Seen is exact to
}

// DefaultPolicy is what the portal promises.
var DefaultPolicy = Policy{
	Digits:          6,
	Lifetime:        10 * time.Minute,
	Tries:           5,
	EmailFailures:   []dialtone.Limit{{Count: 10, Window: time.Hour}, {Count: 20, Window: 24 * time.Hour}},
	AddressFailures: 30,
	EmailSends:      []dialtone.Limit{{Count: 5, Window: time.Hour}, {Count: 10, Window: 24 * time.Hour}},
	EmailTotal:      []dialtone.Limit{{Count: 20, Window: 24 * time.Hour}},
	AddressSends:    []dialtone.Limit{{Count: 30, Window: time.Hour}},
	NetworkSends:    []dialtone.Limit{{Count: 300, Window: time.Hour}},
	SiteSends:       60,
	ProviderSends:   300,
	TotalSends:      5000,
	SessionLifetime: 30 * 24 * time.Hour,
	SessionIdle:     7 * 24 * time.Hour,
}

const (
	minDigits, maxDigits = 6, 8
	minTries, maxTries   = 3, 10
	maxLifetime          = 10 * time.Minute
	maxFailures          = 100       // NIST SP 800-63B-4 §3.2.2
	longDigits           = maxDigits // of a code where somebody guesses: a hundred times the tries at the risk of six
	seenEvery            = time.Minute
)

// Validate says which bound the policy breaks, as an error that wraps ErrInvalid.
func (p Policy) Validate() error {
	broken := func(format string, a ...any) error {
		return fmt.Errorf("account policy: %w: %s", dialtone.ErrInvalid, fmt.Sprintf(format, a...))
	}
	switch {
	case p.Digits < minDigits || p.Digits > maxDigits:
		return broken("a code has %d digits; choose %d to %d", p.Digits, minDigits, maxDigits)
	case p.Lifetime <= 0 || p.Lifetime > maxLifetime:
		return broken("a code is valid for %s; choose at most %s", p.Lifetime, maxLifetime)
	case p.Tries < minTries || p.Tries > maxTries:
		return broken("%d tries; choose %d to %d", p.Tries, minTries, maxTries)
	case len(p.EmailTotal) == 0 || p.EmailTotal[0].Count*p.Tries > maxFailures:
		return broken("an address could be guessed at more than %d times a day", maxFailures)
	case p.SessionIdle <= seenEvery || p.SessionLifetime < p.SessionIdle:
		return broken("sessions end after %s, or %s without use; choose more than %s, and no more of the latter",
			p.SessionLifetime, p.SessionIdle, seenEvery)
	}
	for _, b := range []struct {
		of     string
		limits []dialtone.Limit
	}{
		{"codes to an address", p.EmailSends}, {"codes to an address in all", p.EmailTotal},
		{"codes for a household", p.AddressSends}, {"codes for a network", p.NetworkSends},
		{"wrong codes of an address", p.EmailFailures},
	} {
		for _, limit := range b.limits {
			if limit.Count < 1 {
				return broken("%d %s in %s are out of bounds", limit.Count, b.of, limit.Window)
			}
		}
	}
	if least := min(p.AddressFailures, p.SiteSends, p.ProviderSends, p.TotalSends); least < 0 {
		return broken("%d in an hour is out of bounds; 0 is no limit", least)
	}
	return nil
}

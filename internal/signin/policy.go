package signin

import (
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Policy holds the rules for PINs and sessions. Start from DefaultPolicy.
//
// A guess is right once in 10^Digits. Nobody's right PIN is refused for what others tried: a PIN survives Tries wrong ones of the
// browser that asked for it, and how many PINs strangers may ask for, NumberTotal, bounds their guesses at one number. Once some were
// wrong, NumberFailures, its PINs are longer. Against many numbers at once ("spraying"), AddressFailures and ClientFailures do that.
// docs/operate/sign-in-limits.md has the arithmetic.
type Policy struct {
	Digits   int           // of a PIN; 6 to 8
	Lifetime time.Duration // of a code; 10 minutes at most (NIST SP 800-63B-4, OWASP ASVS 6.5.5)
	Tries    int           // wrong ones that a challenge survives, and the one more that ends it; 3 to 10
	// NumberFailures are the wrong tries at a number by browsers that never signed in with it. Nothing resets them but time. When a
	// limit is reached, new PINs of the number have LongDigits for such browsers; nothing is refused.
	NumberFailures []dialtone.Limit
	// AddressFailures are the wrong tries an hour from a household after which it gets long PINs; /56 twice as many, /48 and IPv4 /24
	// five times, /32 and IPv4 /16 twenty times. ClientFailures are those through one client. 0: no limit.
	AddressFailures, ClientFailures int
	// ResendWaits are the waits before each resend; there are no more resends than waits.
	ResendWaits []time.Duration
	// SameCodeWhile: a resend repeats the code while it has more than this left to live, since SMS overtake each other.
	SameCodeWhile time.Duration
	// NumberSends are the sends to a number, over all clients, that one network (IPv4 /24, IPv6 /48) asks for, and that a browser asks
	// for that signed in with the number before; NumberTotal are those of all other browsers together.
	NumberSends, NumberTotal []dialtone.Limit
	AddressSends             []dialtone.Limit // sends that a household (IPv4 /32, IPv6 /64) asks for
	NetworkSends             []dialtone.Limit // sends that its network (IPv4 /24, IPv6 /48) asks for: more, many people may share it
	// SandboxSends stands in for the three above in the sandbox: enough for a test suite, too little to fill the table of
	// challenges. Empty: no limit.
	SandboxSends []dialtone.Limit
	// SiteSends (IPv6 /56), ProviderSends (IPv6 /32, IPv4 /16), ClientSends and TotalSends are the sends an hour that no right PIN
	// followed; each right one gives two back. Every node counts by itself. 0: no limit.
	SiteSends, ProviderSends, ClientSends, TotalSends int
	// RepeatWithin: the right PIN that comes a second time this soon, from the same browser, gives the same session. It was
	// the back button or a lost answer.
	RepeatWithin    time.Duration
	SessionLifetime time.Duration
}

// DefaultPolicy is what docs/promises.md promises; docs/operate/sign-in-limits.md has the arithmetic.
var DefaultPolicy = Policy{
	Digits:          6,
	Lifetime:        5 * time.Minute,
	Tries:           5,
	NumberFailures:  []dialtone.Limit{{Count: 10, Window: time.Hour}, {Count: 20, Window: 24 * time.Hour}},
	ResendWaits:     []time.Duration{30 * time.Second, 60 * time.Second, 120 * time.Second},
	SameCodeWhile:   time.Minute,
	NumberSends:     []dialtone.Limit{{Count: 5, Window: time.Hour}, {Count: 10, Window: 24 * time.Hour}},
	AddressSends:    []dialtone.Limit{{Count: 30, Window: time.Hour}},
	NetworkSends:    []dialtone.Limit{{Count: 300, Window: time.Hour}},
	SandboxSends:    []dialtone.Limit{{Count: 600, Window: time.Hour}},
	NumberTotal:     []dialtone.Limit{{Count: 20, Window: 24 * time.Hour}},
	AddressFailures: 30,
	ClientFailures:  300,
	SiteSends:       60,
	ProviderSends:   300,
	ClientSends:     2000,
	TotalSends:      20_000,
	RepeatWithin:    time.Minute,
	SessionLifetime: 30 * 24 * time.Hour,
}

const (
	minDigits, maxDigits = 6, 8
	minTries, maxTries   = 3, 10
	minLifetime          = 30 * time.Second // an SMS takes its time
	maxLifetime          = 10 * time.Minute
	maxFailures          = 100 // NIST SP 800-63B-4 §3.2.2
	// LongDigits are those of a PIN where somebody guesses: a hundred times the tries at the risk of six.
	LongDigits = maxDigits
)

// Validate says which bound the policy breaks, as an error that wraps ErrInvalid. What has an option of `dialtone serve` is
// called by its name.
func (p Policy) Validate() error {
	switch {
	case p.Digits < minDigits || p.Digits > maxDigits:
		return fmt.Errorf("PIN policy: %w: --pin-digits is %d; choose %d to %d", dialtone.ErrInvalid, p.Digits, minDigits, maxDigits)
	case p.Lifetime < minLifetime || p.Lifetime > maxLifetime:
		return fmt.Errorf("PIN policy: %w: --pin-lifetime is %s; choose %s to %s", dialtone.ErrInvalid, p.Lifetime, minLifetime, maxLifetime)
	case p.Tries < minTries || p.Tries > maxTries:
		return fmt.Errorf("PIN policy: %w: %d tries; choose %d to %d", dialtone.ErrInvalid, p.Tries, minTries, maxTries)
	case len(p.NumberFailures) == 0:
		return fmt.Errorf("PIN policy: %w: wrong tries of a number are not limited", dialtone.ErrInvalid)
	}
	for _, b := range []struct {
		option string
		limits []dialtone.Limit
		most   int // 0: as many as the operator pays for
	}{
		{"number-failures", p.NumberFailures, maxFailures}, {"number-sends", p.NumberSends, 0},
		{"number-total", p.NumberTotal, 0}, {"address-sends", p.AddressSends, 0}, {"network-sends", p.NetworkSends, 0}, {"sandbox-sends", p.SandboxSends, 0},
	} {
		for _, limit := range b.limits {
			switch {
			case limit.Count < 1:
				return fmt.Errorf("PIN policy: %w: --%s-per-%s is %d; choose at least 1", dialtone.ErrInvalid, b.option, span(limit.Window), limit.Count)
			case b.most > 0 && limit.Count > b.most:
				return fmt.Errorf("PIN policy: %w: --%s-per-%s is %d; choose at most %d", dialtone.ErrInvalid, b.option, span(limit.Window), limit.Count, b.most)
			}
		}
	}
	for option, hourly := range map[string]int{
		"address-failures": p.AddressFailures, "client-failures": p.ClientFailures, "site-sends": p.SiteSends,
		"provider-sends": p.ProviderSends, "client-sends": p.ClientSends, "total-sends": p.TotalSends,
	} {
		if hourly < 0 {
			return fmt.Errorf("PIN policy: %w: --%s-per-hour is %d; choose at least 1, or 0 for no limit", dialtone.ErrInvalid, option, hourly)
		}
	}
	return p.validGuesses()
}

// validGuesses keeps strangers below a hundred wrong tries at a number a day (NIST SP 800-63B-4 §3.2.2), which nothing else does: each
// PIN that they are sent is good for Tries of them.
func (p Policy) validGuesses() error {
	daily := 0
	for _, limit := range p.NumberTotal {
		if limit.Window == 24*time.Hour {
			daily = limit.Count
		}
	}
	if daily == 0 || daily*p.Tries > maxFailures {
		return fmt.Errorf("PIN policy: %w: --number-total-per-day is %d; choose 1 to %d: each PIN is good for %d wrong tries, and a number for %d a day",
			dialtone.ErrInvalid, daily, maxFailures/p.Tries, p.Tries, maxFailures)
	}
	return nil
}

// span is a limit's window as the options call it.
func span(window time.Duration) string {
	switch window {
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return window.String()
}

// maxSends is the first send and the resends.
func (p Policy) maxSends() int { return 1 + len(p.ResendWaits) }

// nextSend is when the PIN may be sent again after it was sent so many times. Zero: never.
func (p Policy) nextSend(sends int, now time.Time) time.Time {
	if sends > len(p.ResendWaits) {
		return time.Time{}
	}
	return now.Add(p.ResendWaits[sends-1])
}

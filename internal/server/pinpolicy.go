package server

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/signin"
)

// PINPolicy is the part of signin.Policy that an installation decides. The zero value stands for the defaults: a program
// that makes a Config itself may leave it out. With the command line each option has its default already, so that a 0 that
// somebody writes is refused and not taken for one.
type PINPolicy struct {
	PINDigits   int           `name:"pin-digits" help:"Digits of a PIN, 6 to 8." default:"6" group:"Sign-in"`
	PINLifetime time.Duration `name:"pin-lifetime" help:"How long a PIN is good for, 30s to 10m." default:"5m" group:"Sign-in"`

	NumberFailuresPerHour  int `help:"Wrong PINs of a number in an hour, from browsers that never signed in with it, after which they get PINs of 8 digits." default:"10" group:"Sign-in"`
	NumberFailuresPerDay   int `help:"The same in 24 hours." default:"20" group:"Sign-in"`
	NumberSendsPerHour     int `help:"SMS to a number in an hour that one network (IPv4 /24, IPv6 /48) may ask for, and each browser that signed in with it before." default:"5" group:"Sign-in"`
	NumberSendsPerDay      int `help:"The same in 24 hours." default:"10" group:"Sign-in"`
	NumberTotalPerDay      int `help:"SMS to a number in 24 hours that all browsers may ask for that never signed in with it; 20 at most." default:"20" group:"Sign-in"`
	AddressSendsPerHour    int `help:"PINs that one address (IPv4 /32, IPv6 /64) may ask for in an hour." default:"30" group:"Sign-in"`
	NetworkSendsPerHour    int `help:"PINs that one network (IPv4 /24, IPv6 /48) may ask for in an hour." default:"300" group:"Sign-in"`
	SiteSendsPerHour       int `help:"PINs that one IPv6 /56 may ask for in an hour and not enter; 0: no limit." default:"60" group:"Sign-in"`
	ProviderSendsPerHour   int `help:"PINs that one wide network (IPv4 /16, IPv6 /32) may ask for in an hour and not enter; 0: no limit." default:"300" group:"Sign-in"`
	ClientSendsPerHour     int `help:"PINs that may be asked for through one client in an hour and not entered; 0: no limit." default:"2000" group:"Sign-in"`
	TotalSendsPerHour      int `help:"PINs that may be asked for in all in an hour and not entered, on each node; 0: no limit." default:"20000" group:"Sign-in"`
	AddressFailuresPerHour int `help:"Wrong PINs from one address in an hour after which it gets PINs of 8 digits; wider networks get more; 0: no limit." default:"30" group:"Sign-in"`
	ClientFailuresPerHour  int `help:"Wrong PINs through one client in an hour after which its PINs have 8 digits; 0: no limit." default:"300" group:"Sign-in"`
	SandboxSendsPerHour    int `help:"Sign-ins with sandbox numbers that one address may begin in an hour; 0: no limit, for load tests." default:"600" group:"Sign-in"`
}

// policy returns the rules for PINs with what the installation decides in them.
func (c PINPolicy) policy() signin.Policy {
	policy := signin.DefaultPolicy
	if c == (PINPolicy{}) {
		return policy
	}
	const day = 24 * time.Hour
	policy.Digits, policy.Lifetime = c.PINDigits, c.PINLifetime
	policy.NumberFailures = []dialtone.Limit{{Count: c.NumberFailuresPerHour, Window: time.Hour}, {Count: c.NumberFailuresPerDay, Window: day}}
	policy.NumberSends = []dialtone.Limit{{Count: c.NumberSendsPerHour, Window: time.Hour}, {Count: c.NumberSendsPerDay, Window: day}}
	policy.NumberTotal = []dialtone.Limit{{Count: c.NumberTotalPerDay, Window: day}}
	policy.SiteSends, policy.ProviderSends = c.SiteSendsPerHour, c.ProviderSendsPerHour
	policy.ClientSends, policy.TotalSends = c.ClientSendsPerHour, c.TotalSendsPerHour
	policy.AddressFailures, policy.ClientFailures = c.AddressFailuresPerHour, c.ClientFailuresPerHour
	policy.AddressSends = []dialtone.Limit{{Count: c.AddressSendsPerHour, Window: time.Hour}}
	policy.NetworkSends = []dialtone.Limit{{Count: c.NetworkSendsPerHour, Window: time.Hour}}
	policy.SandboxSends = nil
	if c.SandboxSendsPerHour != 0 {
		policy.SandboxSends = []dialtone.Limit{{Count: c.SandboxSendsPerHour, Window: time.Hour}}
	}
	return policy
}

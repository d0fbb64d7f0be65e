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
	PINLifetime time.Duration `name:"pin-lifetime" help:"How long a PIN is good for; 10m at most." default:"5m" group:"Sign-in"`

	NumberFailuresPerHour int `help:"Wrong PINs of a number in an hour, over all browsers; after them the number has to wait." default:"10" group:"Sign-in"`
	NumberFailuresPerDay  int `help:"Wrong PINs of a number in 24 hours." default:"20" group:"Sign-in"`
	NumberSendsPerHour    int `help:"SMS to a number in an hour." default:"5" group:"Sign-in"`
	NumberSendsPerDay     int `help:"SMS to a number in 24 hours." default:"10" group:"Sign-in"`
	AddressSendsPerHour   int `help:"PINs that one address (IPv4 /32, IPv6 /64) may ask for in an hour." default:"30" group:"Sign-in"`
	NetworkSendsPerHour   int `help:"PINs that one network (IPv4 /24, IPv6 /48) may ask for in an hour." default:"300" group:"Sign-in"`
	SandboxSendsPerHour   int `help:"Sign-ins with sandbox numbers that one address may begin in an hour; 0: no limit, for load tests." default:"600" group:"Sign-in"`
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
	policy.AddressSends = []dialtone.Limit{{Count: c.AddressSendsPerHour, Window: time.Hour}}
	policy.NetworkSends = []dialtone.Limit{{Count: c.NetworkSendsPerHour, Window: time.Hour}}
	policy.SandboxSends = nil
	if c.SandboxSendsPerHour != 0 {
		policy.SandboxSends = []dialtone.Limit{{Count: c.SandboxSendsPerHour, Window: time.Hour}}
	}
	return policy
}

package server

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/signin"
)

// parsePIN reads options as `dialtone serve` does.
func parsePIN(t *testing.T, args ...string) PINPolicy {
	t.Helper()
	var c PINPolicy
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheDefaultsOfThePINOptionsAreThoseOfTheRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]PINPolicy{"options": parsePIN(t), "zero value": {}} {
		if got := c.policy(); !reflect.DeepEqual(got, signin.DefaultPolicy) {
			t.Errorf("%s: %+v, want %+v", name, got, signin.DefaultPolicy)
		}
	}
}

func TestEveryPINOptionChangesItsOwnRule(t *testing.T) {
	t.Parallel()
	limits := func(hour, day int) []dialtone.Limit {
		return []dialtone.Limit{{Count: hour, Window: time.Hour}, {Count: day, Window: 24 * time.Hour}}
	}
	for option, change := range map[string]func(*signin.Policy){
		"--pin-digits=7":                func(p *signin.Policy) { p.Digits = 7 },
		"--pin-lifetime=2m":             func(p *signin.Policy) { p.Lifetime = 2 * time.Minute },
		"--number-failures-per-hour=6":  func(p *signin.Policy) { p.NumberFailures = limits(6, 20) },
		"--number-failures-per-day=30":  func(p *signin.Policy) { p.NumberFailures = limits(10, 30) },
		"--number-sends-per-hour=6":     func(p *signin.Policy) { p.NumberSends = limits(6, 10) },
		"--number-total-per-day=15":     func(p *signin.Policy) { p.NumberTotal = limits(0, 15)[1:] },
		"--site-sends-per-hour=7":       func(p *signin.Policy) { p.SiteSends = 7 },
		"--provider-sends-per-hour=7":   func(p *signin.Policy) { p.ProviderSends = 7 },
		"--client-sends-per-hour=0":     func(p *signin.Policy) { p.ClientSends = 0 },
		"--total-sends-per-hour=7":      func(p *signin.Policy) { p.TotalSends = 7 },
		"--address-failures-per-hour=7": func(p *signin.Policy) { p.AddressFailures = 7 },
		"--client-failures-per-hour=7":  func(p *signin.Policy) { p.ClientFailures = 7 },
		"--number-sends-per-day=12":     func(p *signin.Policy) { p.NumberSends = limits(5, 12) },
		"--address-sends-per-hour=40":   func(p *signin.Policy) { p.AddressSends = limits(40, 0)[:1] },
		"--network-sends-per-hour=400":  func(p *signin.Policy) { p.NetworkSends = limits(400, 0)[:1] },
	} {
		want := signin.DefaultPolicy
		change(&want)
		if got := parsePIN(t, option).policy(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", option, got, want)
		}
	}
}

func TestAPINOptionOutOfBoundsIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	for _, option := range []string{
		"--pin-digits=4", "--pin-lifetime=1h", "--number-failures-per-hour=0", "--number-failures-per-day=1000",
		"--number-sends-per-hour=0", "--number-sends-per-day=0", "--address-sends-per-hour=0", "--network-sends-per-hour=0",
		"--number-total-per-day=0", "--number-total-per-day=21", "--site-sends-per-hour=-1", "--client-failures-per-hour=-1",
	} {
		c := good()
		c.PINPolicy = parsePIN(t, option)
		name, _, _ := strings.Cut(option, "=")
		if err := c.Check(); !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%s: got %v, want the name of the option", option, err)
		}
	}
}

package server

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// checkPort says whether a server can listen there.
func checkPort(flag, port string) error {
	if _, err := net.LookupPort("tcp", cmp.Or(port, "0")); err != nil {
		return invalid("%s: %q is no port: write a number from 1 to 65535", flag, port)
	}
	return nil
}

// checkConsole wants the address that forms, passkeys, mails and the certificate of the console name.
func (c Config) checkConsole() error {
	if c.consoleURL() == "" {
		if c.ConsoleListen != "" {
			return invalid("--console-listen %s needs --console-url: staff sign in at that address, and mails name it", c.ConsoleListen)
		}
		return nil
	}
	console, err := url.Parse(c.consoleURL())
	if err != nil || console.Hostname() == "" || console.User != nil || console.Path != "" || console.RawQuery != "" || console.Fragment != "" ||
		console.Scheme != "https" && (console.Scheme != "http" || !dialtone.LoopbackHost(console.Hostname())) {
		return invalid("console URL %q has not the form https://console.example.com; http is for localhost only", c.ConsoleURL)
	}
	return nil
}

// consoleURL is the console's address: where everything is on this machine and none was said, that of its port.
func (c Config) consoleURL() string {
	if c.ConsoleURL != "" || c.ConsoleListen == "" {
		return c.ConsoleURL
	}
	issuer, err := url.Parse(c.Issuer)
	_, port, split := net.SplitHostPort(c.ConsoleListen)
	if err != nil || split != nil || issuer.Scheme != "http" || !dialtone.LoopbackHost(issuer.Hostname()) {
		return ""
	}
	return "http://" + net.JoinHostPort(issuer.Hostname(), port)
}

func (c Config) checkACME() error {
	if directory, err := url.Parse(c.ACMEDirectory); c.ACMEDirectory != "" &&
		(err != nil || directory.Hostname() == "" || directory.Scheme != "https") {
		return invalid("--acme-directory %q is not an address: write it as https://ca.example.com/directory (RFC 8555 §6.1)", c.ACMEDirectory)
	}
	if c.ACMEEmail == "" {
		return nil
	}
	if _, err := writing.Email(c.ACMEEmail); err != nil {
		return invalid("--acme-email %q is not an address: write it as ops@example.com", c.ACMEEmail)
	}
	return nil
}

// checkSMS looks at the routes before the database is opened, all of them at once.
func (c Config) checkSMS() error {
	var faults []error
	if c.DailySMSLimit < 0 {
		faults = append(faults, invalid("--daily-sms-limit is %d: write 0 for no limit, or how many", c.DailySMSLimit))
	}
	for _, name := range slices.Sorted(maps.Keys(c.SMSRoutes)) {
		switch _, err := message.NewHTTP(name, c.SMSRoutes[name]); {
		case !dialtone.ValidID(name): // it is a part of the address for reports
			faults = append(faults, invalid("SMS route %q: a name has 1 to 100 letters, digits and _ . -", name))
		case c.Inbox != nil && name == c.Inbox.Name():
			faults = append(faults, invalid("SMS route %q: that name is the demo's inbox: take another one", name))
		case err != nil:
			faults = append(faults, fmt.Errorf("SMS route %s: %w", name, err))
		}
	}
	return errors.Join(faults...)
}

package server

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Config is everything that an installation decides. The tags are read by the command line (package kong): each field is
// a flag, an environment variable DIALTONE_… and a key of the configuration file, all by the same name.
type Config struct {
	Issuer     string `help:"Public address of the identity host, without a slash at the end: https://id.example.com." placeholder:"URL" group:"Addresses"`
	PortalURL  string `name:"portal-url" help:"Public address of the developer portal." placeholder:"URL" group:"Addresses"`
	ConsoleURL string `name:"console-url" help:"Public address of the operator console." placeholder:"URL" group:"Addresses"`

	IdentityListen string `help:"Where the identity host listens: sign-in pages and OAuth endpoints." default:":8080" group:"Addresses"`
	PortalListen   string `help:"Where the developer portal listens; empty: not at all." placeholder:"HOST:PORT" group:"Addresses"`
	ConsoleListen  string `help:"Where the operator console listens; empty: not at all. Keep it inside your network." placeholder:"HOST:PORT" group:"Addresses"`
	MetricsListen  string `help:"Where /metrics, /healthz and /readyz listen, in plain http; empty: not at all. Keep it inside your network." placeholder:"HOST:PORT" group:"Addresses"`

	TrustedProxies []netip.Prefix `help:"Networks of the proxies in front, which may name the client's address in X-Forwarded-For: 10.0.0.0/8,…" placeholder:"CIDR" group:"Addresses"`

	SecurityContacts []string      `name:"security-contacts" help:"Where people report security problems, for /.well-known/security.txt: mailto:security@example.com,https://…" placeholder:"URI" group:"Addresses"`
	ShutdownDelay    time.Duration `help:"How long to answer on after the stop signal, with /readyz at 503, so that balancers notice: longer than they take for it." default:"5s" group:"Addresses"`
	Connections      `embed:"" group:"Addresses"`

	TLSCertificate string `name:"tls-certificate" help:"PEM file with the certificate chain for all public listeners; read again when it changes." type:"path" placeholder:"FILE" group:"TLS"`
	TLSKey         string `name:"tls-key" help:"PEM file with its private key." type:"path" placeholder:"FILE" group:"TLS"`
	ACME           bool   `name:"acme" help:"Get certificates for the public addresses from Let's Encrypt; needs port 443 to reach the identity listener." group:"TLS"`
	ACMEEmail      string `name:"acme-email" help:"Address that the certificate authority may write to." placeholder:"ADDRESS" group:"TLS"`
	ACMEDirectory  string `name:"acme-directory" help:"Another certificate authority's ACME directory." placeholder:"URL" group:"TLS"`
	ACMEStorage    string `name:"acme-storage" help:"Folder that keeps the certificates." default:"acme" type:"path" group:"TLS"`

	Storage `embed:"" group:"Storage"`

	EventRetention time.Duration `help:"How long events are kept, of which developers learn: consents that ended, tokens that were used twice." default:"720h" placeholder:"DURATION" group:"Storage"`

	SMTP message.SMTPConfig `embed:"" prefix:"smtp-" group:"E-mail"`

	Region        string `help:"Country of numbers in national writing, as two letters: SE. Empty: only international writing is understood." placeholder:"CC" group:"Sign-in"`
	DailySMSLimit int    `name:"daily-sms-limit" help:"Most SMS a day over all operators; 0: no limit." default:"0" group:"Sign-in"`

	PINPolicy `embed:"" group:"Sign-in"`

	LogFormat string `help:"text or json." enum:"text,json" default:"text" group:"Logs"`
	LogLevel  string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" group:"Logs"`

	// SMSRoutes are the gateways by the name that an operator's SMS route uses. They stand in the configuration file only,
	// under sms-routes.
	SMSRoutes map[string]message.HTTPConfig `kong:"-"`
	// Inbox is the demo's: when set, there is a route "inbox" whose messages go nowhere else.
	Inbox *message.Inbox `kong:"-"`
	// InboxURL is where the demo's inbox is read.
	InboxURL string `kong:"-"`
}

// Check says what is wrong with the configuration and what to change, all of it at once. The errors wrap ErrInvalid.
func (c Config) Check() error {
	return errors.Join(c.checkIssuer(), c.checkTLS(), c.checkRootKey(), c.checkListeners(), c.checkStop(), c.Connections.check(), c.checkPortal(), c.checkContacts(), c.checkRegion(), c.PINPolicy.policy().Validate(), c.checkStorage(),
		c.checkConsole(), c.checkACME(), c.checkSMS())
}

// defaultEventRetention is for a Config that no command line made.
const defaultEventRetention = 30 * 24 * time.Hour

func (c Config) eventRetention() time.Duration {
	return cmp.Or(c.EventRetention, defaultEventRetention)
}

func (c Config) checkStorage() error {
	if c.eventRetention() < time.Hour {
		return invalid("--event-retention %v is too short: it takes 1h at least, 720h is 30 days", c.EventRetention)
	}
	return c.Storage.bounds().Check()
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w configuration: %s", dialtone.ErrInvalid, fmt.Sprintf(format, args...))
}

func (c Config) checkIssuer() error {
	if c.Issuer == "" {
		return invalid("issuer is missing: set --issuer to the public address of the identity host, for example https://id.example.com")
	}
	issuer, err := url.Parse(c.Issuer)
	switch {
	case err != nil, issuer.Host == "", issuer.User != nil:
		return invalid("issuer %q is not an address: write it as https://id.example.com", c.Issuer)
	case issuer.Path != "" || issuer.RawQuery != "" || issuer.Fragment != "":
		// RFC 8414 §2 allows a path; our well-known addresses and cookies stand at the root of the host.
		return invalid("issuer %q has more than scheme and host: write it as %s://%s", c.Issuer, issuer.Scheme, issuer.Host)
	case issuer.Scheme == "http" && !dialtone.LoopbackHost(issuer.Hostname()):
		return invalid("issuer %q is plain http: use https; http is for localhost only", c.Issuer)
	case issuer.Scheme != "http" && issuer.Scheme != "https":
		return invalid("issuer %q must begin with https://", c.Issuer)
	}
	return nil
}

// checkRegion wants a country that has a numbering plan: with another one no national number would be understood.
func (c Config) checkRegion() error {
	if c.Region == "" || directory.KnownRegion(c.Region) {
		return nil
	}
	return invalid("region %q is no country with telephone numbers: write its two letters of ISO 3166, as SE, or GB for the United Kingdom", c.Region)
}

// checkPortal says what the portal lacks: an address that its mails and passkeys name, and a way for mails to leave.
func (c Config) checkPortal() error {
	if c.PortalListen == "" {
		if c.SMTP.Address != "" {
			return c.SMTP.Check()
		}
		return nil
	}
	portal, err := url.Parse(c.PortalURL)
	switch {
	case c.PortalURL == "":
		return invalid("the portal has no address: set --portal-url to the public address of the developer portal, for example https://developers.example.com")
	case err != nil || portal.Host == "" || portal.User != nil || portal.Path != "" || portal.RawQuery != "" || portal.Fragment != "":
		return invalid("portal URL %q has not the form https://developers.example.com", c.PortalURL)
	case portal.Scheme != "https" && (portal.Scheme != "http" || !dialtone.LoopbackHost(portal.Hostname())):
		return invalid("portal URL %q must begin with https://; http is for localhost only", c.PortalURL)
	case c.Inbox != nil:
		return nil
	case c.SMTP.Address == "":
		return invalid("developers sign in to the portal with codes by e-mail: set --smtp-address and --smtp-from to your mail server, or leave out --portal-listen")
	}
	return c.SMTP.Check()
}

func (c Config) checkContacts() error {
	for _, contact := range c.SecurityContacts {
		if !web.SecurityContact(contact) {
			return invalid("security contact %q must begin with mailto:, https:// or tel: (RFC 9116 §2.5.3)", contact)
		}
	}
	return nil
}

func (c Config) checkTLS() error {
	switch {
	case (c.TLSCertificate == "") != (c.TLSKey == ""):
		return invalid("--tls-certificate and --tls-key go together: set both or none")
	case c.TLSCertificate != "" && c.ACME:
		return invalid("--acme gets its own certificates: leave out --tls-certificate and --tls-key, or --acme")
	case strings.HasPrefix(c.Issuer, "https://") && c.TLSCertificate == "" && !c.ACME && len(c.TrustedProxies) == 0:
		return invalid("issuer is https but nothing speaks TLS: set --tls-certificate and --tls-key, or --acme, or name the proxy that does in --trusted-proxies")
	}
	return nil
}

// longestShutdownDelay is far above what any balancer needs; Kubernetes kills after 30 s by itself.
const longestShutdownDelay = 10 * time.Minute

func (c Config) checkStop() error {
	if c.ShutdownDelay < 0 || c.ShutdownDelay > longestShutdownDelay {
		return invalid("--shutdown-delay %s: write a time from 0s to %s", c.ShutdownDelay, longestShutdownDelay)
	}
	return nil
}

// Connections bounds the connections of all listeners together.
type Connections struct {
	MaxConnections     int `help:"Most connections to all listeners together; 0: as many as the file descriptors allow, and at most 16384. At the bound the oldest idle one is closed." default:"0"`
	MaxConnectionsFrom int `help:"Most connections from one address (IPv4 /32, IPv6 /64) that is no trusted proxy; 0: a quarter of all." default:"0"`
}

const (
	mostConnections  = 16384 // some 500 MB of TLS
	keptDescriptors  = 128   // for the database, files, and what the server itself connects to
	leastConnections = 64
)

func (c Connections) check() error {
	if c.MaxConnections != 0 && c.MaxConnections < leastConnections || c.MaxConnectionsFrom < 0 {
		return invalid("--max-connections is 0 or at least %d, --max-connections-from 0 or more", leastConnections)
	}
	return nil
}

// bounds returns how many connections there may be in all and from one address, where the process may have so many files and
// connections open; 0: nobody knows.
func (c Connections) bounds(descriptors uint64) (most, mostFrom int) {
	const quarter = 4
	most = mostConnections
	if descriptors > 0 && descriptors < mostConnections+keptDescriptors {
		most = max(leastConnections, int(descriptors)-keptDescriptors)
	}
	if c.MaxConnections > 0 {
		most = min(most, c.MaxConnections)
	}
	mostFrom = max(1, most/quarter)
	if c.MaxConnectionsFrom > 0 {
		mostFrom = min(most, c.MaxConnectionsFrom)
	}
	return most, mostFrom
}

func (c Config) checkListeners() error {
	taken := make(map[string]string)
	for _, l := range []struct{ flag, address string }{
		{"--identity-listen", c.IdentityListen}, {"--portal-listen", c.PortalListen},
		{"--console-listen", c.ConsoleListen}, {"--metrics-listen", c.MetricsListen},
	} {
		if l.address == "" {
			if l.flag == "--identity-listen" {
				return invalid("%s is empty: set it to HOST:PORT or :PORT", l.flag)
			}
			continue
		}
		_, port, err := net.SplitHostPort(l.address)
		if err != nil {
			return invalid("%s %q is not of the form HOST:PORT or :PORT", l.flag, l.address)
		}
		if err := checkPort(l.flag, port); err != nil {
			return err
		}
		if other := taken[l.address]; other != "" && port != "0" {
			return invalid("%s and %s both listen on %s: give each its own port", other, l.flag, l.address)
		}
		taken[l.address] = l.flag
	}
	return nil
}

package message

import (
	"net"
	"net/mail"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// SMTPConfig describes the mail server that takes our e-mails. It is the part smtp of the configuration file:
//
//	smtp-address: mail.example.com:587
//	smtp-username: dialtone
//	smtp-password: ${SMTP_PASSWORD}
//	smtp-from: Dialtone <no-reply@example.com>
//
// The password may name environment variables as ${NAME}, so that the file itself needs no secret.
type SMTPConfig struct {
	Address string `yaml:"address" help:"Mail server that takes our e-mails: HOST:PORT. Port 587 goes with starttls, 465 with tls." placeholder:"HOST:PORT"`
	// TLS is one of the constants below; empty: TLSStart.
	TLS      string      `yaml:"tls" name:"tls" help:"starttls: the connection must be encrypted before anything is said; tls: it is from the first byte; none: for a mail server on this machine only." enum:"starttls,tls,none" default:"starttls"`
	Username string      `yaml:"username" help:"Account at the mail server; empty: it takes our e-mails without." placeholder:"NAME"`
	Password secret.Text `yaml:"password" hidden:""` // from the environment or the file: a command line can be read by every user of the machine
	// From is who our e-mails come from, RFC 5322 §3.4: a name and an address, or an address.
	From    string        `yaml:"from" help:"Sender of our e-mails: 'Dialtone <no-reply@example.com>'." placeholder:"ADDRESS"`
	Timeout time.Duration `yaml:"timeout" help:"Longest time for handing one e-mail over." default:"15s"`
}

// How the connection to a mail server is encrypted.
const (
	TLSStart    = "starttls" // RFC 3207, required: where the server does not offer it, nothing is sent
	TLSImplicit = "tls"      // RFC 8314 §3.3: from the first byte
	TLSNone     = "none"     // to a loopback host only
)

const defaultSMTPTimeout = 15 * time.Second

// Check says what is wrong with the configuration and what to change. Error: ErrInvalid.
func (c SMTPConfig) Check() error {
	_, err := c.checked()
	return err
}

// smtpSettings are an SMTPConfig as it is used.
type smtpSettings struct {
	SMTPConfig
	host string
	from *mail.Address
}

// checked returns the configuration with its defaults and its environment filled in. Error: ErrInvalid.
func (c SMTPConfig) checked() (smtpSettings, error) {
	if c.TLS == "" {
		c.TLS = TLSStart
	}
	if c.Timeout == 0 {
		c.Timeout = defaultSMTPTimeout
	}
	host, port, err := net.SplitHostPort(c.Address)
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil, host == "", portErr != nil, number == 0:
		return smtpSettings{}, invalid("SMTP address %q is not of the form HOST:PORT: write it as mail.example.com:587", c.Address)
	case c.TLS != TLSStart && c.TLS != TLSImplicit && c.TLS != TLSNone:
		return smtpSettings{}, invalid("SMTP encryption %q is none of starttls, tls and none", c.TLS)
	case c.TLS == TLSNone && !dialtone.LoopbackHost(host):
		return smtpSettings{}, invalid("SMTP to %s is not encrypted: use starttls or tls; none is for a mail server on this machine only", host)
	case (c.Username == "") != (c.Password == ""):
		return smtpSettings{}, invalid("SMTP username and password go together: set both or none")
	case c.Timeout < shortestTimeout || c.Timeout > longestTimeout:
		return smtpSettings{}, invalid("--smtp-timeout is %s; choose %s to %s", c.Timeout, shortestTimeout, longestTimeout)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return smtpSettings{}, invalid("SMTP sender %q is not an address: write it as Dialtone <no-reply@example.com>", c.From)
	}
	if from.Address, err = writing.Email(from.Address); err != nil {
		return smtpSettings{}, invalid("SMTP sender %q is not an address: write it as Dialtone <no-reply@example.com>", c.From)
	}
	if c.Password, err = expandEnvironment(c.Password); err != nil {
		return smtpSettings{}, err
	}
	return smtpSettings{SMTPConfig: c, host: host, from: from}, nil
}

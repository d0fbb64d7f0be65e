package server

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
)

func good() Config {
	return Config{
		Issuer: "https://id.example.com", IdentityListen: ":443", PortalURL: "https://developers.example.com", PortalListen: ":8443",
		SMTP: message.SMTPConfig{Address: "mail.example.com:587", From: "no-reply@example.com"}, TLSCertificate: "chain.pem", TLSKey: "key.pem",
		Storage: Storage{Database: "sqlite:dialtone.db", RootKeyFile: "root.key"},
	}
}

func TestAGoodConfigurationIsAccepted(t *testing.T) {
	t.Parallel()
	behindProxy := good()
	behindProxy.TLSCertificate, behindProxy.TLSKey = "", ""
	behindProxy.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	onThisMachine := good()
	onThisMachine.PortalURL = "http://localhost:8081"
	onThisMachine.Issuer, onThisMachine.TLSCertificate, onThisMachine.TLSKey = "http://localhost:8080", "", ""
	for name, c := range map[string]Config{"TLS from files": good(), "behind a proxy": behindProxy, "on this machine": onThisMachine} {
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAConfigurationErrorSaysWhatToChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no issuer":            {func(c *Config) { c.Issuer = "" }, "set --issuer to the public address"},
		"no scheme":            {func(c *Config) { c.Issuer = "id.example.com" }, "write it as https://id.example.com"},
		"issuer with a path":   {func(c *Config) { c.Issuer = "https://example.com/id" }, "write it as https://example.com"},
		"slash at the end":     {func(c *Config) { c.Issuer = "https://example.com/" }, "write it as https://example.com"},
		"plain http":           {func(c *Config) { c.Issuer = "http://id.example.com" }, "use https"},
		"another scheme":       {func(c *Config) { c.Issuer = "ftp://id.example.com" }, "must begin with https://"},
		"half a certificate":   {func(c *Config) { c.TLSKey = "" }, "set both or none"},
		"two certificates":     {func(c *Config) { c.ACME = true }, "leave out"},
		"nobody speaks TLS":    {func(c *Config) { c.TLSCertificate, c.TLSKey = "", "" }, "--trusted-proxies"},
		"no root key":          {func(c *Config) { c.RootKeyFile = "" }, "dialtone keys root"},
		"two root keys":        {func(c *Config) { c.RootKey = "AAAA" }, "keep one of them"},
		"no identity address":  {func(c *Config) { c.IdentityListen = "" }, "set it to HOST:PORT"},
		"a contact":            {func(c *Config) { c.SecurityContacts = []string{"security@example.com"} }, "mailto:"},
		"no port":              {func(c *Config) { c.PortalListen = "localhost" }, "--portal-listen"},
		"no portal address":    {func(c *Config) { c.PortalURL = "" }, "set --portal-url"},
		"portal with a path":   {func(c *Config) { c.PortalURL = "https://example.com/portal" }, "has not the form"},
		"portal in the clear":  {func(c *Config) { c.PortalURL = "http://developers.example.com" }, "must begin with https://"},
		"no mail server":       {func(c *Config) { c.SMTP.Address = "" }, "set --smtp-address"},
		"mail in the clear":    {func(c *Config) { c.SMTP.TLS = "none" }, "not encrypted"},
		"events leave at once": {func(c *Config) { c.EventRetention = time.Second }, "--event-retention"},
		"too few connections":  {func(c *Config) { c.DatabaseConnections = 3 }, "--database-connections"},
		"a lock outlives":      {func(c *Config) { c.DatabaseLockTimeout = time.Minute }, "--database-lock-timeout"},
		"one port twice":       {func(c *Config) { c.ConsoleListen = ":443" }, "give each its own port"},
		"no such port":         {func(c *Config) { c.MetricsListen = ":99999" }, "a number from 1 to 65535"},
		"console address":      {func(c *Config) { c.ConsoleURL = "console.example.com" }, "https://console.example.com"},
		"ACME directory":       {func(c *Config) { c.ACMEDirectory = "ca.example.com" }, "https://ca.example.com/directory"},
		"ACME address":         {func(c *Config) { c.ACMEEmail = "nobody" }, "ops@example.com"},
		"negative limit":       {func(c *Config) { c.DailySMSLimit = -1 }, "write 0"},
		"SMS route's address":  {func(c *Config) { c.SMSRoutes = map[string]message.HTTPConfig{"main": {URL: "sms"}} }, "SMS route main"},
		"SMS route's name":     {func(c *Config) { c.SMSRoutes = map[string]message.HTTPConfig{"a/b": {}} }, "letters, digits"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good()
			test.change(&c)
			err := c.Check()
			if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a text with %q", err, test.want)
			}
		})
	}
}

func TestAllConfigurationErrorsAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	err := Config{}.Check()
	for _, want := range []string{"issuer", "root key", "--identity-listen"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to speak of %q too", err, want)
		}
	}
}

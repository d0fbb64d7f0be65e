package message

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// HTTPConfig describes a gateway that takes an SMS in one POST. It is one entry below sms-routes in the configuration file:
//
//	sms-routes:
//	  main:
//	    url: https://sms.example.com/v1/messages
//	    headers: {Authorization: "Bearer ${SMS_TOKEN}"}
//	    body: {to: "{to}", from: "{sender}", text: "{text}", validity: "{seconds}"}
//	    provider-id: messages.0.id
//
// Header values and secrets may name environment variables as ${NAME}, so that the file itself needs no secret.
type HTTPConfig struct {
	URL string `yaml:"url"`
	// Format is json (the default) or form.
	Format string `yaml:"format"`
	// Body is what is posted; every string in it may hold placeholders:
	// {id} {to} {to_digits} {sender} {text} {operator} {language} {seconds} {not_after}.
	// {to_digits} is the number without its plus sign, {seconds} how long the message is worth sending, {not_after} the same
	// as RFC 3339. "{seconds}" alone becomes a JSON number. The default is id, to, from, text and not_after.
	Body    map[string]any         `yaml:"body"`
	Headers map[string]secret.Text `yaml:"headers"`
	// Secret signs the request as Standard Webhooks does; empty: not signed.
	Secret secret.Text `yaml:"secret"`
	// ProviderID is the path of the gateway's message id in its JSON answer: names and list indexes joined by dots.
	ProviderID string        `yaml:"provider-id"`
	Timeout    time.Duration `yaml:"timeout"` // of one request; default 5 s
	// Idempotent says that the gateway honours the header Idempotency-Key. Then a request whose answer was lost is repeated.
	Idempotent bool         `yaml:"idempotent"`
	Status     StatusConfig `yaml:"status"`
}

const (
	formatJSON = "json"
	formatForm = "form"

	defaultTimeout = 5 * time.Second

	// Of every delivery: less is nobody's wish, but a number without its unit, and more holds up those that wait behind.
	shortestTimeout, longestTimeout = 10 * time.Millisecond, 5 * time.Minute
)

var defaultBody = map[string]any{
	"id": "{id}", "to": "{to}", "from": "{sender}", "text": "{text}", "not_after": "{not_after}",
}

// checked returns the configuration with its defaults and its environment filled in. Errors wrap ErrInvalid and say what to
// change.
func (c HTTPConfig) checked() (HTTPConfig, error) {
	if c.Format == "" {
		c.Format = formatJSON
	}
	if c.Body == nil {
		c.Body = defaultBody
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	address, err := url.Parse(c.URL)
	switch {
	case err != nil, address.Hostname() == "":
		// Without the address: its query may hold a password.
		return c, invalid("url is not an address: write it as https://sms.example.com/messages")
	case address.User != nil:
		return c, invalid("url has credentials before the host: put them into headers, as Authorization")
	case address.Scheme != "https" && (address.Scheme != "http" || !dialtone.LoopbackHost(address.Hostname())):
		return c, invalid("url of %s is not https; plain http is for loopback only", address.Hostname())
	case c.Format != formatJSON && c.Format != formatForm:
		return c, invalid("format %q is neither json nor form", c.Format)
	case c.Timeout < shortestTimeout || c.Timeout > longestTimeout:
		return c, invalid("timeout is %s; choose %s to %s", c.Timeout, shortestTimeout, longestTimeout)
	}
	headers := make(map[string]secret.Text, len(c.Headers))
	for name, value := range c.Headers {
		if headers[name], err = expandEnvironment(value); err != nil {
			return c, fmt.Errorf("header %s: %w", name, err)
		}
	}
	c.Headers = headers
	if c.Secret, err = expandEnvironment(c.Secret); err != nil {
		return c, fmt.Errorf("secret: %w", err)
	}
	return c, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", dialtone.ErrInvalid, fmt.Sprintf(format, args...))
}

// expandEnvironment replaces ${NAME} by the environment variable NAME, which must be set. A $ without a brace stays: it may
// belong to a password.
func expandEnvironment(value secret.Text) (secret.Text, error) {
	var out strings.Builder
	rest := value.Reveal()
	for {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if !found {
			return secret.Text(out.String()), nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return "", invalid("a ${ has no closing brace")
		}
		known, ok := os.LookupEnv(name)
		if !ok {
			return "", invalid("the environment variable %s is not set", name)
		}
		out.WriteString(known)
		rest = tail
	}
}

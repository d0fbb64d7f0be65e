package dialtone

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// ClientType is RFC 6749 §2.1: whether a client can keep a secret.
type ClientType string

const (
	ClientConfidential ClientType = "confidential"
	ClientPublic       ClientType = "public"
)

// AuthMethod is how a client authenticates at the token endpoint (OpenID Connect Core 1.0 §9).
type AuthMethod string

const (
	AuthBasic AuthMethod = "client_secret_basic"
	AuthPost  AuthMethod = "client_secret_post"
	AuthNone  AuthMethod = "none" // public clients
)

// Client is an OAuth client of a product.
type Client struct {
	ID        string
	ProductID string
	Type      ClientType // chosen once
	ClientSettings
	Secrets []ClientSecret
	Applied bool // an administrator's document put it there, not a developer
	Created time.Time
	Updated time.Time
}

// ClientSecret is one of a client's secrets. The secret itself is shown once and never kept.
type ClientSecret struct {
	ID       string
	Name     string
	Hash     string // secret.Hash of the secret
	Created  time.Time
	Expires  time.Time // zero: never
	LastUsed time.Time // zero: never; exact to a minute
}

// Live reports whether the secret is accepted at now.
func (s ClientSecret) Live(now time.Time) bool { return s.Expires.IsZero() || now.Before(s.Expires) }

// Public reports whether the client cannot keep a secret; such a client must use PKCE.
func (c Client) Public() bool { return c.Type == ClientPublic }

// IDTokenAlgorithms are the JWS algorithms that a client may choose (RFC 7518 §3.1, RFC 8037 §3.1).
var IDTokenAlgorithms = []string{"RS256", "ES256", "EdDSA"}

// Validate says what is wrong with the client, as an error that wraps ErrInvalid.
func (c Client) Validate() error {
	switch {
	case !ValidID(c.ID):
		return fmt.Errorf("client %q: %w: %s", c.ID, ErrInvalid, IDRule)
	case c.ProductID == "":
		return fmt.Errorf("client %s: %w: product is empty", c.ID, ErrInvalid)
	case c.Type != ClientConfidential && c.Type != ClientPublic:
		return fmt.Errorf("client %s: %w: type %q is neither confidential nor public", c.ID, ErrInvalid, c.Type)
	case c.Public() != (c.AuthMethod == AuthNone):
		return fmt.Errorf("client %s: %w: a public client authenticates with none, a confidential one with a secret", c.ID, ErrInvalid)
	case !slices.Contains([]AuthMethod{AuthBasic, AuthPost, AuthNone}, c.AuthMethod):
		return fmt.Errorf("client %s: %w: token endpoint authentication method %q is unknown", c.ID, ErrInvalid, c.AuthMethod)
	case !slices.Contains(IDTokenAlgorithms, c.IDTokenAlgorithm):
		return fmt.Errorf("client %s: %w: ID token algorithm %q is none of %s", c.ID, ErrInvalid, c.IDTokenAlgorithm, strings.Join(IDTokenAlgorithms, ", "))
	case !c.validRefreshGrace():
		return fmt.Errorf("client %s: %w: a refresh grace is 0 to %d seconds", c.ID, ErrInvalid, MostRefreshGraceSeconds)
	}
	for _, list := range [][]string{c.RedirectURIs, c.PostRevokeRedirectURIs, c.PostLogoutRedirectURIs} {
		for _, uri := range list {
			if err := CheckRedirectURI(uri); err != nil {
				return fmt.Errorf("client %s: %w", c.ID, err)
			}
		}
	}
	return nil
}

// RedirectURIError says why a redirect URI may not be registered. It wraps ErrInvalid.
type RedirectURIError struct {
	URI string
	Why string // what is wrong and what to change, from the words "it has" on
}

func (e *RedirectURIError) Error() string {
	return fmt.Sprintf("redirect URI %q: %v: %s", e.URI, ErrInvalid, e.Why)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *RedirectURIError) Unwrap() error { return ErrInvalid }

// CheckRedirectURI says whether uri may be registered as a redirect URI. Its error is a *RedirectURIError. Allowed are
// https, http to a loopback host, and private-use schemes with a dot in them (RFC 8252 §7.1).
func CheckRedirectURI(uri string) error {
	refuse := func(why string) error { return &RedirectURIError{URI: uri, Why: why} }
	switch {
	case uri == "":
		return refuse("it is empty")
	case len(uri) > 2048:
		return refuse("it is longer than 2048 characters; shorten it")
	case strings.ContainsFunc(uri, func(r rune) bool {
		return r > unicode.MaxASCII || unicode.IsControl(r) || unicode.IsSpace(r) || r == '\\'
	}):
		return refuse("it has a space, a backslash, a control or a non-ASCII character; encode it")
	case strings.Contains(uri, "#"):
		return refuse("it has a fragment (RFC 6749 §3.1.2); take away the # and what follows")
	case strings.Contains(uri, "*"):
		return refuse("it has a wildcard; register each address in full (RFC 9700 §2.1)")
	}
	parsed, err := url.Parse(uri)
	switch {
	case err != nil:
		return refuse("it is not a URI; write it as https://app.example.com/callback")
	case !parsed.IsAbs():
		return refuse("it is not absolute; begin with https://")
	case parsed.User != nil:
		return refuse("it has credentials before the host; take them away")
	}
	switch parsed.Scheme {
	case "https":
		if parsed.Hostname() == "" {
			return refuse("it has no host; write it as https://app.example.com/callback")
		}
	case "http":
		if !LoopbackHost(parsed.Hostname()) {
			return refuse("plain http is for loopback only; use https")
		}
	default:
		if !strings.Contains(parsed.Scheme, ".") {
			return refuse("an app's own scheme must have a dot, as com.example.app (RFC 8252 §7.1)")
		}
	}
	return nil
}

// LoopbackHost reports whether a host, without its port, names this machine: localhost, 127.0.0.0/8 or ::1.
func LoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

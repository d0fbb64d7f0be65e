package dialtone

import (
	"reflect"
	"slices"
	"time"
)

// ClientSettings are what developers choose of a client and may change. CONTRIBUTING.md says what a new one needs.
type ClientSettings struct {
	Description string
	AuthMethod  AuthMethod
	// The three lists are compared byte by byte with what a request brings (RFC 9700 §2.1).
	RedirectURIs           []string
	PostRevokeRedirectURIs []string
	PostLogoutRedirectURIs []string
	IDTokenAlgorithm       string // RS256, ES256 or EdDSA
	// RefreshGraceSeconds is how long a replaced refresh token still yields the same successor: 0 to MostRefreshGraceSeconds.
	// nil: as usual for the client's type, see Client.RefreshGrace.
	RefreshGraceSeconds *int
	// ClaimsInIDToken puts the claims of granted scopes into ID tokens, and not only into user info.
	ClaimsInIDToken bool
}

// ClientSetting is one of a client's settings.
type ClientSetting struct {
	Name  string // in JSON, forms, documents and the database
	Words string // for people
	At    any    // where its value is: *string, *AuthMethod, *[]string, **int or *bool
}

// Each lists the settings. Whatever reads, keeps, compares or shows them goes by this list.
func (s *ClientSettings) Each() []ClientSetting {
	return []ClientSetting{
		{"description", "description", &s.Description},
		{"auth_method", "authentication method", &s.AuthMethod},
		{"redirect_uris", "login redirect URIs", &s.RedirectURIs},
		{"post_revoke_redirect_uris", "post revoke consent redirect URIs", &s.PostRevokeRedirectURIs},
		{"post_logout_redirect_uris", "post logout redirect URIs", &s.PostLogoutRedirectURIs},
		{"id_token_algorithm", "ID token algorithm", &s.IDTokenAlgorithm},
		{"refresh_grace_seconds", "refresh grace", &s.RefreshGraceSeconds},
		{"claims_in_id_token", "claims in the ID token", &s.ClaimsInIDToken},
	}
}

// Same reports whether both have the same value of the same setting.
func (s ClientSetting) Same(other ClientSetting) bool {
	if list, ok := s.At.(*[]string); ok {
		return slices.Equal(*list, *other.At.(*[]string)) // no list is an empty one
	}
	return reflect.DeepEqual(s.At, other.At)
}

// How long a replaced refresh token still yields the same successor. A phone loses an answer when it loses the network; its
// app may try again only when somebody opens it the next time. Who authenticates gains nothing from a token that was copied.
const (
	UsualRefreshGrace       = 10 * time.Minute
	UsualRefreshGracePublic = 2 * time.Minute
	MostRefreshGraceSeconds = 3600
)

// RefreshGrace is how long a replaced refresh token of the client still yields the same successor; 0: not at all.
func (c Client) RefreshGrace() time.Duration {
	if c.RefreshGraceSeconds != nil {
		return time.Duration(*c.RefreshGraceSeconds) * time.Second
	}
	return c.Type.usualRefreshGrace()
}

func (t ClientType) usualRefreshGrace() time.Duration {
	if t == ClientPublic {
		return UsualRefreshGracePublic
	}
	return UsualRefreshGrace
}

// WithUsualSettings says nothing of what is as usual anyway: a default that is written out is no other setting.
func (c Client) WithUsualSettings() Client {
	if c.RefreshGrace() == c.Type.usualRefreshGrace() {
		c.RefreshGraceSeconds = nil
	}
	return c
}

func (c Client) validRefreshGrace() bool {
	s := c.RefreshGraceSeconds
	return s == nil || *s >= 0 && *s <= MostRefreshGraceSeconds
}

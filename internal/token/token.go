// Package token mints what the server hands out and opens what comes back: access tokens, codes, revoke links, refresh
// tokens, ID tokens and pairwise subjects.
//
// It owns their forms. It refuses to know who may have one and whether it still works: expiry, revocation and
// single use are for the caller, against the clock and the database.
//
//	Access, Code, RevokeLink   sealed: what they say is inside, encrypted; nothing is stored
//	Refresh                    random, with a tag that proves that we made it; the grant keeps the hash of the live one
//	IDToken                    a signed JWT (OpenID Connect Core 1.0 §2); SigningKeys publishes the keys
//	Subject, SessionID         a keyed hash for each product (OpenID Connect Core 1.0 §8.1)
package token

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// The prefixes of what leaves the server, by which leak scanners find it.
const (
	PrefixAccess       = "dt_at_"
	PrefixRefresh      = "dt_rt_"
	PrefixCode         = "dt_ac_"
	PrefixRevokeLink   = "dt_rl_"
	PrefixClientSecret = "dt_cs_"
	PrefixAPIKey       = "dt_ak_"
)

// Minter makes and opens tokens. It is safe for concurrent use and sees a rotation of the keys at once.
type Minter struct {
	secrets *secret.Keys
	signing *SigningKeys
	issuer  string
	queue   queue
}

// NewMinter makes a Minter. The issuer is the iss of ID tokens, an https URL without a slash at its end.
func NewMinter(secrets *secret.Keys, signing *SigningKeys, issuer string) *Minter {
	return &Minter{secrets: secrets, signing: signing, issuer: issuer, queue: make(queue, runtime.GOMAXPROCS(0))}
}

// seal makes a token of what w holds.
func (m *Minter) seal(prefix string, label secret.Label, w writer) string {
	return string(m.secrets.AppendSeal([]byte(prefix), label, w))
}

// open returns a reader of what seal put in. Error: ErrInvalid if it was not made by seal with that label.
func (m *Minter) open(prefix string, label secret.Label, text string) (*reader, error) {
	sealed, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return nil, secret.ErrSeal
	}
	plain, err := m.secrets.Open(label, sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s…: %w", prefix, err)
	}
	return newReader(plain), nil
}

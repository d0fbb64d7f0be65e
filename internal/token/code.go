package token

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// Code is what an authorization code says. Nothing is stored until it is redeemed: then its id becomes the grant's, and
// the second grant with that id is the replay (RFC 6749 §4.1.2).
type Code struct {
	ID               string
	ClientID         string
	ProductID        string
	RedirectURI      string
	RedirectURIGiven bool   // the request brought redirect_uri, so the redemption must too (RFC 6749 §4.1.3)
	CodeChallenge    string // RFC 7636, S256; empty without PKCE
	Nonce            string
	Scopes           []string // as granted
	OperatorID       string
	SubscriptionID   string
	SessionID        string
	ConsentID        string
	AMR              []string
	AuthTime         time.Time // this and Expires to the microsecond, UTC
	Expires          time.Time
	Claims           string // the request's claims parameter, JSON; empty when none
}

// Code makes an authorization code.
func (m *Minter) Code(c Code) string {
	w := newWriter(len(c.RedirectURI) + len(c.Nonce) + len(c.Claims) + 512)
	w.text(c.ID)
	w.text(c.ClientID)
	w.text(c.ProductID)
	w.text(c.RedirectURI)
	w.flag(c.RedirectURIGiven)
	w.text(c.CodeChallenge)
	w.text(c.Nonce)
	w.texts(c.Scopes)
	w.text(c.OperatorID)
	w.text(c.SubscriptionID)
	w.text(c.SessionID)
	w.text(c.ConsentID)
	w.texts(c.AMR)
	w.time(c.AuthTime)
	w.time(c.Expires)
	w.text(c.Claims)
	return m.seal(PrefixCode, secret.LabelCode, w)
}

// OpenCode returns what a code says, expired or not, spent or not. Error: ErrInvalid if we did not make it.
func (m *Minter) OpenCode(text string) (Code, error) {
	r, err := m.open(PrefixCode, secret.LabelCode, text)
	if err != nil {
		return Code{}, err
	}
	c := Code{
		ID:               r.text(),
		ClientID:         r.text(),
		ProductID:        r.text(),
		RedirectURI:      r.text(),
		RedirectURIGiven: r.flag(),
		CodeChallenge:    r.text(),
		Nonce:            r.text(),
		Scopes:           r.texts(),
		OperatorID:       r.text(),
		SubscriptionID:   r.text(),
		SessionID:        r.text(),
		ConsentID:        r.text(),
		AMR:              r.texts(),
		AuthTime:         r.time(),
		Expires:          r.time(),
		Claims:           r.text(),
	}
	if err := r.end(); err != nil {
		return Code{}, err
	}
	return c, nil
}

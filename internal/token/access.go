package token

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// Access is what an access token says. Clients cannot read it.
type Access struct {
	ID             string
	GrantID        string // empty for a client's own token (RFC 6749 §4.4), as are the three ids at the end
	ClientID       string
	ProductID      string
	OperatorID     string
	SubscriptionID string
	SessionID      string
	Scopes         []string
	Claims         string    // the request's claims parameter, JSON; empty when none
	Issued         time.Time // this and Expires to the microsecond, UTC
	Expires        time.Time
}

// Expired reports whether the token's time is over at now.
func (a Access) Expired(now time.Time) bool { return !now.Before(a.Expires) }

// Access makes an access token.
func (m *Minter) Access(a Access) string {
	size := len(a.ID) + len(a.GrantID) + len(a.ClientID) + len(a.ProductID) + len(a.OperatorID) +
		len(a.SubscriptionID) + len(a.SessionID) + len(a.Claims)
	for _, scope := range a.Scopes {
		size += len(scope) + 1
	}
	w := newWriter(size)
	w.text(a.ID)
	w.text(a.GrantID)
	w.text(a.ClientID)
	w.text(a.ProductID)
	w.text(a.OperatorID)
	w.text(a.SubscriptionID)
	w.text(a.SessionID)
	w.texts(a.Scopes)
	w.text(a.Claims)
	w.time(a.Issued)
	w.time(a.Expires)
	return m.seal(PrefixAccess, secret.LabelAccess, w)
}

// OpenAccess returns what an access token says, expired or not. Error: ErrInvalid if we did not make it.
func (m *Minter) OpenAccess(text string) (Access, error) {
	r, err := m.open(PrefixAccess, secret.LabelAccess, text)
	if err != nil {
		return Access{}, err
	}
	a := Access{
		ID:             r.text(),
		GrantID:        r.text(),
		ClientID:       r.text(),
		ProductID:      r.text(),
		OperatorID:     r.text(),
		SubscriptionID: r.text(),
		SessionID:      r.text(),
		Scopes:         r.texts(),
		Claims:         r.text(),
		Issued:         r.time(),
		Expires:        r.time(),
	}
	if err := r.end(); err != nil {
		return Access{}, err
	}
	return a, nil
}

package token

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// RevokeLink is what a revoke-consent link says: on it a person can remove the product, once.
type RevokeLink struct {
	ID             string
	ClientID       string // whose link it is
	ProductID      string
	OperatorID     string
	SubscriptionID string
	RedirectTo     string // where the browser goes afterwards
	State          string // comes back with it
	Expires        time.Time
}

// RevokeLink makes the secret part of a link.
func (m *Minter) RevokeLink(l RevokeLink) string {
	w := newWriter(len(l.RedirectTo) + len(l.State) + 256)
	w.text(l.ID)
	w.text(l.ClientID)
	w.text(l.ProductID)
	w.text(l.OperatorID)
	w.text(l.SubscriptionID)
	w.text(l.RedirectTo)
	w.text(l.State)
	w.time(l.Expires)
	return m.seal(PrefixRevokeLink, secret.LabelRevokeLink, w)
}

// OpenRevokeLink returns what a link says, expired or not, used or not. Error: ErrInvalid if we did not make it.
func (m *Minter) OpenRevokeLink(text string) (RevokeLink, error) {
	r, err := m.open(PrefixRevokeLink, secret.LabelRevokeLink, text)
	if err != nil {
		return RevokeLink{}, err
	}
	l := RevokeLink{
		ID:             r.text(),
		ClientID:       r.text(),
		ProductID:      r.text(),
		OperatorID:     r.text(),
		SubscriptionID: r.text(),
		RedirectTo:     r.text(),
		State:          r.text(),
		Expires:        r.time(),
	}
	if err := r.end(); err != nil {
		return RevokeLink{}, err
	}
	return l, nil
}

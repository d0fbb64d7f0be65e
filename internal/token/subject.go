package token

import (
	"encoding/base64"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// pairwiseSize is the length of a pairwise id in bytes: 24 make 32 characters of base64url, and no two meet by chance.
const pairwiseSize = 24

// Subject returns the sub of a line as the clients of one product see it (OpenID Connect Core 1.0 §8.1). The same line
// has another one at every other product, and nobody without the key can tell that they belong together. It never
// changes, whatever the line's number does.
func (m *Minter) Subject(productID, subscriptionID string) string {
	return m.pairwise(secret.LabelSubject, productID, subscriptionID)
}

// SessionID returns the sid of a browser session as the clients of one product see it; empty for no session.
func (m *Minter) SessionID(productID, sessionID string) string {
	if sessionID == "" {
		return ""
	}
	return m.pairwise(secret.LabelSessionID, productID, sessionID)
}

func (m *Minter) pairwise(label secret.Label, productID, id string) string {
	return base64.RawURLEncoding.EncodeToString(m.secrets.Fixed(label, productID, id)[:pairwiseSize])
}

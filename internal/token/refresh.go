package token

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// The form of a refresh token, in base64url without padding:
//
//	version | key id | grant id | generation | secret (32) | tag (16)
//
// The tag is a keyed hash of all before it. So any token that we ever made is recognised, however old: one whose successor
// is in use is reuse and not garbage (RFC 9700 §4.14.2), and garbage costs no database read.
const (
	refreshSecretSize = 32
	refreshTagSize    = 16
)

// Refresh is a refresh token that we made, of whatever generation. Whether it is the live one is in its grant.
type Refresh struct {
	GrantID    string
	Generation int // 0 from the code, then one more with each rotation
	keyID      string
	secret     string
}

// String names the token without its secret.
func (r Refresh) String() string {
	return fmt.Sprintf("refresh token %d of %s", r.Generation, r.GrantID)
}

// Format hides the secret for every verb.
func (r Refresh) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// NewRefresh makes the first refresh token of a grant and its hash, which the grant keeps.
func (m *Minter) NewRefresh(grantID string) (text, hash string) {
	return m.refresh(Refresh{
		GrantID: grantID,
		keyID:   m.secrets.CurrentID(),
		secret:  string(secret.Bytes(refreshSecretSize)),
	})
}

// SuccessorRefresh makes the token that replaces r, and its hash. It is derived, not random: the same call again, on
// whichever node, gives the same token, so that a client that lost the answer gets it again on its next try.
func (m *Minter) SuccessorRefresh(r Refresh) (text, hash string) {
	return m.refresh(Refresh{
		GrantID:    r.GrantID,
		Generation: r.Generation + 1,
		keyID:      m.secrets.Carry(r.keyID),
		secret:     string(m.refreshMAC(r.keyID, secret.LabelRefreshNext, r.GrantID, strconv.Itoa(r.Generation), r.secret)),
	})
}

func (m *Minter) refresh(r Refresh) (text, hash string) {
	w := newWriter(len(r.keyID) + len(r.GrantID) + refreshSecretSize + refreshTagSize)
	w.text(r.keyID)
	w.text(r.GrantID)
	w.number(r.Generation)
	w = append(w, r.secret...)
	w = append(w, m.refreshMAC(r.keyID, secret.LabelRefresh, string(w))[:refreshTagSize]...)
	text = string(base64.RawURLEncoding.AppendEncode([]byte(PrefixRefresh), w))
	return text, secret.Hash(text)
}

// refreshMAC falls back on the current key for one that was withdrawn since the token was opened a moment ago: the
// successor is good all the same, only a retry would not find it again.
func (m *Minter) refreshMAC(keyID string, label secret.Label, parts ...string) []byte {
	if mac, ok := m.secrets.MACWith(keyID, label, parts...); ok {
		return mac
	}
	return m.secrets.MAC(label, parts...)
}

// OpenRefresh recognises a refresh token. Error: ErrInvalid if we did not make it, or if its key is gone.
func (m *Minter) OpenRefresh(text string) (Refresh, error) {
	refuse := fmt.Errorf("not a refresh token of this server: %w", dialtone.ErrInvalid)
	encoded, ok := strings.CutPrefix(text, PrefixRefresh)
	if !ok {
		return Refresh{}, refuse
	}
	raw, err := secret.Decode(encoded)
	if err != nil || len(raw) < refreshTagSize {
		return Refresh{}, refuse
	}
	body, tag := raw[:len(raw)-refreshTagSize], raw[len(raw)-refreshTagSize:]
	in := newReader(body)
	r := Refresh{keyID: in.text(), GrantID: in.text(), Generation: in.number(), secret: in.take(refreshSecretSize)}
	if in.end() != nil {
		return Refresh{}, refuse
	}
	mac, ok := m.secrets.MACWith(r.keyID, secret.LabelRefresh, in.all)
	if !ok || subtle.ConstantTimeCompare(mac[:refreshTagSize], tag) != 1 {
		return Refresh{}, refuse
	}
	return r, nil
}

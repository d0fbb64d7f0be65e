package secret

import (
	"crypto/cipher"
	"fmt"
	"io"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Root is the key that encrypts all others. It comes from a file or the environment and is in no database; who has lost
// it can read nothing any more. It is made by NewRoot or ParseRoot, and prints redacted.
type Root struct {
	material Text
	aead     cipher.AEAD
}

// NewRoot makes a random root key.
func NewRoot() Root { return newRoot(Bytes(KeySize)) }

// ParseRoot reads a root key: 32 bytes in base64 or base64url, padded or not, as Text and "openssl rand -base64 32" write
// it. Error: ErrInvalid, which does not repeat the text.
func ParseRoot(text string) (Root, error) {
	plain := strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
	raw, err := Decode(plain)
	if err != nil || len(raw) != KeySize {
		return Root{}, fmt.Errorf("%w: a root key is %d bytes in base64", dialtone.ErrInvalid, KeySize)
	}
	return newRoot(raw), nil
}

func newRoot(raw []byte) Root {
	return Root{material: Text(encoding.EncodeToString(raw)), aead: newAEAD(expand(raw, "dialtone root: wrap"))}
}

// Text returns the key as ParseRoot reads it: 43 characters of base64url.
func (r Root) Text() Text { return r.material }

// Wrap encrypts a key under the root key. The name says which key it is and is needed again to unwrap it, so that one
// wrapped key cannot be put in another's place.
func (r Root) Wrap(name string, plaintext []byte) string {
	nonce := make([]byte, nonceSize, nonceSize+len(plaintext)+r.aead.Overhead())
	fill(nonce)
	return encoding.EncodeToString(r.aead.Seal(nonce, nonce, plaintext, []byte(name)))
}

// Unwrap returns what was wrapped under the same root key and name. Error: ErrSeal.
func (r Root) Unwrap(name, wrapped string) ([]byte, error) {
	raw, err := Decode(wrapped)
	if err != nil || len(raw) < nonceSize {
		return nil, ErrSeal
	}
	plaintext, err := r.aead.Open(nil, raw[:nonceSize], raw[nonceSize:], []byte(name))
	if err != nil {
		return nil, ErrSeal
	}
	return plaintext, nil
}

// String redacts.
func (Root) String() string { return "[redacted]" }

// Format redacts for every verb.
func (r Root) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

package secret

import (
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// ErrSeal says that a text was not sealed by us for this use, was changed on its way, or is under a key that is gone. It
// wraps dialtone.ErrInvalid and does not say which, since only a forger would profit.
var ErrSeal = fmt.Errorf("not sealed by this server for this use: %w", dialtone.ErrInvalid)

// The form of what is sealed, in base64url without padding:
//
//	version (1) | length of the key id (1) | key id | nonce (24) | ciphertext and tag (length of the plaintext + 16)
//
// The part before the nonce is authenticated as well.
const (
	sealVersion = 1
	headerSize  = 2
	nonceSize   = chacha20poly1305.NonceSizeX // random nonces of 192 bits do not meet
)

var encoding = base64.RawURLEncoding.Strict()

// Decode reads base64url without padding, where every value has one spelling only: no spare bits in the last character,
// and none of the line breaks that the standard library skips. Error: ErrInvalid.
func Decode(text string) ([]byte, error) {
	raw, err := encoding.DecodeString(text)
	if err != nil || encoding.EncodedLen(len(raw)) != len(text) {
		return nil, fmt.Errorf("%w: not base64url", dialtone.ErrInvalid)
	}
	return raw, nil
}

// Seal encrypts and authenticates the plaintext under the current key. The result is base64url and may go through a
// browser, a client or the database.
func (k *Keys) Seal(label Label, plaintext []byte) string {
	return string(k.AppendSeal(nil, label, plaintext))
}

// AppendSeal is Seal, appending to dst.
func (k *Keys) AppendSeal(dst []byte, label Label, plaintext []byte) []byte {
	return k.set.Load().current.appendSeal(dst, label, plaintext)
}

// SealLasting is Seal under the key that there is for ever, for what stays in the database for years. What it seals outlives
// every rotation, so that a key which leaked does, too: use Seal for everything that ends.
func (k *Keys) SealLasting(label Label, plaintext []byte) string {
	return string(k.set.Load().fixed.appendSeal(nil, label, plaintext))
}

func (k *key) appendSeal(dst []byte, label Label, plaintext []byte) []byte {
	var nonce [nonceSize]byte
	fill(nonce[:])
	return k.appendSealed(dst, label, nonce[:], plaintext)
}

// appendSealed seals under a nonce that comes with no other plaintext.
func (k *key) appendSealed(dst []byte, label Label, nonce, plaintext []byte) []byte {
	header := headerSize + len(k.id)
	raw := make([]byte, header+nonceSize, header+nonceSize+len(plaintext)+chacha20poly1305.Overhead)
	raw[0], raw[1] = sealVersion, byte(len(k.id))
	copy(raw[headerSize:], k.id)
	copy(raw[header:], nonce)
	raw = k.under(label).aead.Seal(raw, nonce, plaintext, raw[:header])
	return encoding.AppendEncode(dst, raw)
}

// Open returns what was sealed under the same label, by whichever key that is not retired. Error: ErrSeal.
func (k *Keys) Open(label Label, sealed string) ([]byte, error) {
	return open(label, sealed, func(id []byte) *key { return k.set.Load().sealing[string(id)] })
}

// OpenLasting returns what SealLasting sealed under the same label. Error: ErrSeal.
func (k *Keys) OpenLasting(label Label, sealed string) ([]byte, error) {
	return open(label, sealed, func(id []byte) *key {
		if fixed := k.set.Load().fixed; fixed.id == string(id) {
			return fixed
		}
		return nil
	})
}

// open takes the key that is found by the id in the text; nil: there is none.
func open(label Label, sealed string, find func(id []byte) *key) ([]byte, error) {
	raw, err := Decode(sealed)
	if err != nil || len(raw) < headerSize || raw[0] != sealVersion {
		return nil, ErrSeal
	}
	header := headerSize + int(raw[1])
	if len(raw) < header+nonceSize+chacha20poly1305.Overhead {
		return nil, ErrSeal
	}
	key := find(raw[headerSize:header])
	if key == nil {
		return nil, ErrSeal
	}
	nonce, box := raw[header:header+nonceSize], raw[header+nonceSize:]
	plaintext, err := key.under(label).aead.Open(box[:0], nonce, box, raw[:header])
	if err != nil {
		return nil, ErrSeal
	}
	return plaintext, nil
}

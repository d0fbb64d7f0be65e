// Package secret makes and guards everything that must not be guessed: random ids and digits, hashes, and what is
// sealed or keyed under the data keys.
//
// It owns the cryptography of the server apart from signatures. It refuses to know what is sealed, who may open it and
// when a key is made: the keys package does that.
//
//	Root ── wraps ──▶ DataKey ─┬─ HKDF(label) ──▶ Seal, Open    XChaCha20-Poly1305
//	                           └─ HKDF(label) ──▶ MAC, Fixed    HMAC-SHA-256
//
// Every use has its own Label and so its own key: what was sealed as a code can never be opened as an access token.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Text is dialtone.Secret, under the name that most of the house uses.
type Text = dialtone.Secret

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID returns a new id: the prefix, an underscore and 26 lower-case letters and digits (128 random bits). An id names
// a thing; it is no proof of anything.
func ID(prefix string) string {
	const random, length = 16, 26
	var raw [random]byte
	fill(raw[:])
	text := make([]byte, len(prefix)+1+length)
	copy(text, prefix)
	text[len(prefix)] = '_'
	lowerBase32.Encode(text[len(prefix)+1:], raw[:])
	return string(text)
}

// DerivedID is an ID that follows from the parts: every node makes the same of them, and nobody finds the parts in it.
func DerivedID(prefix string, parts ...string) string {
	const length = 16 // bytes, as in ID
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // no two lists of parts run together
		sum.Write([]byte(part))
	}
	return prefix + "_" + lowerBase32.EncodeToString(sum.Sum(nil)[:length])
}

// Token returns a new secret: the prefix and 43 characters of base64url (256 random bits).
func Token(prefix string) Text {
	return Text(prefix + base64.RawURLEncoding.EncodeToString(Bytes(32)))
}

// Bytes returns n random bytes.
func Bytes(n int) []byte {
	raw := make([]byte, n)
	fill(raw)
	return raw
}

// fill makes all of b random. It cannot fail: without randomness the standard library ends the program.
func fill(b []byte) { _, _ = rand.Read(b) }

// Digits returns n decimal digits, every number of that length equally likely, leading zeros kept.
func Digits(n int) Text {
	const fair = 250 // the largest multiple of ten in a byte: 250…255 would favour the digits 0…5
	text := make([]byte, 0, n)
	for len(text) < n {
		for _, b := range Bytes(n - len(text)) {
			if b < fair {
				text = append(text, '0'+b%10)
			}
		}
	}
	return Text(text)
}

// Hash returns the SHA-256 of s in base64url without padding: how the database keeps secrets of 256 random bits.
// It is too fast for anything that a person can guess.
func Hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Equal compares two secrets, or their hashes, in a time that tells nothing but whether their lengths differ.
func Equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

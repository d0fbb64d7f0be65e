package account

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// authenticator is a device that holds one passkey, and the browser that it is in.
type authenticator struct {
	t       *testing.T
	origin  string // of the page that the browser shows
	rpID    string
	id      []byte
	key     *ecdsa.PrivateKey
	account []byte // the user handle that it was made for
	count   uint32 // of signatures; the next one counts one more, unless it stands still
	still   bool   // it does not count, as those that lie in a cloud
}

// newAuthenticator is one in a browser that shows the portal.
func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{t: t, origin: origin, rpID: "developers.example.com", id: secret.Bytes(32), key: key}
}

// Flags of authenticator data, WebAuthn §6.1.
const (
	userPresent, userVerified, withKey = 0x01, 0x04, 0x40
)

// create answers navigator.credentials.create.
func (a *authenticator) create(options json.RawMessage) []byte {
	a.t.Helper()
	var asked struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}
	a.parse(options, &asked)
	a.account = a.decode(asked.PublicKey.User.ID)
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	// RFC 9052 §7: key type EC2, algorithm ES256, curve P-256, x, y.
	key := a.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	made := slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(a.id))), a.id, key)
	return a.answer(map[string]any{
		"clientDataJSON": encode(a.clientData("webauthn.create", asked.PublicKey.Challenge)),
		"attestationObject": encode(a.cbor(map[string]any{
			"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(userPresent|userVerified|withKey, made),
		})),
		"transports": []string{"internal"},
	})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(options json.RawMessage) []byte {
	a.t.Helper()
	var asked struct{ PublicKey struct{ Challenge string } }
	a.parse(options, &asked)
	if !a.still {
		a.count++
	}
	clientData := a.clientData("webauthn.get", asked.PublicKey.Challenge)
	data := a.data(userPresent|userVerified, nil)
	hash := sha256.Sum256(clientData)
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": encode(clientData), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": encode(a.account),
	})
}

// data is authenticator data, WebAuthn §6.1.
func (a *authenticator) data(flags byte, rest []byte) []byte {
	hash := sha256.Sum256([]byte(a.rpID))
	return slices.Concat(hash[:], []byte{flags}, binary.BigEndian.AppendUint32(nil, a.count), rest)
}

func (a *authenticator) clientData(kind, challenge string) []byte {
	return a.json(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
}

// answer is a credential as toJSON() writes it, with an extension that nobody asked for.
func (a *authenticator) answer(response map[string]any) []byte {
	return a.json(map[string]any{
		"id": encode(a.id), "rawId": encode(a.id), "type": "public-key", "response": response, "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}},
	})
}

func (a *authenticator) parse(options json.RawMessage, into any) {
	a.t.Helper()
	if err := json.Unmarshal(options, into); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authenticator) decode(text string) []byte {
	a.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

func (a *authenticator) json(value any) []byte {
	a.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func (a *authenticator) cbor(value any) []byte {
	a.t.Helper()
	raw, err := webauthncbor.Marshal(value)
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

package token

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// DefaultAlgorithm signs for clients that chose nothing (OpenID Connect Core 1.0 §2: id_token_signed_response_alg).
const DefaultAlgorithm = "RS256"

// SigningKey is a key that signs ID tokens.
type SigningKey struct {
	Algorithm string        // one of dialtone.IDTokenAlgorithms
	Private   crypto.Signer // *rsa.PrivateKey, *ecdsa.PrivateKey on P-256 or ed25519.PrivateKey
	Active    time.Time     // signs from then on, until a newer key does; published before
	Retired   time.Time     // no longer published from then on; zero: not decided
}

// GenerateSigningKey makes a new private key. Error: ErrInvalid for an algorithm that is not in dialtone.IDTokenAlgorithms.
func GenerateSigningKey(algorithm string) (crypto.Signer, error) {
	const rsaBits = 2048
	switch algorithm {
	case "RS256":
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("signing key: %w: algorithm %q is not offered", dialtone.ErrInvalid, algorithm)
}

// PublicJWK returns the public key as it is published (RFC 7517 §4), JSON.
func (k SigningKey) PublicJWK() ([]byte, error) {
	jwk, err := k.jwk()
	if err != nil {
		return nil, err
	}
	return json.Marshal(jwk)
}

// jwk names the key by its thumbprint (RFC 7638), so that one kid never means two keys, whatever became of a database.
func (k SigningKey) jwk() (jose.JSONWebKey, error) {
	jwk := jose.JSONWebKey{Key: k.Private.Public(), Algorithm: k.Algorithm, Use: "sig"}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("thumbprint of a signing key: %w", err)
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	return jwk, nil
}

// SigningKeys are the keys that ID tokens are signed with and checked against. It is safe for concurrent use, and Replace
// swaps the set as a whole.
type SigningKeys struct {
	set atomic.Pointer[signingSet]
}

type signingSet struct {
	published map[string]signer // by kid
	current   map[string]signer // by algorithm
	jwks      []byte
}

// signer is a key made ready.
type signer struct {
	algorithm string
	public    jose.JSONWebKey
	jws       jose.Signer // keeps no state between signatures, so that many may sign at once
}

// NewSigningKeys makes the set from the keys that are not retired at now. Error: ErrInvalid if a key does not fit its
// algorithm, or if none can sign RS256.
func NewSigningKeys(keys []SigningKey, now time.Time) (*SigningKeys, error) {
	s := new(SigningKeys)
	if err := s.Replace(keys, now); err != nil {
		return nil, err
	}
	return s, nil
}

// Replace puts another set in the place of the present one, which stays if there is an error. Errors: as NewSigningKeys.
func (s *SigningKeys) Replace(keys []SigningKey, now time.Time) error {
	set := &signingSet{published: make(map[string]signer), current: make(map[string]signer)}
	keys = slices.SortedStableFunc(slices.Values(keys), func(a, b SigningKey) int {
		return cmp.Or(a.Active.Compare(b.Active), cmp.Compare(a.Algorithm, b.Algorithm))
	})
	var jwks jose.JSONWebKeySet
	for _, key := range keys {
		if !key.Retired.IsZero() && !now.Before(key.Retired) {
			continue
		}
		ready, err := key.ready()
		if err != nil {
			return err
		}
		set.published[ready.public.KeyID] = ready
		jwks.Keys = append(jwks.Keys, ready.public)
		// Where none is active yet our clock is wrong, and the oldest, which comes first, is the best there is.
		if _, ok := set.current[key.Algorithm]; !ok || !key.Active.After(now) {
			set.current[key.Algorithm] = ready
		}
	}
	// OpenID Connect Core 1.0 §15.1: RS256 is the one algorithm that every provider must offer.
	if _, ok := set.current[DefaultAlgorithm]; !ok {
		return fmt.Errorf("signing keys: %w: there is none for %s", dialtone.ErrInvalid, DefaultAlgorithm)
	}
	// RSA first: old libraries warn of the first key of a kind that they do not know, and then try no other.
	slices.SortStableFunc(jwks.Keys, func(a, b jose.JSONWebKey) int { return cmp.Compare(rank(a.Algorithm), rank(b.Algorithm)) })
	var err error
	if set.jwks, err = json.Marshal(jwks); err != nil {
		return fmt.Errorf("render the published keys: %w", err)
	}
	s.set.Store(set)
	return nil
}

// rank is the place of an algorithm among the published keys.
func rank(algorithm string) int { return slices.Index(dialtone.IDTokenAlgorithms, algorithm) }

func (k SigningKey) ready() (signer, error) {
	public, err := k.jwk()
	if err != nil {
		return signer{}, err
	}
	jws, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(k.Algorithm),
		Key:       jose.JSONWebKey{Key: k.Private, KeyID: public.KeyID},
	}, new(jose.SignerOptions).WithType(idTokenType))
	if err != nil {
		return signer{}, fmt.Errorf("signing key %s: %w: it does not fit %s: %w", public.KeyID, dialtone.ErrInvalid, k.Algorithm, err)
	}
	return signer{algorithm: k.Algorithm, public: public, jws: jws}, nil
}

// JWKS returns the published keys (RFC 7517 §5), JSON. The slice is shared: do not change it.
func (s *SigningKeys) JWKS() []byte { return s.set.Load().jwks }

package token

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const (
	idTokenType = "JWT"
	maxIDToken  = 16 << 10 // bytes; ours are far shorter
)

// IDToken is what an ID token says (OpenID Connect Core 1.0 §2).
type IDToken struct {
	Subject     string // see Minter.Subject
	Audience    string // the client's id
	Nonce       string
	ACR         string
	AMR         []string
	SessionID   string // see Minter.SessionID
	AccessToken string // the one that is issued with it; at_hash is made of it
	AuthTime    time.Time
	Issued      time.Time
	Expires     time.Time
	PhoneNumber dialtone.PhoneNumber // empty: no phone claims
}

// idTokenClaims is the payload of the JWT. Times are in seconds.
type idTokenClaims struct {
	Issuer              string   `json:"iss"`
	Subject             string   `json:"sub"`
	Audience            string   `json:"aud"`
	Expires             int64    `json:"exp"`
	Issued              int64    `json:"iat"`
	AuthTime            int64    `json:"auth_time,omitempty"`
	Nonce               string   `json:"nonce,omitempty"`
	ACR                 string   `json:"acr,omitempty"`
	AMR                 []string `json:"amr,omitempty"`
	AccessTokenHash     string   `json:"at_hash,omitempty"`
	SessionID           string   `json:"sid,omitempty"`
	PhoneNumber         string   `json:"phone_number,omitempty"`
	PhoneNumberVerified bool     `json:"phone_number_verified,omitempty"` // always, since the number is how one signs in
}

// IDToken signs an ID token; an empty algorithm is RS256. RSA signatures wait their turn, so that they leave time to
// everything else. Errors: that of ctx if it ends first, ErrInvalid if there is no key for the algorithm.
func (m *Minter) IDToken(ctx context.Context, algorithm string, t IDToken) (string, error) {
	if algorithm == "" {
		algorithm = DefaultAlgorithm
	}
	key, ok := m.signing.set.Load().current[algorithm]
	if !ok {
		return "", fmt.Errorf("ID token: %w: there is no key for algorithm %q", dialtone.ErrInvalid, algorithm)
	}
	claims := idTokenClaims{
		Issuer:              m.issuer,
		Subject:             t.Subject,
		Audience:            t.Audience,
		Expires:             t.Expires.Unix(),
		Issued:              t.Issued.Unix(),
		Nonce:               t.Nonce,
		ACR:                 t.ACR,
		AMR:                 t.AMR,
		AccessTokenHash:     accessTokenHash(algorithm, t.AccessToken),
		SessionID:           t.SessionID,
		PhoneNumber:         t.PhoneNumber.E164(),
		PhoneNumberVerified: t.PhoneNumber != "",
	}
	if !t.AuthTime.IsZero() {
		claims.AuthTime = t.AuthTime.Unix()
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("ID token: %w", err)
	}
	return m.sign(ctx, key, payload)
}

func (m *Minter) sign(ctx context.Context, key signer, payload []byte) (string, error) {
	var (
		signed *jose.JSONWebSignature
		err    error
	)
	work := func() { signed, err = key.jws.Sign(payload) }
	if key.algorithm == DefaultAlgorithm {
		if err := m.queue.do(ctx, work); err != nil {
			return "", err
		}
	} else {
		work() // thirty times cheaper: waiting would cost more
	}
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed.CompactSerialize()
}

// accessTokenHash is OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash that the signature's algorithm uses.
// EdDSA on Ed25519 uses SHA-512 (RFC 8032 §5.1).
func accessTokenHash(algorithm, accessToken string) string {
	if accessToken == "" {
		return ""
	}
	if algorithm == "EdDSA" {
		sum := sha512.Sum512([]byte(accessToken))
		return base64.RawURLEncoding.EncodeToString(sum[:sha512.Size/2])
	}
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}

// IDTokenHint is what an ID token of ours says of whom it was for.
type IDTokenHint struct {
	Subject   string
	Audience  string
	SessionID string
}

var hintAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA}

// VerifyIDTokenHint reads an ID token that comes back as id_token_hint. It must bear our signature by any published key;
// that it has expired does not matter (OpenID Connect RP-Initiated Logout 1.0 §2, OpenID Connect Core 1.0 §3.1.2.1).
// Error: ErrInvalid.
func (m *Minter) VerifyIDTokenHint(text string) (IDTokenHint, error) {
	refuse := func(why string) (IDTokenHint, error) {
		return IDTokenHint{}, fmt.Errorf("id_token_hint: %w: %s", dialtone.ErrInvalid, why)
	}
	if len(text) > maxIDToken {
		return refuse("it is too long")
	}
	signed, err := jose.ParseSignedCompact(text, hintAlgorithms)
	if err != nil {
		return refuse("it is not a signed JWT of our algorithms")
	}
	header := signed.Signatures[0].Protected
	key, ok := m.signing.set.Load().published[header.KeyID]
	// A key signs with its own algorithm only (RFC 8725 §3.1), and the type keeps other JWTs of ours apart (§3.11).
	if !ok || key.algorithm != header.Algorithm || header.ExtraHeaders[jose.HeaderType] != idTokenType {
		return refuse("its key is not one of ours")
	}
	payload, err := signed.Verify(key.public)
	if err != nil {
		return refuse("its signature is wrong")
	}
	var claims idTokenClaims
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer != m.issuer {
		return refuse("it is not an ID token of this issuer")
	}
	return IDTokenHint{Subject: claims.Subject, Audience: claims.Audience, SessionID: claims.SessionID}, nil
}

package token_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/token"
)

func sampleIDToken() token.IDToken {
	return token.IDToken{
		Subject: "subject", Audience: "client", Nonce: "n-0S6_WzA2Mj", ACR: dialtone.ACR, AMR: []string{"sms", "otp"},
		SessionID: "sid", AccessToken: "dt_at_x", AuthTime: start.Add(-time.Minute), Issued: start, Expires: start.Add(time.Hour),
		PhoneNumber: "+46701740605",
	}
}

// publishedKeys reads the JWKS as a client does.
func publishedKeys(t *testing.T, signing *token.SigningKeys) *oidc.StaticKeySet {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(signing.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	keys := new(oidc.StaticKeySet)
	for _, key := range set.Keys {
		if !key.IsPublic() || key.KeyID == "" || key.Use != "sig" || key.Algorithm == "" {
			t.Errorf("published key %q: public %v, use %q, algorithm %q", key.KeyID, key.IsPublic(), key.Use, key.Algorithm)
		}
		keys.PublicKeys = append(keys.PublicKeys, key.Key)
	}
	return keys
}

func TestOrdinaryLibraryAcceptsIDTokens(t *testing.T) {
	t.Parallel()
	signing, err := token.NewSigningKeys(firstSigningKeys(), start)
	if err != nil {
		t.Fatal(err)
	}
	m := token.NewMinter(newSecrets(t, start, dataKey("seal-1", start)), signing, issuer)
	published := publishedKeys(t, signing)
	for _, algorithm := range append([]string{""}, dialtone.IDTokenAlgorithms...) {
		t.Run("algorithm "+algorithm, func(t *testing.T) {
			t.Parallel()
			text, err := m.IDToken(t.Context(), algorithm, sampleIDToken())
			if err != nil {
				t.Fatal(err)
			}
			verifier := oidc.NewVerifier(issuer, published, &oidc.Config{
				ClientID:             "client",
				SupportedSigningAlgs: dialtone.IDTokenAlgorithms,
				Now:                  func() time.Time { return start.Add(time.Minute) },
			})
			verified, err := verifier.Verify(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			if err := verified.VerifyAccessToken("dt_at_x"); err != nil {
				t.Errorf("at_hash: %v", err)
			}
			var claims map[string]any
			if err := verified.Claims(&claims); err != nil {
				t.Fatal(err)
			}
			half := sha256.Sum256([]byte("dt_at_x"))
			hash := half[:16]
			if algorithm == "EdDSA" {
				half := sha512.Sum512([]byte("dt_at_x"))
				hash = half[:32]
			}
			want := map[string]any{
				"iss": issuer, "sub": "subject", "aud": "client", "nonce": "n-0S6_WzA2Mj", "acr": dialtone.ACR,
				"amr": []any{"sms", "otp"}, "sid": "sid", "at_hash": base64.RawURLEncoding.EncodeToString(hash),
				"auth_time": float64(start.Unix() - 60), "iat": float64(start.Unix()), "exp": float64(start.Unix() + 3600),
				"phone_number": "+46701740605", "phone_number_verified": true,
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("claims differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIDTokenLeavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	text, err := newMinter(t).IDToken(t.Context(), "ES256", token.IDToken{Subject: "s", Audience: "c", Issued: start, Expires: start})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if len(claims) != 5 {
		t.Errorf("claims = %s, want iss, sub, aud, exp and iat only", payload)
	}
}

func TestIDTokenOfAnUnknownAlgorithmIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := newMinter(t).IDToken(t.Context(), "none", sampleIDToken()); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("algorithm none: %v", err)
	}
}

func TestRotatedKeysArePublishedBeforeAndAfterTheySign(t *testing.T) {
	t.Parallel()
	first := firstSigningKeys()
	old := append([]token.SigningKey(nil), first...)
	next := makeSigningKeys(start.Add(day))
	for i := range old {
		old[i].Retired = start.Add(3 * day)
	}
	signing, err := token.NewSigningKeys(first, start)
	if err != nil {
		t.Fatal(err)
	}
	m := token.NewMinter(newSecrets(t, start, dataKey("seal-1", start)), signing, issuer)
	var early string
	for _, test := range []struct {
		name      string
		after     time.Duration
		signs     token.SigningKey
		published int
	}{
		{"published, not yet used", 0, old[0], 6},
		{"in use, the old ones still published", day, next[0], 6},
		{"alone", 3 * day, next[0], 3},
	} {
		if err := signing.Replace(append(next, old...), start.Add(test.after)); err != nil {
			t.Fatal(err)
		}
		if got := len(publishedKeys(t, signing).PublicKeys); got != test.published {
			t.Errorf("%s: %d keys are published, want %d", test.name, got, test.published)
		}
		text, err := m.IDToken(t.Context(), "RS256", sampleIDToken())
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signed.Verify(test.signs.Private.Public()); err != nil {
			t.Errorf("%s: another key signed", test.name)
		}
		if early == "" {
			early = text
		}
		_, err = m.VerifyIDTokenHint(early)
		if alone := test.published == 3; (err != nil) != alone {
			t.Errorf("%s: a hint under the old key: %v", test.name, err)
		}
	}
}

func TestHintsMustBeOurOwnIDTokens(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	own, err := m.IDToken(t.Context(), "ES256", sampleIDToken())
	if err != nil {
		t.Fatal(err)
	}
	hint, err := m.VerifyIDTokenHint(own)
	if want := (token.IDTokenHint{Subject: "subject", Audience: "client", SessionID: "sid"}); err != nil || hint != want {
		t.Errorf("VerifyIDTokenHint = %+v, %v; want %+v", hint, err, want)
	}

	signing, err := token.NewSigningKeys(makeSigningKeys(start), start)
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := token.NewMinter(newSecrets(t, start, dataKey("seal-1", start)), signing, issuer).IDToken(t.Context(), "ES256", sampleIDToken())
	if err != nil {
		t.Fatal(err)
	}
	shared, err := token.NewSigningKeys(firstSigningKeys(), start)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := token.NewMinter(newSecrets(t, start, dataKey("seal-1", start)), shared, "https://other.example.com").IDToken(t.Context(), "ES256", sampleIDToken())
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	parts := strings.Split(own, ".")
	for name, text := range map[string]string{
		"empty":                     "",
		"no JWT":                    "hello",
		"signed by somebody else":   strangers,
		"of another issuer":         elsewhere,
		"unsigned":                  encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"with another payload":      parts[0] + "." + encode([]byte(`{"iss":"`+issuer+`","sub":"other"}`)) + "." + parts[2],
		"of another type":           signedAs(t, "logout+jwt"),
		"an access token":           m.Access(sampleAccess()),
		"longer than any ID token":  own + strings.Repeat("A", 16<<10),
		"with an algorithm changed": encode([]byte(`{"alg":"RS256","kid":"`+kid(t, own)+`","typ":"JWT"}`)) + "." + parts[1] + "." + parts[2],
	} {
		if hint, err := m.VerifyIDTokenHint(text); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: accepted as %+v, %v", name, hint, err)
		}
	}
}

// signedAs is a JWT under our own key that is no ID token.
func signedAs(t *testing.T, typ jose.ContentType) string {
	t.Helper()
	key := firstSigningKeys()[1]
	public, err := key.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(public, &jwk); err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key.Private, KeyID: jwk.KeyID}},
		new(jose.SignerOptions).WithType(typ))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"iss":"` + issuer + `","sub":"s","aud":"c"}`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func kid(t *testing.T, text string) string {
	t.Helper()
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	return signed.Signatures[0].Header.KeyID
}

func TestKeysThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	first := firstSigningKeys()
	wrong := first[0]
	wrong.Algorithm = "ES256"
	retired := append([]token.SigningKey(nil), first...)
	retired[0].Retired = start
	for name, keys := range map[string][]token.SigningKey{
		"none":                     nil,
		"RS256 retired":            retired,
		"RSA key for ES256":        append([]token.SigningKey{wrong}, first...),
		"without the required one": first[1:],
	} {
		if _, err := token.NewSigningKeys(keys, start); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := token.GenerateSigningKey("HS256"); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("GenerateSigningKey(HS256): %v", err)
	}
}

func TestManySignaturesAtOnceAllComeOut(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	var wait sync.WaitGroup
	for range 40 {
		wait.Go(func() {
			text, err := m.IDToken(t.Context(), "RS256", sampleIDToken())
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := m.VerifyIDTokenHint(text); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func FuzzVerifyIDTokenHint(f *testing.F) {
	m := newMinter(f)
	own, err := m.IDToken(context.Background(), "ES256", sampleIDToken())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		hint, err := m.VerifyIDTokenHint(text)
		if err == nil && hint.Subject != "subject" {
			t.Fatalf("accepted %q as %+v", text, hint)
		}
		if err != nil && !errors.Is(err, dialtone.ErrInvalid) {
			t.Fatalf("VerifyIDTokenHint(%q): %v", text, err)
		}
	})
}

func BenchmarkIDToken(b *testing.B) {
	for _, algorithm := range dialtone.IDTokenAlgorithms {
		b.Run(algorithm, func(b *testing.B) {
			m, id := newMinter(b), sampleIDToken()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.IDToken(b.Context(), algorithm, id); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package token_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

const (
	issuer = "https://id.example.com"
	day    = 24 * time.Hour
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)

// firstSigningKeys makes one key of each algorithm, once for all tests, since RSA keys take their time.
var firstSigningKeys = sync.OnceValue(func() []token.SigningKey { return makeSigningKeys(start) })

func makeSigningKeys(active time.Time) []token.SigningKey {
	var keys []token.SigningKey
	for _, algorithm := range dialtone.IDTokenAlgorithms {
		private, err := token.GenerateSigningKey(algorithm)
		if err != nil {
			panic(err)
		}
		keys = append(keys, token.SigningKey{Algorithm: algorithm, Private: private, Active: active})
	}
	return keys
}

func dataKey(id string, active time.Time) secret.DataKey {
	return secret.DataKey{ID: id, Use: secret.UseSeal, Material: bytes.Repeat([]byte(id[len(id)-1:]), secret.KeySize), Active: active}
}

func subjectKey() secret.DataKey {
	return secret.DataKey{ID: "subject-1", Use: secret.UseSubject, Material: bytes.Repeat([]byte("s"), secret.KeySize), Active: start}
}

func newSecrets(t testing.TB, now time.Time, keys ...secret.DataKey) *secret.Keys {
	t.Helper()
	secrets, err := secret.NewKeys(append(keys, subjectKey()), now)
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

func newMinter(t testing.TB) *token.Minter {
	t.Helper()
	signing, err := token.NewSigningKeys(firstSigningKeys(), start)
	if err != nil {
		t.Fatal(err)
	}
	return token.NewMinter(newSecrets(t, start, dataKey("seal-1", start)), signing, issuer)
}

func sampleAccess() token.Access {
	return token.Access{
		ID:             "at_aaaaaaaaaaaaaaaaaaaaaaaaaa",
		GrantID:        "gr_bbbbbbbbbbbbbbbbbbbbbbbbbb",
		ClientID:       "client_cccccccccccccccccccccccccc",
		ProductID:      "product_dddddddddddddddddddddddddd",
		OperatorID:     "operator_e",
		SubscriptionID: "sub_ffffffffffffffffffffffffff",
		SessionID:      "se_gggggggggggggggggggggggggg",
		Scopes:         []string{"openid", "phone", "offline_access"},
		Issued:         start,
		Expires:        start.Add(time.Hour),
	}
}

func sampleCode() token.Code {
	return token.Code{
		ID: "gr_a", ClientID: "client_b", ProductID: "product_c", RedirectURI: "https://example.com/callback",
		RedirectURIGiven: true, CodeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", Nonce: "n",
		Scopes: []string{"openid"}, OperatorID: "operator_d", SubscriptionID: "sub_e", SessionID: "se_f", ConsentID: "co_g",
		AMR: []string{"sms", "otp"}, AuthTime: start, Expires: start.Add(time.Minute), Claims: `{"id_token":{}}`,
	}
}

func sampleRevokeLink() token.RevokeLink {
	return token.RevokeLink{
		ID: "rl_a", ClientID: "client_b", ProductID: "product_c", OperatorID: "operator_d", SubscriptionID: "sub_e",
		RedirectTo: "https://example.com/revoke", State: "s", Expires: start.Add(10 * time.Minute),
	}
}

// draw fills a value of any of the token types.
type draw struct{ *rapid.T }

func (d draw) text(name string) string { return rapid.String().Draw(d.T, name) }

func (d draw) texts(name string) []string {
	return rapid.SliceOfN(rapid.String(), 0, 5).Draw(d.T, name)
}

func (d draw) time(name string) time.Time {
	if rapid.Bool().Draw(d.T, name+" is zero") {
		return time.Time{}
	}
	return time.UnixMicro(rapid.Int64Range(1, 1<<53).Draw(d.T, name)).UTC()
}

func TestTokensSayWhatWasPutIn(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	t.Run("access", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(r *rapid.T) {
			d := draw{r}
			want := token.Access{
				ID: d.text("id"), GrantID: d.text("grant"), ClientID: d.text("client"), ProductID: d.text("product"),
				OperatorID: d.text("operator"), SubscriptionID: d.text("subscription"), SessionID: d.text("session"),
				Scopes: d.texts("scopes"), Claims: d.text("claims"), Issued: d.time("issued"), Expires: d.time("expires"),
			}
			checkSame(r, want, m.Access, m.OpenAccess)
		})
	})
	t.Run("code", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(r *rapid.T) {
			d := draw{r}
			want := token.Code{
				ID: d.text("id"), ClientID: d.text("client"), ProductID: d.text("product"), RedirectURI: d.text("redirect"),
				RedirectURIGiven: rapid.Bool().Draw(r, "given"), CodeChallenge: d.text("challenge"), Nonce: d.text("nonce"),
				Scopes: d.texts("scopes"), OperatorID: d.text("operator"), SubscriptionID: d.text("subscription"),
				SessionID: d.text("session"), ConsentID: d.text("consent"), AMR: d.texts("amr"),
				AuthTime: d.time("auth time"), Expires: d.time("expires"), Claims: d.text("claims"),
			}
			checkSame(r, want, m.Code, m.OpenCode)
		})
	})
	t.Run("revoke link", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(r *rapid.T) {
			d := draw{r}
			want := token.RevokeLink{
				ID: d.text("id"), ClientID: d.text("client"), ProductID: d.text("product"), OperatorID: d.text("operator"),
				SubscriptionID: d.text("subscription"), RedirectTo: d.text("redirect"), State: d.text("state"), Expires: d.time("expires"),
			}
			checkSame(r, want, m.RevokeLink, m.OpenRevokeLink)
		})
	})
}

func checkSame[T any](t *rapid.T, want T, mint func(T) string, open func(string) (T, error)) {
	got, err := open(mint(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("put in and taken out differ:\n%s", diff)
	}
}

func TestEachTokenOpensOnlyAsWhatItIs(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	refresh, _ := m.NewRefresh("gr_a")
	minted := map[string]string{
		token.PrefixAccess:     m.Access(sampleAccess()),
		token.PrefixCode:       m.Code(sampleCode()),
		token.PrefixRevokeLink: m.RevokeLink(sampleRevokeLink()),
		token.PrefixRefresh:    refresh,
	}
	open := map[string]func(string) error{
		token.PrefixAccess:     func(text string) error { _, err := m.OpenAccess(text); return err },
		token.PrefixCode:       func(text string) error { _, err := m.OpenCode(text); return err },
		token.PrefixRevokeLink: func(text string) error { _, err := m.OpenRevokeLink(text); return err },
		token.PrefixRefresh:    func(text string) error { _, err := m.OpenRefresh(text); return err },
	}
	for made, text := range minted {
		if !strings.HasPrefix(text, made) {
			t.Errorf("%q does not begin with %s", text, made)
		}
		for as, open := range open {
			// A changed prefix must not help either.
			for _, shown := range []string{text, as + strings.TrimPrefix(text, made)} {
				err := open(shown)
				if as == made && err != nil {
					t.Errorf("%s does not open: %v", made, err)
				}
				if as != made && !errors.Is(err, dialtone.ErrInvalid) {
					t.Errorf("%s opened as %s: %v", made, as, err)
				}
			}
		}
	}
}

func TestAccessExpires(t *testing.T) {
	t.Parallel()
	access := sampleAccess()
	for _, test := range []struct {
		now  time.Time
		want bool
	}{{access.Issued, false}, {access.Expires.Add(-time.Microsecond), false}, {access.Expires, true}, {access.Expires.Add(time.Hour), true}} {
		if got := access.Expired(test.now); got != test.want {
			t.Errorf("Expired(%v) = %v", test.now, got)
		}
	}
}

func TestAccessTokenIsShort(t *testing.T) {
	t.Parallel()
	// Authorization headers travel with every request of every client.
	if text := newMinter(t).Access(sampleAccess()); len(text) > 450 {
		t.Errorf("an access token has %d characters", len(text))
	}
}

func TestSubjectIsPairwiseAndLasting(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	subject := m.Subject("product_a", "sub_a")
	// Clients keep this value for ever: whatever changes it is a fault.
	const want = "uBsECHZ69VhUbTusnQnLfiY5unM2Mxyi"
	if subject != want {
		t.Errorf("Subject = %s, want %s", subject, want)
	}
	for _, other := range []string{m.Subject("product_b", "sub_a"), m.Subject("product_a", "sub_b"), m.SessionID("product_a", "sub_a")} {
		if other == subject {
			t.Errorf("%s came twice", subject)
		}
	}
	if got := m.SessionID("product_a", ""); got != "" {
		t.Errorf("SessionID without a session = %q", got)
	}
}

func FuzzOpenAccess(f *testing.F) {
	m := newMinter(f)
	fuzzOpen(f, m.Access(sampleAccess()), sampleAccess(), m.OpenAccess)
}

func FuzzOpenCode(f *testing.F) {
	m := newMinter(f)
	fuzzOpen(f, m.Code(sampleCode()), sampleCode(), m.OpenCode)
}

func FuzzOpenRevokeLink(f *testing.F) {
	m := newMinter(f)
	fuzzOpen(f, m.RevokeLink(sampleRevokeLink()), sampleRevokeLink(), m.OpenRevokeLink)
}

// fuzzOpen checks that nothing opens but what was made, which says want.
func fuzzOpen[T any](f *testing.F, made string, want T, open func(string) (T, error)) {
	f.Add(made)
	f.Add(made[:len(made)/2])
	f.Add(made[:6])
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := open(text)
		if err == nil && !cmp.Equal(got, want) {
			t.Fatalf("%q opens as %+v", text, got)
		}
		if err != nil && !errors.Is(err, dialtone.ErrInvalid) {
			t.Fatalf("opening %q: %v", text, err)
		}
	})
}

func BenchmarkAccess(b *testing.B) {
	m, access := newMinter(b), sampleAccess()
	b.ReportAllocs()
	for b.Loop() {
		m.Access(access)
	}
}

func BenchmarkOpenAccess(b *testing.B) {
	m := newMinter(b)
	text := m.Access(sampleAccess())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.OpenAccess(text); err != nil {
			b.Fatal(err)
		}
	}
}

package secret_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// material is a fixed key, so that what is derived from it can be written down.
func material(b byte) []byte { return bytes.Repeat([]byte{b}, secret.KeySize) }

func subjectKey() secret.DataKey {
	return secret.DataKey{ID: "subject-1", Use: secret.UseSubject, Material: material(0xff), Active: start}
}

func sealKey(number int, active time.Time) secret.DataKey {
	return secret.DataKey{ID: fmt.Sprintf("seal-%d", number), Use: secret.UseSeal, Material: material(byte(number)), Active: active}
}

func newKeys(t testing.TB, now time.Time, keys ...secret.DataKey) *secret.Keys {
	t.Helper()
	k, err := secret.NewKeys(append(keys, subjectKey()), now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatIsSealedOpensUnderTheSameLabelOnly(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start))
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")
		sealed := keys.Seal(secret.LabelCode, plain)
		got, err := keys.Open(secret.LabelCode, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v; want %x", got, err, plain)
		}
		if again := keys.Seal(secret.LabelCode, plain); again == sealed {
			t.Fatal("the same plaintext was sealed to the same text twice")
		}
		if _, err := keys.Open(secret.LabelAccess, sealed); !errors.Is(err, secret.ErrSeal) {
			t.Fatalf("opened under another label: %v", err)
		}
	})
}

func TestAnyChangeOfASealedTextIsNoticed(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start))
	sealed := keys.Seal(secret.LabelCode, []byte("what it says"))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n"
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		with := rapid.SampledFrom([]byte(alphabet)).Draw(t, "with")
		changed := sealed[:at] + string(with) + sealed[at+1:]
		if changed == sealed {
			return
		}
		if _, err := keys.Open(secret.LabelCode, changed); !errors.Is(err, secret.ErrSeal) {
			t.Fatalf("opened %q: %v", changed, err)
		}
		if _, err := keys.Open(secret.LabelCode, sealed[:at]); !errors.Is(err, secret.ErrSeal) {
			t.Fatalf("opened %q: %v", sealed[:at], err)
		}
		if _, err := keys.Open(secret.LabelCode, sealed[:at]+string(with)+sealed[at:]); !errors.Is(err, secret.ErrSeal) {
			t.Fatalf("opened with %q inserted at %d", with, at)
		}
	})
}

// A text that an earlier release sealed must open in this one.
func TestSealedTextFromEarlierOpens(t *testing.T) {
	t.Parallel()
	const sealed = "AQZzZWFsLTHUQzlZ9akvZYEqgz-d23KB-bqLbMxcjP0yqHCadzNNfK0JWOQaY-FVt3ioCKKCP50jl-My7w"
	keys := newKeys(t, start, sealKey(1, start))
	got, err := keys.Open(secret.LabelRequest, sealed)
	if err != nil || string(got) != "kept for ever" {
		t.Errorf("Open = %q, %v", got, err)
	}
}

// Subjects that clients have stored depend on this value: it must never change.
func TestFixedHashFromEarlierIsTheSame(t *testing.T) {
	t.Parallel()
	const want = "vD80DsO1MYIOhQX_wYYd2BXMihlwhj5nMK51YEOgqUA"
	got := base64.RawURLEncoding.EncodeToString(newKeys(t, start, sealKey(1, start)).Fixed(secret.LabelSubject, "product", "line"))
	if got != want {
		t.Errorf("Fixed = %s, want %s", got, want)
	}
}

func TestNewestActiveKeySeals(t *testing.T) {
	t.Parallel()
	first, second := sealKey(1, start), sealKey(2, start.Add(10*time.Minute))
	for _, test := range []struct {
		name string
		now  time.Time
		want string
	}{
		{"before the second is active", start.Add(9 * time.Minute), "seal-1"},
		{"from when it is", start.Add(10 * time.Minute), "seal-2"},
		{"with a clock that is behind both", start.Add(-time.Hour), "seal-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			keys := newKeys(t, test.now, second, first)
			if got := keys.CurrentID(); got != test.want {
				t.Errorf("CurrentID() = %s, want %s", got, test.want)
			}
			ahead := newKeys(t, start.Add(day), first, second)
			if _, err := keys.Open(secret.LabelPage, ahead.Seal(secret.LabelPage, nil)); err != nil {
				t.Errorf("what a node sealed whose clock is ahead does not open: %v", err)
			}
		})
	}
}

func TestRotationKeepsWhatWasSealedUntilTheKeyRetires(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start))
	sealed := keys.Seal(secret.LabelPage, []byte("state"))
	mac := keys.MAC(secret.LabelPIN, "123456")

	first := sealKey(1, start)
	first.Retired = start.Add(2 * day)
	all := []secret.DataKey{first, sealKey(2, start.Add(day)), subjectKey()}
	if err := keys.Replace(all, start.Add(day)); err != nil {
		t.Fatal(err)
	}
	if got := keys.CurrentID(); got != "seal-2" {
		t.Errorf("CurrentID() = %s after the rotation", got)
	}
	if _, err := keys.Open(secret.LabelPage, sealed); err != nil {
		t.Errorf("Open after a rotation: %v", err)
	}
	if got, ok := keys.MACWith("seal-1", secret.LabelPIN, "123456"); !ok || !bytes.Equal(got, mac) {
		t.Errorf("MACWith(seal-1) = %x, %v; want %x", got, ok, mac)
	}
	if bytes.Equal(keys.MAC(secret.LabelPIN, "123456"), mac) {
		t.Error("MAC is the same under another key")
	}

	if err := keys.Replace(all, first.Retired); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(secret.LabelPage, sealed); !errors.Is(err, secret.ErrSeal) {
		t.Errorf("Open under a retired key: %v", err)
	}
	if _, ok := keys.MACWith("seal-1", secret.LabelPIN, "123456"); ok {
		t.Error("MACWith works under a retired key")
	}
}

func TestFixedOutlivesRotationsAndDiffersByLabel(t *testing.T) {
	t.Parallel()
	before := newKeys(t, start, sealKey(1, start))
	after := newKeys(t, start, sealKey(2, start))
	if !bytes.Equal(before.Fixed(secret.LabelSubject, "a"), after.Fixed(secret.LabelSubject, "a")) {
		t.Error("Fixed changed with the sealing key")
	}
	if bytes.Equal(before.Fixed(secret.LabelSubject, "a"), before.Fixed(secret.LabelSessionID, "a")) {
		t.Error("Fixed is the same under two labels")
	}
}

func TestNoTwoListsOfPartsHashAlike(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start))
	parts := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00\x01")), 0, 3, -1), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		same := fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b)
		if got := bytes.Equal(keys.MAC(secret.LabelPIN, a...), keys.MAC(secret.LabelPIN, b...)); got != same {
			t.Fatalf("the hashes of %q and %q are equal: %v", a, b, got)
		}
	})
}

func TestCarryMovesOnlyFromAKeyNearItsEnd(t *testing.T) {
	t.Parallel()
	first := sealKey(1, start)
	first.Retired = start.Add(430 * day)
	second := sealKey(2, start.Add(30*day))
	for _, test := range []struct {
		after time.Duration
		want  string
	}{{31 * day, "seal-1"}, {240 * day, "seal-1"}, {241 * day, "seal-2"}, {429 * day, "seal-2"}} {
		keys := newKeys(t, start.Add(test.after), first, second)
		if got := keys.Carry("seal-1"); got != test.want {
			t.Errorf("after %v: Carry(seal-1) = %s, want %s", test.after, got, test.want)
		}
		if got := keys.Carry("seal-2"); got != "seal-2" {
			t.Errorf("after %v: Carry(seal-2) = %s", test.after, got)
		}
	}
}

func TestMalformedSetsAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	retired := sealKey(1, start)
	retired.Retired = start
	short := sealKey(1, start)
	short.Material = short.Material[:31]
	unknown := sealKey(1, start)
	unknown.Use = "other"
	nameless := sealKey(1, start)
	nameless.ID = ""
	long := sealKey(1, start)
	long.ID = strings.Repeat("x", 33)
	other := subjectKey()
	other.ID = "subject-2"
	for name, set := range map[string][]secret.DataKey{
		"empty":              nil,
		"nothing seals":      {subjectKey()},
		"all retired":        {subjectKey(), retired},
		"no subject key":     {sealKey(1, start)},
		"two subject keys":   {sealKey(1, start), subjectKey(), other},
		"the same id twice":  {sealKey(1, start), sealKey(1, start), subjectKey()},
		"short material":     {short, subjectKey()},
		"unknown use":        {sealKey(2, start), unknown, subjectKey()},
		"no id":              {nameless, subjectKey()},
		"an id that is long": {long, subjectKey()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := secret.NewKeys(set, start); !errors.Is(err, dialtone.ErrInvalid) {
				t.Errorf("NewKeys: %v, want ErrInvalid", err)
			}
			keys := newKeys(t, start, sealKey(9, start))
			if err := keys.Replace(set, start); err == nil || keys.CurrentID() != "seal-9" {
				t.Errorf("Replace: %v, then %s seals", err, keys.CurrentID())
			}
		})
	}
}

func TestKeysPrintWithoutTheirMaterial(t *testing.T) {
	t.Parallel()
	key := sealKey('x', start)
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		fmt.Fprintf(&out, verb, key)
		fmt.Fprintf(&out, verb, []secret.DataKey{key})
	}
	for _, trace := range []string{"xxx", "7878", "120 120", "0x78"} {
		if strings.Contains(out.String(), trace) {
			t.Errorf("the material shows as %q in %s", trace, out.String())
		}
	}
}

func TestKeysMayBeUsedWhileTheyAreReplaced(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start))
	set := []secret.DataKey{sealKey(1, start), sealKey(2, start), subjectKey()}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 200 {
				got, err := keys.Open(secret.LabelPage, keys.Seal(secret.LabelPage, []byte("state")))
				if err != nil || string(got) != "state" {
					t.Errorf("Open = %q, %v", got, err)
				}
			}
		})
	}
	for range 200 {
		if err := keys.Replace(set, start); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
}

func FuzzOpen(f *testing.F) {
	keys := newKeys(f, start, sealKey(1, start))
	sealed := keys.Seal(secret.LabelPage, []byte("state"))
	f.Add(sealed)
	f.Add(sealed[:10])
	f.Add("")
	f.Add("AQ")
	f.Add("Af8")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := keys.Open(secret.LabelPage, text)
		if err == nil && string(plain) != "state" {
			t.Fatalf("opened %q, which was never sealed, as %q", text, plain)
		}
		if err != nil && !errors.Is(err, dialtone.ErrInvalid) {
			t.Fatalf("Open(%q): %v", text, err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	keys, plain := newKeys(b, start, sealKey(1, start)), bytes.Repeat([]byte("x"), 200)
	b.ReportAllocs()
	for b.Loop() {
		keys.Seal(secret.LabelAccess, plain)
	}
}

func BenchmarkOpen(b *testing.B) {
	keys := newKeys(b, start, sealKey(1, start))
	sealed := keys.Seal(secret.LabelAccess, bytes.Repeat([]byte("x"), 200))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Open(secret.LabelAccess, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMAC(b *testing.B) {
	keys := newKeys(b, start, sealKey(1, start))
	b.ReportAllocs()
	for b.Loop() {
		keys.Fixed(secret.LabelSubject, "product_abcdefghijklmnopqrstuvwxyz", "sub_abcdefghijklmnopqrstuvwxyz")
	}
}

func TestADerivedIDIsAnIDAndTellsItsPartsApart(t *testing.T) {
	first := secret.DerivedID("gr", "ab", "c")
	if again := secret.DerivedID("gr", "ab", "c"); again != first || len(first) != len(secret.ID("gr")) {
		t.Errorf("%s, then %s", first, again)
	}
	for _, parts := range [][]string{{"a", "bc"}, {"abc"}, {"ab", "c", ""}} {
		if secret.DerivedID("gr", parts...) == first {
			t.Errorf("%q has the id of ab and c", parts)
		}
	}
}

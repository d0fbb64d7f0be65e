package token_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

func TestRefreshTokensOfAllGenerationsAreRecognised(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	rapid.Check(t, func(t *rapid.T) {
		grant := rapid.StringMatching(`gr_[a-z2-7]{26}`).Draw(t, "grant")
		seen := make(map[string]bool)
		text, hash := m.NewRefresh(grant)
		for generation := range rapid.IntRange(1, 5).Draw(t, "generations") {
			if hash != secret.Hash(text) {
				t.Fatalf("hash = %s, not the hash of %s", hash, text)
			}
			if seen[text] {
				t.Fatalf("%s came twice", text)
			}
			seen[text] = true
			r, err := m.OpenRefresh(text)
			if err != nil {
				t.Fatal(err)
			}
			if r.GrantID != grant || r.Generation != generation {
				t.Fatalf("opened %v, want generation %d of %s", r, generation, grant)
			}
			text, hash = m.SuccessorRefresh(r)
		}
	})
}

func TestTwoFirstRefreshTokensOfAGrantDiffer(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	one, _ := m.NewRefresh("gr_a")
	other, _ := m.NewRefresh("gr_a")
	if one == other {
		t.Errorf("%s came twice", one)
	}
}

func TestSuccessorIsTheSameOnEveryNodeAndAfterARotation(t *testing.T) {
	t.Parallel()
	secrets := newSecrets(t, start, dataKey("seal-1", start))
	m := token.NewMinter(secrets, nil, issuer)
	text, _ := m.NewRefresh("gr_a")
	r, err := m.OpenRefresh(text)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := m.SuccessorRefresh(r)

	second := dataKey("seal-2", start.Add(day))
	if err := secrets.Replace([]secret.DataKey{dataKey("seal-1", start), second, subjectKey()}, start.Add(day)); err != nil {
		t.Fatal(err)
	}
	if r, err = m.OpenRefresh(text); err != nil {
		t.Fatal(err)
	}
	if got, _ := m.SuccessorRefresh(r); got != want {
		t.Errorf("after a rotation the successor is %s, before it was %s", got, want)
	}

	// Near the end of its key the family moves to the current one, or it would die with the key.
	old := dataKey("seal-1", start)
	old.Retired = start.Add(100 * day)
	if err := secrets.Replace([]secret.DataKey{old, second, subjectKey()}, start.Add(day)); err != nil {
		t.Fatal(err)
	}
	moved, _ := m.SuccessorRefresh(r)
	if err := secrets.Replace([]secret.DataKey{old, second, subjectKey()}, old.Retired); err != nil {
		t.Fatal(err)
	}
	if _, err := m.OpenRefresh(want); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("a token under a retired key opens: %v", err)
	}
	if _, err := m.OpenRefresh(moved); err != nil {
		t.Errorf("the token that moved to the current key does not open: %v", err)
	}
}

func TestSuccessorIsGoodThoughItsKeyWasWithdrawnMeanwhile(t *testing.T) {
	t.Parallel()
	secrets := newSecrets(t, start, dataKey("seal-1", start))
	m := token.NewMinter(secrets, nil, issuer)
	text, _ := m.NewRefresh("gr_a")
	r, err := m.OpenRefresh(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := secrets.Replace([]secret.DataKey{dataKey("seal-2", start), subjectKey()}, start); err != nil {
		t.Fatal(err)
	}
	next, _ := m.SuccessorRefresh(r)
	if _, err := m.OpenRefresh(next); err != nil {
		t.Errorf("the successor does not open: %v", err)
	}
}

func TestRefreshPrintsWithoutItsSecret(t *testing.T) {
	t.Parallel()
	m := newMinter(t)
	text, _ := m.NewRefresh("gr_a")
	r, err := m.OpenRefresh(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, r); got != "refresh token 0 of gr_a" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func FuzzOpenRefresh(f *testing.F) {
	m := newMinter(f)
	text, _ := m.NewRefresh("gr_a")
	fuzzOpen(f, text, "refresh token 0 of gr_a", func(text string) (string, error) {
		r, err := m.OpenRefresh(text)
		return r.String(), err
	})
}

func BenchmarkOpenRefresh(b *testing.B) {
	m := newMinter(b)
	text, _ := m.NewRefresh("gr_aaaaaaaaaaaaaaaaaaaaaaaaaa")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.OpenRefresh(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSuccessorRefresh(b *testing.B) {
	m := newMinter(b)
	text, _ := m.NewRefresh("gr_aaaaaaaaaaaaaaaaaaaaaaaaaa")
	r, err := m.OpenRefresh(text)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.SuccessorRefresh(r)
	}
}

package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestTextPrintsRedacted(t *testing.T) {
	t.Parallel()
	const plain = "dt_cs_hunter2"
	text := secret.Text(plain)
	holder := struct{ Secret secret.Text }{text}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10s"} {
		fmt.Fprintf(&out, verb+"\n", text)
		fmt.Fprintf(&out, verb+"\n", holder)
	}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("made", "secret", text, "holder", holder)
	}
	out.WriteString(text.String() + text.GoString())

	for _, trace := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2")} {
		if strings.Contains(out.String(), trace) {
			t.Errorf("the secret shows as %q in:\n%s", trace, out.String())
		}
	}
	if text.Reveal() != plain {
		t.Errorf("Reveal() = %q, want %q", text.Reveal(), plain)
	}
}

func TestRandomTextsHaveTheirFormAndDiffer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func() string
		form string
	}{
		{"id", func() string { return secret.ID("gr") }, `^gr_[a-z2-7]{26}$`},
		{"token", func() string { return secret.Token("dt_cs_").Reveal() }, `^dt_cs_[A-Za-z0-9_-]{43}$`},
		{"digits", func() string { return secret.Digits(20).Reveal() }, `^[0-9]{20}$`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			form, seen := regexp.MustCompile(test.form), make(map[string]bool)
			for range 500 {
				text := test.make()
				if !form.MatchString(text) {
					t.Fatalf("%q has not the form %s", text, form)
				}
				if seen[text] {
					t.Fatalf("%q came twice", text)
				}
				seen[text] = true
			}
		})
	}
}

func TestDigitsAreUniform(t *testing.T) {
	t.Parallel()
	const draws = 1_000_000
	var count [10]int
	for _, digit := range secret.Digits(draws).Reveal() {
		count[digit-'0']++
	}
	// Six standard deviations of a fair digit. A remainder without rejection makes 0…5 more likely by eight.
	const mean, bound = draws / 10, 1800
	for digit, n := range count {
		if n < mean-bound || n > mean+bound {
			t.Errorf("digit %d came %d times of %d", digit, n, draws)
		}
	}
}

func TestHashIsSHA256InBase64URL(t *testing.T) {
	t.Parallel()
	// FIPS 180-4 example "abc", in base64url.
	const want = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
	if got := secret.Hash("abc"); got != want {
		t.Errorf("Hash(abc) = %s, want %s", got, want)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{{"", "", true}, {"abc", "abc", true}, {"abc", "abd", false}, {"abc", "ab", false}, {"", "a", false}} {
		if got := secret.Equal(test.a, test.b); got != test.want {
			t.Errorf("Equal(%q, %q) = %v", test.a, test.b, got)
		}
	}
}

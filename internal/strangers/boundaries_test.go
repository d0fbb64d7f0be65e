package strangers

import (
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestABrowserKeepsItsIdAndACookieThatIsTooLongIsNone(t *testing.T) {
	t.Parallel()
	keys, err := secret.NewKeys([]secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: time.Now()},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: time.Now()},
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	first := Read(keys, secret.LabelKnown, Known{}.With("a", keys, secret.LabelKnown).Reveal())
	if first.Browser == "" || !first.Has("a") || first.Has("") {
		t.Fatalf("%+v", first)
	}
	second := Read(keys, secret.LabelKnown, first.With("b", keys, secret.LabelKnown).Reveal())
	if second.Browser != first.Browser || !second.Has("a") || !second.Has("b") {
		t.Errorf("%+v became %+v", first, second)
	}
	// Sealed, a text grows to four thirds: the longest id with which the cookie is taken, and the next one.
	longest := ""
	for n := 1; n < maxKnown; n++ {
		cookie := Known{Browser: "b"}.With(strings.Repeat("x", n), keys, secret.LabelKnown).Reveal()
		if len(cookie) > maxKnown {
			if Read(keys, secret.LabelKnown, cookie).Browser != "" {
				t.Errorf("a cookie of %d bytes is taken", len(cookie))
			}
			break
		}
		longest = cookie
	}
	if Read(keys, secret.LabelKnown, longest).Browser == "" {
		t.Errorf("a cookie of %d bytes is not taken", len(longest))
	}
}

func TestAShareFillsUpInAnHour(t *testing.T) {
	t.Parallel()
	for hourly, perMinute := range map[int]float64{600: 10, 60: 1, 6: 1} {
		if limit := (Share{Hourly: hourly}).bucket(); float64(limit.PerMinute) != perMinute || limit.Burst != hourly {
			t.Errorf("%d an hour: %+v", hourly, limit)
		}
	}
}

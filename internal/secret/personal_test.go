package secret_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/secret"
)

func personalKey(id string, active time.Time) secret.DataKey {
	return secret.DataKey{ID: id, Use: secret.UsePersonal, Material: []byte(strings.Repeat(id[len(id)-1:], secret.KeySize)), Active: active}
}

func TestTheSameTextAboutAPersonIsSealedAlike(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start), personalKey("personal-1", start))
	other := newKeys(t, start, sealKey(1, start), personalKey("personal-2", start))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		sealed := keys.SealPersonal(secret.LabelStoredNumber, text)
		if again := keys.SealPersonal(secret.LabelStoredNumber, text); again != sealed {
			t.Fatalf("sealed once %s and once %s", sealed, again)
		}
		if opened, err := keys.OpenPersonal(secret.LabelStoredNumber, sealed); err != nil || opened != text {
			t.Fatalf("opened %q: %v, want %q", opened, err, text)
		}
		if text == "" {
			return
		}
		if keys.SealPersonal(secret.LabelStoredEmail, text) == sealed || other.SealPersonal(secret.LabelStoredNumber, text) == sealed {
			t.Fatal("another use or another key seals alike")
		}
		for name, open := range map[string]func() (string, error){
			"another label": func() (string, error) { return keys.OpenPersonal(secret.LabelStoredEmail, sealed) },
			"another key":   func() (string, error) { return other.OpenPersonal(secret.LabelStoredNumber, sealed) },
			"no mark":       func() (string, error) { return keys.OpenPersonal(secret.LabelStoredNumber, sealed[1:]) },
			"a changed end": func() (string, error) {
				return keys.OpenPersonal(secret.LabelStoredNumber, sealed[:len(sealed)-4]+"AAAA")
			},
		} {
			if opened, err := open(); !errors.Is(err, secret.ErrSeal) {
				t.Fatalf("%s: %q, %v, want ErrSeal", name, opened, err)
			}
		}
	})
}

func TestTheLengthOfATextAboutAPersonIsRounded(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, start, sealKey(1, start), personalKey("personal-1", start))
	lengths := make(map[int]bool)
	for n := 8; n <= 15; n++ { // E.164, without the plus sign
		lengths[len(keys.SealPersonal(secret.LabelStoredNumber, strings.Repeat("4", n)))] = true
	}
	if len(lengths) != 1 {
		t.Errorf("numbers can be told apart by their lengths: %v", lengths)
	}
}

func TestWhileAPersonalKeyTakesOverBothFormsAreKnown(t *testing.T) {
	t.Parallel()
	one, two := personalKey("personal-1", start), personalKey("personal-2", start.Add(10*time.Minute))
	const number = "+46701740605"
	before := newKeys(t, start, sealKey(1, start), one)
	if form := before.SealedBefore(secret.LabelStoredNumber, number); form != "" {
		t.Errorf("with one key there is another form: %s", form)
	}
	waits := newKeys(t, start, sealKey(1, start), one, two)
	works := newKeys(t, start.Add(10*time.Minute), sealKey(1, start), one, two)
	old := before.SealPersonal(secret.LabelStoredNumber, number)
	switch {
	case waits.PersonalID() != "personal-1" || works.PersonalID() != "personal-2":
		t.Errorf("%s seals before its time, %s after it", waits.PersonalID(), works.PersonalID())
	case waits.SealPersonal(secret.LabelStoredNumber, number) != old || works.SealedBefore(secret.LabelStoredNumber, number) != old:
		t.Error("the old form is not known any more")
	case waits.SealedBefore(secret.LabelStoredNumber, number) != works.SealPersonal(secret.LabelStoredNumber, number):
		t.Error("a node does not know the form that one ahead of it writes")
	}
	if opened, err := works.OpenPersonal(secret.LabelStoredNumber, old); err != nil || opened != number {
		t.Errorf("opened %q: %v", opened, err)
	}
}

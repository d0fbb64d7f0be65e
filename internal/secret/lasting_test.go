package secret_test

import (
	"errors"
	"testing"

	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestWhatIsSealedToLastOutlivesEveryRotation(t *testing.T) {
	t.Parallel()
	before := newKeys(t, start, sealKey(1, start))
	after := newKeys(t, start.Add(900*day), sealKey(2, start))
	sealed := before.SealLasting(secret.LabelCompanySecret, []byte("for years"))
	if got, err := after.OpenLasting(secret.LabelCompanySecret, sealed); err != nil || string(got) != "for years" {
		t.Errorf("OpenLasting = %q, %v", got, err)
	}
	short := before.Seal(secret.LabelCompanySecret, []byte("for a while"))
	for what, open := range map[string]func() ([]byte, error){
		"under another label":        func() ([]byte, error) { return after.OpenLasting(secret.LabelCompany, sealed) },
		"as what does not last":      func() ([]byte, error) { return before.Open(secret.LabelCompanySecret, sealed) },
		"what does not last as this": func() ([]byte, error) { return before.OpenLasting(secret.LabelCompanySecret, short) },
		"what is nothing":            func() ([]byte, error) { return before.OpenLasting(secret.LabelCompanySecret, "") },
	} {
		if got, err := open(); !errors.Is(err, secret.ErrSeal) {
			t.Errorf("opened %s: %q, %v", what, got, err)
		}
	}
}

package secret_test

import (
	"testing"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// A number is opened at every user info request and introspection, and sealed at every look-up.
func BenchmarkPersonal(b *testing.B) {
	keys := newKeys(b, start, sealKey(1, start), personalKey("personal-1", start))
	const number = "+46701740605"
	sealed := keys.SealPersonal(secret.LabelStoredNumber, number)
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			keys.SealPersonal(secret.LabelStoredNumber, number)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := keys.OpenPersonal(secret.LabelStoredNumber, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package oauth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestNoVerbPrintsASecret(t *testing.T) {
	t.Parallel()
	const text = "hunter2"
	values := []any{
		dialtone.Secret(text), new(dialtone.Secret(text)), []dialtone.Secret{text}, map[string]dialtone.Secret{"a": text}, Credentials{ID: "client", Secret: text},
		GrantRequest{Code: text, CodeVerifier: text, RefreshToken: text},
	}
	for _, value := range values {
		for _, verb := range "bcdeEfFgGoOqstTUvxX" { // %p asks no Format; vet refuses it for what is no pointer
			for _, flags := range []string{"", "+", "#", " ", "-20.3"} {
				printed := fmt.Sprintf("%"+flags+string(verb), value)
				for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprintf("% x", text)} {
					if strings.Contains(printed, form) {
						t.Errorf("%%%s%c of %T prints %s", flags, verb, value, printed)
					}
				}
			}
		}
	}
}

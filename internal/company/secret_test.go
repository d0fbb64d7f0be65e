package company

import (
	"errors"
	"testing"

	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestAClientSecretIsShownToItsIssuerOnly(t *testing.T) {
	t.Parallel()
	secrets := Secrets{storetest.Keys(t)}
	c := Registration{Owner: "org_ferries", Issuer: "https://login.example.com", ClientID: "c"}
	c.SealedSecret = secrets.Seal(c, "s3cret")
	if got, err := secrets.open(c); err != nil || got.Reveal() != "s3cret" {
		t.Errorf("opened %q, %v", got.Reveal(), err)
	}
	for what, change := range map[string]func(*Registration){
		"another owner":  func(c *Registration) { c.Owner = "org_other" },
		"another issuer": func(c *Registration) { c.Issuer = "https://evil.example" },
		"another client": func(c *Registration) { c.ClientID = "d" },
		"another text":   func(c *Registration) { c.SealedSecret = "AQ" },
	} {
		other := c
		change(&other)
		if got, err := secrets.open(other); !errors.Is(err, secret.ErrSeal) || got != "" {
			t.Errorf("%s: opened %q, %v", what, got.Reveal(), err)
		}
	}
	if got := secrets.Seal(c, ""); got != "" {
		t.Errorf("no secret is sealed as %q", got)
	}
	c.SealedSecret = ""
	if got, err := secrets.open(c); err != nil || got != "" {
		t.Errorf("a public client: %q, %v", got.Reveal(), err)
	}
}

package account

import (
	"encoding/json"
	"errors"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// CompanySecrets seals the secrets that organizations have at their providers.
type CompanySecrets struct{ Keys *secret.Keys }

// sealedSecret binds a secret to whom it may be shown. Otherwise an owner who never saw it could name an issuer of their own and
// have it sent there, and one row's secret could be put into another row.
type sealedSecret struct {
	OrganizationID string `json:"organization"`
	Issuer         string `json:"issuer"`
	ClientID       string `json:"client"`
	Secret         string `json:"secret"`
}

// SealSecret returns the client secret as CompanySignIn.SealedSecret keeps it; empty for none. It is good for the organization, the
// issuer and the client id of c only: whoever changes one of them needs the secret again.
func (s CompanySecrets) SealSecret(c dialtone.CompanySignIn, clientSecret secret.Text) string {
	if clientSecret == "" {
		return ""
	}
	plain, err := json.Marshal(sealedSecret{c.OrganizationID, c.Issuer, c.ClientID, clientSecret.Reveal()})
	if err != nil {
		panic("account: texts can be written as JSON: " + err.Error())
	}
	return s.Keys.SealLasting(secret.LabelCompanySecret, plain)
}

// openSecret undoes SealSecret. Error: ErrInvalid if it was sealed for another organization, issuer or client.
func (s CompanySecrets) openSecret(c dialtone.CompanySignIn) (secret.Text, error) {
	if c.SealedSecret == "" {
		return "", nil
	}
	plain, err := s.Keys.OpenLasting(secret.LabelCompanySecret, c.SealedSecret)
	if err != nil {
		return "", err
	}
	var sealed sealedSecret
	if err := json.Unmarshal(plain, &sealed); err != nil {
		return "", secret.ErrSeal
	}
	if sealed.OrganizationID != c.OrganizationID || sealed.Issuer != c.Issuer || sealed.ClientID != c.ClientID {
		return "", errors.Join(secret.ErrSeal, errors.New("the client secret is another client's"))
	}
	return secret.Text(sealed.Secret), nil
}

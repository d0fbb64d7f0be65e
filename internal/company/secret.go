package company

import (
	"encoding/json"
	"errors"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// Secrets seals the secrets that owners have at their providers.
type Secrets struct{ Keys *secret.Keys }

// sealedSecret binds a secret to whom it may be shown. Otherwise somebody who never saw it could name an issuer of their own and
// have it sent there, and one row's secret could be put into another row.
type sealedSecret struct {
	Owner    string `json:"organization"`
	Issuer   string `json:"issuer"`
	ClientID string `json:"client"`
	Secret   string `json:"secret"`
}

// Seal returns the client secret as Registration.SealedSecret has it; empty for none. It is good for the registration's owner,
// issuer and client id only: whoever changes one of them needs the secret again.
func (s Secrets) Seal(at Registration, clientSecret secret.Text) string {
	if clientSecret == "" {
		return ""
	}
	plain, err := json.Marshal(sealedSecret{at.Owner, at.Issuer, at.ClientID, clientSecret.Reveal()})
	if err != nil {
		panic("company: texts can be written as JSON: " + err.Error())
	}
	return s.Keys.SealLasting(secret.LabelCompanySecret, plain)
}

// open undoes Seal. Error: ErrInvalid if it was sealed for another owner, issuer or client.
func (s Secrets) open(at Registration) (secret.Text, error) {
	if at.SealedSecret == "" {
		return "", nil
	}
	plain, err := s.Keys.OpenLasting(secret.LabelCompanySecret, at.SealedSecret)
	if err != nil {
		return "", err
	}
	var sealed sealedSecret
	if err := json.Unmarshal(plain, &sealed); err != nil {
		return "", secret.ErrSeal
	}
	if sealed.Owner != at.Owner || sealed.Issuer != at.Issuer || sealed.ClientID != at.ClientID {
		return "", errors.Join(secret.ErrSeal, errors.New("the client secret is another client's"))
	}
	return secret.Text(sealed.Secret), nil
}

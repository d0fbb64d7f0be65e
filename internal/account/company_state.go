package account

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// companyLifetime is how long a person may take at the provider: a password, a second factor, a forgotten phone.
const companyLifetime = 10 * time.Minute

// companyWay is one person's way through a provider and back. It travels sealed in a cookie.
type companyWay struct {
	ID             string `json:"id"` // the parameter state: what brings the answer to its question; spent at the end
	OrganizationID string `json:"organization"`
	Issuer         string `json:"issuer"`
	ClientID       string `json:"client"`
	Nonce          string `json:"nonce"`    // comes back in the ID token
	Verifier       string `json:"verifier"` // of PKCE: who stole the code has not got it
	BrowserHash    string `json:"browser"`
	Expires        int64  `json:"expires"` // Unix seconds
}

func newCompanyWay(settings dialtone.CompanySignIn, browserID string, now time.Time) companyWay {
	return companyWay{
		ID: secret.ID("csi"), OrganizationID: settings.OrganizationID, Issuer: settings.Issuer, ClientID: settings.ClientID,
		Nonce: secret.Token("").Reveal(), Verifier: secret.Token("").Reveal(), BrowserHash: secret.Hash(browserID),
		Expires: now.Add(companyLifetime).Unix(),
	}
}

func (w companyWay) expires() time.Time { return time.Unix(w.Expires, 0).UTC() }

// request is what the authorization request says beyond the client.
func (w companyWay) request() []oauth2.AuthCodeOption {
	return []oauth2.AuthCodeOption{oidc.Nonce(w.Nonce), oauth2.S256ChallengeOption(w.Verifier)}
}

func (c *Company) sealWay(w companyWay) string {
	plain, err := json.Marshal(w)
	if err != nil {
		panic("account: texts and a number can be written as JSON: " + err.Error())
	}
	return c.Keys.Seal(secret.LabelCompany, plain)
}

// openWay returns a state if it is ours, this browser's, and in time.
func (c *Company) openWay(state, browserID string, now time.Time) (companyWay, error) {
	if state == "" {
		// Somebody else's answer may have been slipped to this browser, to sign it in as that person.
		return companyWay{}, companyError(ProblemOtherBrowser, errors.New("this browser began no sign-in"))
	}
	var way companyWay
	plain, err := c.Keys.Open(secret.LabelCompany, state)
	if err == nil {
		err = json.Unmarshal(plain, &way)
	}
	switch {
	case err != nil:
		return companyWay{}, companyError(ProblemMismatch, err)
	case browserID == "" || !secret.Equal(way.BrowserHash, secret.Hash(browserID)):
		return companyWay{}, companyError(ProblemOtherBrowser, errors.New("another browser began this sign-in"))
	case !now.Before(way.expires()):
		return companyWay{}, companyError(ProblemExpired, errors.New("the person took too long"))
	}
	return way, nil
}

// companyAnswer is what the provider sent the browser back with.
type companyAnswer struct {
	code      string // of success
	errorCode string // of failure; empty: success
	issuer    string // empty: the provider named none
}

// parseCompanyAnswer reads the parameters of the callback. The state must be the one that was sent.
func parseCompanyAnswer(query url.Values, state string) (companyAnswer, error) {
	for _, name := range []string{"state", "code", "error", "iss"} {
		if len(query[name]) > 1 {
			// RFC 6749 §3.1: two readers may take different ones.
			return companyAnswer{}, companyError(ProblemMismatch, errors.New("the answer has "+name+" more than once"))
		}
	}
	answer := companyAnswer{code: query.Get("code"), errorCode: errorCode(query.Get("error")), issuer: query.Get("iss")}
	switch {
	case !secret.Equal(query.Get("state"), state):
		return companyAnswer{}, companyError(ProblemMismatch, errors.New("the answer is to another question: its state differs"))
	case (answer.code == "") == (answer.errorCode == ""):
		return companyAnswer{}, companyError(ProblemMismatch, errors.New("the answer needs either a code or an error"))
	}
	return answer, nil
}

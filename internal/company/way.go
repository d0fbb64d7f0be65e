package company

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// wayLifetime is how long a person may take at the provider: a password, a second factor, a forgotten phone.
const wayLifetime = 10 * time.Minute

// way is one person's way through a provider and back. It travels sealed in a cookie.
type way struct {
	ID          string `json:"id"` // the parameter state: what brings the answer to its question; spent at the end
	Owner       string `json:"organization"`
	Issuer      string `json:"issuer"`
	ClientID    string `json:"client"`
	Nonce       string `json:"nonce"`    // comes back in the ID token
	Verifier    string `json:"verifier"` // of PKCE: who stole the code has not got it
	BrowserHash string `json:"browser"`
	Expires     int64  `json:"expires"` // Unix seconds
}

func newWay(at Registration, browserID string, now time.Time) way {
	return way{
		ID: secret.ID("csi"), Owner: at.Owner, Issuer: at.Issuer, ClientID: at.ClientID,
		Nonce: secret.Token("").Reveal(), Verifier: secret.Token("").Reveal(), BrowserHash: secret.Hash(browserID),
		Expires: now.Add(wayLifetime).Unix(),
	}
}

func (w way) expires() time.Time { return time.Unix(w.Expires, 0).UTC() }

// request is what the authorization request says beyond the client.
func (w way) request() []oauth2.AuthCodeOption {
	return []oauth2.AuthCodeOption{oidc.Nonce(w.Nonce), oauth2.S256ChallengeOption(w.Verifier)}
}

func (s *SignIn) seal(w way) string {
	plain, err := json.Marshal(w)
	if err != nil {
		panic("company: texts and a number can be written as JSON: " + err.Error())
	}
	return s.Keys.Seal(secret.LabelCompany, plain)
}

// open returns the way of a browser that comes back, if it is ours, this browser's, and in time.
func (s *SignIn) open(back Back, now time.Time) (way, error) {
	if back.State == "" {
		// Somebody else's answer may have been slipped to this browser, to sign it in as that person.
		return way{}, failed(ProblemOtherBrowser, errors.New("this browser began no sign-in"))
	}
	var w way
	plain, err := s.Keys.Open(secret.LabelCompany, back.State)
	if err == nil {
		err = json.Unmarshal(plain, &w)
	}
	switch {
	case err != nil:
		return way{}, failed(ProblemMismatch, err)
	case back.BrowserID == "" || !secret.Equal(w.BrowserHash, secret.Hash(back.BrowserID)):
		return way{}, failed(ProblemOtherBrowser, errors.New("another browser began this sign-in"))
	case !now.Before(w.expires()):
		return way{}, failed(ProblemExpired, errors.New("the person took too long"))
	}
	return w, nil
}

// answer is what the provider sent the browser back with.
type answer struct {
	code      string // of success
	errorCode string // of failure; empty: success
	issuer    string // empty: the provider named none
}

// parseAnswer reads the parameters of the callback. The state must be the one that was sent.
func parseAnswer(query url.Values, state string) (answer, error) {
	for _, name := range []string{"state", "code", "error", "iss"} {
		if len(query[name]) > 1 {
			// RFC 6749 §3.1: two readers may take different ones.
			return answer{}, failed(ProblemMismatch, errors.New("the answer has "+name+" more than once"))
		}
	}
	a := answer{code: query.Get("code"), errorCode: errorCode(query.Get("error")), issuer: query.Get("iss")}
	switch {
	case !secret.Equal(query.Get("state"), state):
		return answer{}, failed(ProblemMismatch, errors.New("the answer is to another question: its state differs"))
	case (a.code == "") == (a.errorCode == ""):
		return answer{}, failed(ProblemMismatch, errors.New("the answer needs either a code or an error"))
	}
	return a, nil
}

package account

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Cookies, by the end of their names; the face begins them.
const (
	browserCookie = "browser" // a random id that binds codes and company sign-ins to this browser
	knownCookie   = "known"   // package account's, sealed: with which addresses this browser signed in before
	companyCookie = "company" // a company sign-in on its way
)

const (
	browserLifetime = 400 * 24 * time.Hour // the longest that browsers keep a cookie; of the known ones, too
	companyLifetime = 15 * time.Minute
)

// onItsWay is what the code page knows of the sign-in that it belongs to. It goes through the browser sealed, so that no row
// is needed and nobody reads or changes the address.
type onItsWay struct {
	Kind    string    `json:"kind"` // "code": no other page's state is one
	CodeID  string    `json:"code"`
	Email   string    `json:"email"`
	Digits  int       `json:"digits"`
	Browser string    `json:"browser"` // hash of the browser's id
	To      string    `json:"to"`      // where to go on
	Expires time.Time `json:"expires"`
}

// atCompany is a company sign-in while the person is away at the provider.
type atCompany struct {
	Kind  string `json:"kind"` // "company"
	State string `json:"state"`
	To    string `json:"to"`
}

const (
	kindCode    = "code"
	kindCompany = "company"
)

func (m *Room) seal(state any) string {
	plain, err := json.Marshal(state)
	if err != nil {
		panic("account: a state of plain fields is JSON: " + err.Error())
	}
	return m.Keys.Seal(secret.LabelPage, plain)
}

// open reads a sealed state into the pointer. Error: ErrInvalid.
func (m *Room) open(sealed string, into any) error {
	plain, err := m.Keys.Open(secret.LabelPage, sealed)
	if err != nil {
		return fmt.Errorf("page state: %w", err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("page state: %w", dialtone.ErrInvalid)
	}
	return nil
}

// codeState returns the sign-in that a code page belongs to. Error: ErrInvalid.
func (m *Room) codeState(sealed string) (onItsWay, error) {
	var state onItsWay
	if err := m.open(sealed, &state); err != nil {
		return onItsWay{}, err
	}
	if state.Kind != kindCode {
		return onItsWay{}, fmt.Errorf("page state: %w: of another page", dialtone.ErrInvalid)
	}
	return state, nil
}

// browser returns this browser's id; one that has none gets it.
func (m *Room) browser(w http.ResponseWriter, r *http.Request) string {
	const shortest = 32 // characters: anything shorter is not from us
	id := m.Cookies.Get(r, m.Face.Cookie(browserCookie))
	if len(id) < shortest {
		id = secret.Token("").Reveal()
		m.Cookies.Set(w, m.Face.Cookie(browserCookie), id, browserLifetime)
	}
	return id
}

package try

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// runLifetime is how long a run may take; its secret lives as long.
const runLifetime = 15 * time.Minute

// run is how far somebody is with a run. The page carries it, sealed, from step to step; nothing of it is stored.
type run struct {
	AccountID   string
	ProductID   string
	ClientID    string
	Public      bool
	AuthMethod  dialtone.AuthMethod
	RedirectURI string
	Scopes      []string
	Number      dialtone.PhoneNumber
	PIN         string
	State       string
	Verifier    string // PKCE, RFC 7636 §4.1
	SecretID    string
	Secret      string            // sealed with the rest
	Cookies     map[string]string // of the browser that is played
	Form        form              // what the last page asks for
	Code        string
	Access      string
	Refresh     string
	Next        string // name of the next step; empty: the run is over
	Done        []exchange
	Expires     time.Time
}

// exchange is a request and its answer, as the page shows them.
type exchange struct {
	Step    string
	Request string
	Answer  string
	Curl    string // the same by hand; empty where a browser is needed
}

func (m *Room) seal(r run) string {
	plain, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("try: %v", err)) // plain data
	}
	return m.Keys.Seal(secret.LabelTry, plain)
}

// open returns a run that this account began and may go on with. Errors: ErrInvalid, ErrExpired.
func (m *Room) open(sealed, accountID string, now time.Time) (run, error) {
	plain, err := m.Keys.Open(secret.LabelTry, sealed)
	if err != nil {
		return run{}, fmt.Errorf("open run: %w", err)
	}
	var r run
	if err := json.Unmarshal(plain, &r); err != nil {
		return run{}, fmt.Errorf("open run: %w: %w", dialtone.ErrInvalid, err)
	}
	switch {
	case r.AccountID != accountID:
		return run{}, fmt.Errorf("open run: %w: it is another account's", dialtone.ErrInvalid)
	case !now.Before(r.Expires):
		return run{}, fmt.Errorf("open run: %w", dialtone.ErrExpired)
	}
	return r, nil
}

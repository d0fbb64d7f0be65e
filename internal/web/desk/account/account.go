// Package account is every desk's room for people themselves: signing in and out, and one's own account.
//
//	GET, POST /signin                               ShowSignIn, SendCode                   code_send.go
//	GET, POST /signin/code                          ShowCode, VerifyCode                   code_verify.go
//	POST      /signin/passkey/begin, /finish        BeginPasskey, FinishPasskey            passkey_signin.go
//	GET, POST /signin/company                       ShowCompany, FindCompany               company_signin.go
//	GET       /signin/company/{organization}        AskCompany                             company_signin.go
//	GET       /signin/company/callback              FinishCompany                          company_signin.go
//	POST      /signout                              SignOut                                signout.go
//	GET, POST /account                              ShowAccount, Rename                    account_show.go, account_rename.go
//	POST      /account/passkeys/begin, /finish      BeginAddPasskey, FinishAddPasskey      passkey_add.go
//	POST      /account/passkeys/{passkey}, …/remove RenamePasskey, RemovePasskey           passkey_change.go
//	POST      /account/sessions/{session}/end       EndSession                             session_end.go
//	POST      /account/sessions/end-others          EndOtherSessions                       session_end.go
//
// Whoever is signed in through a company sees nothing of the account but that session, and changes nothing: the verbs refuse
// it (*dialtone.ForbiddenError).
package account

import (
	"context"
	"embed"
	"encoding/json"
	"net/http"
	"time"

	people "github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates
var files embed.FS

// People signs people in by e-mail and passkey, and keeps their sessions.
type People interface {
	RequestCode(ctx context.Context, request people.CodeRequest, now time.Time) (people.CodeSent, error)
	VerifyCode(ctx context.Context, entry people.CodeEntry, now time.Time) (people.SignedIn, error)
	BeginPasskey(ctx context.Context, now time.Time) (options json.RawMessage, state string, err error)
	FinishPasskey(ctx context.Context, state string, response []byte, agent string, now time.Time) (people.SignedIn, error)
	Remember(known string, account dialtone.Account) secret.Text
	SignOut(ctx context.Context, cookie string, now time.Time) error

	// PasskeysPossible reports whether this host can have passkeys at all.
	PasskeysPossible() bool
	Passkeys(ctx context.Context, actor dialtone.Actor) ([]dialtone.Passkey, error)
	BeginAddPasskey(ctx context.Context, actor dialtone.Actor, now time.Time) (options json.RawMessage, state string, err error)
	FinishAddPasskey(ctx context.Context, actor dialtone.Actor, made people.NewPasskey, now time.Time) (dialtone.Passkey, error)
	RenamePasskey(ctx context.Context, actor dialtone.Actor, id, name string) error
	RemovePasskey(ctx context.Context, actor dialtone.Actor, id string, now time.Time) error

	Rename(ctx context.Context, actor dialtone.Actor, name string) error
	Sessions(ctx context.Context, actor dialtone.Actor, now time.Time) ([]dialtone.AccountSession, error)
	EndSession(ctx context.Context, actor dialtone.Actor, sessionID string, now time.Time) error
	EndOtherSessions(ctx context.Context, actor dialtone.Actor, keepSessionID string, now time.Time) (int, error)
}

// Companies signs people in through their organization's own provider.
type Companies interface {
	Begin(ctx context.Context, organizationID, browserID string, now time.Time) (address, state string, err error)
	Finish(ctx context.Context, back company.Back, now time.Time) (people.SignedIn, error)
}

// Activities is the log of what happened to an account.
type Activities interface {
	AccountActivities(ctx context.Context, accountID string, limit int) ([]dialtone.Activity, error)
}

// Config is what the room needs.
type Config struct {
	Desk       *desk.Desk
	Face       *desk.Face
	People     People
	Companies  Companies // nil: nobody signs in through a company here
	Activities Activities
	Keys       *secret.Keys
	// SessionLifetime is how long a browser keeps the cookie: as long as a session may live.
	SessionLifetime time.Duration
	// Colleagues are who reads a person's name: "the members of your organizations".
	Colleagues string
	// Inbox is the address of the demo's inbox, where codes are read; empty where mail is real.
	Inbox string
}

// Room is the room; its methods are the handlers.
type Room struct {
	*desk.Desk
	Config
	pages *desk.Room
}

// New returns the room.
func New(c Config) (*Room, error) {
	pages, err := c.Face.Room(files)
	if err != nil {
		return nil, err
	}
	return &Room{Desk: c.Desk, Config: c, pages: pages}, nil
}

// enter keeps the new session in the browser and ends the one that it takes the place of: nobody could end that later from
// here.
func (m *Room) enter(w http.ResponseWriter, r *http.Request, v desk.Visit, in people.SignedIn) error {
	if v.Session.ID != "" {
		if err := m.People.SignOut(r.Context(), m.Cookies.Get(r, m.Face.SessionCookie()), v.Now); err != nil {
			return err
		}
	}
	m.Cookies.Set(w, m.Face.SessionCookie(), in.Cookie.Reveal(), m.SessionLifetime)
	if in.Known != "" {
		m.Cookies.Set(w, m.Face.Cookie(knownCookie), in.Known.Reveal(), browserLifetime)
	}
	return nil
}

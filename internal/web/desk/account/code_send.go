package account

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	people "github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// SignIn asks for the e-mail address.
type SignIn struct {
	desk.Shell
	Email    desk.Field
	Passkeys bool   // this host can have passkeys
	To       string // where to go on afterwards
	Company  string // the address of the page for company sign-in; empty: there is none
}

// ShowSignIn asks for the e-mail address; with ?r= of a code page, or ?email= of an invitation, the address stands there already.
func (m *Room) ShowSignIn(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	query := r.URL.Query()
	to, email := desk.Inside(query.Get("to")), query.Get("email")
	if state, err := m.codeState(query.Get("r")); err == nil {
		to, email = desk.Inside(state.To), state.Email
	}
	if v.Account.ID != "" {
		desk.See(w, to)
		return
	}
	m.pages.Render(w, v, http.StatusOK, m.signInPage(email, to))
}

func (m *Room) signInPage(email, to string) *SignIn {
	p := &SignIn{
		Shell:    desk.Shell{Title: "Sign in", Narrow: true},
		Email:    desk.Field{Name: "email", Label: "E-mail address", Type: "email", Value: email, Autocomplete: "username webauthn", Most: 254, Focus: true},
		Passkeys: m.People.PasskeysPossible(), To: to,
	}
	if m.Companies == nil {
		return p
	}
	p.Company = "/signin/company"
	if to != "/" {
		p.Company += "?to=" + url.QueryEscape(to)
	}
	return p
}

// SendCode takes the address and has a code sent to it. Every well-formed address gets the same answer, whoever has an account.
func (m *Room) SendCode(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	email, to := r.PostForm.Get("email"), desk.Inside(r.PostForm.Get("to"))
	browser := m.browser(w, r)
	sent, err := m.People.RequestCode(r.Context(), people.CodeRequest{
		Email: email, BrowserID: browser, Known: m.Cookies.Get(r, m.Face.Cookie(knownCookie)), Network: m.ClientIP(r),
	}, v.Now)
	if err != nil {
		m.showSendProblem(w, r, v, m.signInPage(email, to), err)
		return
	}
	state := onItsWay{Kind: kindCode, CodeID: sent.CodeID, Email: sent.Email, Digits: sent.Digits, Browser: secret.Hash(browser), To: to, Expires: sent.Expires}
	desk.See(w, "/signin/code?r="+m.seal(state))
}

func (m *Room) showSendProblem(w http.ResponseWriter, r *http.Request, v desk.Visit, p *SignIn, err error) {
	var status int
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case isField:
		p.Email.Problem, status = wrong.Of("email"), http.StatusUnprocessableEntity
	case errors.Is(err, dialtone.ErrExhausted):
		p.Problem = "Too many codes were asked for. Wait " + desk.Later(w, err) + ", then try again; a code that you have already still works."
		status = http.StatusTooManyRequests
	case errors.Is(err, dialtone.ErrUnavailable):
		w.Header().Set("Retry-After", "30")
		p.Problem = "We cannot answer at the moment."
		if _, isMail := errors.AsType[*people.MailError](err); isMail {
			p.Problem = "We cannot send mail at the moment, so no code is on its way."
		}
		p.Problem += " Try again in a minute. Error id: " + m.Note(r, slog.LevelError, err)
		status = http.StatusServiceUnavailable
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

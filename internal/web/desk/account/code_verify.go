package account

import (
	"errors"
	"fmt"
	"net/http"

	people "github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Code asks for the code that was sent by e-mail.
type Code struct {
	desk.Shell
	State       string // sealed
	Inbox       string // the address of the demo's inbox; empty where mail is real
	Email       string
	Digits      int    // of the code
	Again       string // the address of the form that sends another code
	CodeProblem string
	Over        bool // this code cannot be used any more
}

// ShowCode asks for the code.
func (m *Room) ShowCode(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	state, err := m.codeState(r.URL.Query().Get("r"))
	if err != nil {
		desk.See(w, "/signin") // an old address: a new sign-in is what helps
		return
	}
	if v.Account.ID != "" {
		desk.See(w, desk.Inside(state.To)) // by the back button
		return
	}
	p := m.codePage(state)
	if !v.Now.Before(state.Expires) {
		p.Over, p.Problem = true, codeExpired
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) codePage(state onItsWay) *Code {
	sealed := m.seal(state)
	return &Code{
		Shell: desk.Shell{Title: "Type the code from your e-mail", Narrow: true},
		State: sealed, Inbox: m.Inbox, Email: state.Email, Digits: state.Digits, Again: "/signin?r=" + sealed,
	}
}

// The problems of a code that is over.
const (
	codeExpired      = "This code is over: it is too old, it was used, or a newer one was sent. Send a new code."
	codeExhausted    = "That was the last try for this code. Send a new code."
	codeNoCookies    = "Your browser sent no cookie with the code, so we cannot see that it is the one that asked. Allow cookies for this page and send a new code; if you asked in another browser, type the code there."
	codeOtherBrowser = "A code works only in the browser that asked for it. Type it there, or have a new code sent to sign in here."
)

// VerifyCode spends a try. The right code signs the browser in.
func (m *Room) VerifyCode(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	state, err := m.codeState(r.PostForm.Get("r"))
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	browser := m.Cookies.Get(r, m.Face.Cookie(browserCookie))
	in, err := m.People.VerifyCode(r.Context(), people.CodeEntry{
		CodeID: state.CodeID, Email: state.Email, Digits: state.Digits, Code: r.PostForm.Get("code"),
		BrowserID: browser, Known: m.Cookies.Get(r, m.Face.Cookie(knownCookie)), Network: m.ClientIP(r), Agent: r.UserAgent(),
	}, v.Now)
	if err == nil {
		err = m.enter(w, r, v, in)
	}
	if err != nil {
		m.showCodeProblem(w, r, v, state, err)
		return
	}
	desk.See(w, desk.Inside(state.To))
}

func (m *Room) showCodeProblem(w http.ResponseWriter, r *http.Request, v desk.Visit, state onItsWay, err error) {
	p := m.codePage(state)
	status := http.StatusUnprocessableEntity
	wrong, isWrong := errors.AsType[*people.WrongCodeError](err)
	malformed, isMalformed := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case isWrong:
		p.CodeProblem = "That is not the code. " + tries(wrong.Left)
	case isMalformed:
		p.CodeProblem = malformed.Of("code")
	case errors.Is(err, dialtone.ErrExhausted):
		p.Over, p.Problem = true, codeExhausted
	case errors.Is(err, dialtone.ErrExpired):
		p.Over, p.Problem = true, codeExpired
	case errors.Is(err, dialtone.ErrNotFound):
		p.Over, p.Problem = true, codeExpired
		if !secret.Equal(secret.Hash(m.Cookies.Get(r, m.Face.Cookie(browserCookie))), state.Browser) {
			p.Problem, status = codeOtherBrowser, http.StatusForbidden
			if m.Cookies.Get(r, m.Face.Cookie(browserCookie)) == "" {
				p.Problem = codeNoCookies
			}
		}
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

func tries(left int) string {
	if left == 1 {
		return "One try is left."
	}
	return fmt.Sprintf("You have %d tries left.", left)
}

package subscriber

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/signin"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// showPIN asks for the PIN. After a right one (the back button leads here), the interaction just goes on.
func (h *Handler) showPIN(w http.ResponseWriter, r *http.Request) {
	v, ok := h.open(w, r)
	if !ok {
		return
	}
	page, state, ok := h.pinPage(w, r, v)
	if !ok {
		return
	}
	if state.Verified {
		h.Proceed(w, r, v.in)
		return
	}
	page.SentAgain = r.URL.Query().Has("again")
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// pinPage is the page for the challenge as it is now. When it returns false, the request is answered.
func (h *Handler) pinPage(w http.ResponseWriter, r *http.Request, v visit) (pages.PIN, signin.State, bool) {
	if v.in.Challenge == "" {
		h.turnTo(w, r, "/signin", v.in)
		return pages.PIN{}, signin.State{}, false
	}
	state, err := h.Signin.State(r.Context(), v.in.Challenge, h.Cookies.Get(r, browserCookie))
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		state = signin.State{} // swept away long after it expired
	case err != nil:
		h.Refuse(w, r, err)
		return pages.PIN{}, signin.State{}, false
	}
	now := h.Now()
	page := pages.PIN{
		Frame:       v.frame(h.brandBefore(r, v.in.Number)),
		State:       h.Flow.Seal(v.in),
		Product:     v.reg.Product,
		Operators:   h.worksWith(r, v.reg),
		Number:      v.in.Number,
		Digits:      cmp.Or(state.Digits, h.Signin.Policy.Digits),
		Left:        max(0, state.Expires.Sub(now)),
		NoResend:    state.NextSend.IsZero(),
		OtherNumber: h.here("/signin", v.in),
		Back:        h.back(v.in, wentBack),
	}
	if !page.NoResend {
		page.ResendAfter = max(0, state.NextSend.Sub(now)).Round(time.Second)
	}
	switch {
	case state.Superseded:
		page.Problem = pages.PINSuperseded
	case state.TriesLeft == 0:
		page.Problem = pages.PINExhausted
	}
	return page, state, true
}

// verifyPIN spends a try. The right PIN signs the browser in, and the interaction goes on.
func (h *Handler) verifyPIN(w http.ResponseWriter, r *http.Request) {
	v, ok := h.open(w, r)
	if !ok {
		return
	}
	outcome, err := h.Signin.Verify(r.Context(), signin.VerifyRequest{
		Asker: h.asker(r, v), ChallengeID: v.in.Challenge, RequestHash: v.in.ID, PIN: r.PostForm.Get("pin"),
	}, h.Now())
	if err == nil {
		h.goOn(w, r, v, outcome)
		return
	}
	if errors.Is(err, signin.ErrLastTry) {
		h.count(v.reg, "", dialtone.TallySignInFailed)
	}
	h.showPINProblem(w, r, v, err)
}

// goOn leaves the browser signed in and takes the interaction to what comes next.
func (h *Handler) goOn(w http.ResponseWriter, r *http.Request, v visit, outcome signin.Outcome) {
	if err := h.leaveBehind(r, outcome.State.Session); err != nil {
		h.Refuse(w, r, err)
		return
	}
	h.Cookies.Set(w, sessionCookie, outcome.Cookie.Reveal(), h.Signin.Policy.SessionLifetime)
	h.Cookies.Set(w, knownCookie, outcome.Known.Reveal(), knownLifetime)
	situation, err := h.situationIn(v.in, v.reg, outcome.State)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	h.proceed(w, r, v.in, situation)
}

// leaveBehind signs out whoever was signed in at this browser before, if it was somebody else: nobody could do so later, for
// the cookie is replaced. The same person's older session stays for the apps that were signed in by it.
func (h *Handler) leaveBehind(r *http.Request, now dialtone.Session) error {
	old := h.Cookies.Get(r, sessionCookie)
	state, err := h.Signin.Session(r.Context(), old, "", h.Now())
	if errors.Is(err, dialtone.ErrNotFound) || err == nil && state.Session.SubscriptionID == now.SubscriptionID {
		return nil
	}
	if err == nil {
		err = h.Signin.SignOut(r.Context(), old, h.Now())
	}
	return err
}

func (h *Handler) showPINProblem(w http.ResponseWriter, r *http.Request, v visit, err error) {
	page, _, ok := h.pinPage(w, r, v)
	if !ok {
		return
	}
	status := http.StatusUnprocessableEntity
	var wrong *signin.WrongPINError
	switch {
	case errors.As(err, &wrong):
		page.Problem, page.TriesLeft = pages.PINWrong, wrong.Left
	case errors.Is(err, dialtone.ErrInvalid):
		page.Problem = pages.PINMalformed
	case errors.Is(err, dialtone.ErrSuperseded):
		page.Problem = pages.PINSuperseded
	case errors.Is(err, dialtone.ErrExhausted):
		page.Problem = pages.PINExhausted
	case errors.Is(err, dialtone.ErrExpired), errors.Is(err, dialtone.ErrNotFound):
		page.Problem = pages.PINExpired
	case errors.Is(err, dialtone.ErrForbidden):
		h.showError(w, r, http.StatusForbidden, pages.Error{
			Frame: v.frame(dialtone.Operator{}), Problem: pages.ProblemOtherBrowser, Product: v.reg.Product, Back: h.back(v.in, otherBrowser),
		})
		return
	default:
		h.Refuse(w, r, err)
		return
	}
	h.Renderer.Render(w, r, status, page)
}

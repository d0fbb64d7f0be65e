package subscriber

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
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
		h.resume(w, r, v.in)
		return
	}
	if n, ok := h.notice(r, "/signin/pin", v.in); ok {
		say(&page, n, state, h.Now())
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// pinPage is the page for the challenge as it is now. When it returns false, the request is answered.
func (h *Handler) pinPage(w http.ResponseWriter, r *http.Request, v visit) (pages.PIN, signin.State, bool) {
	if v.in.Challenge == "" {
		h.turnTo(w, r, "/signin", v.in)
		return pages.PIN{}, signin.State{}, false
	}
	state, err := h.Signin.State(r.Context(), v.in.Challenge, h.Cookies.Get(r, browserCookie))
	gone := errors.Is(err, dialtone.ErrNotFound)
	switch {
	case errors.Is(err, dialtone.ErrForbidden):
		h.showError(w, r, http.StatusForbidden, pages.Error{
			Frame: v.frame(dialtone.Operator{}), Problem: pages.ProblemOtherBrowser, Product: v.reg.Product, Back: h.back(v.in, otherBrowser),
		})
		return pages.PIN{}, signin.State{}, false
	case gone:
		state = signin.State{} // swept away long after it expired
	case err != nil:
		h.refuseVisit(w, r, v, err)
		return pages.PIN{}, signin.State{}, false
	}
	now := h.Now()
	page := pages.PIN{
		Frame:       v.frame(h.brandBefore(r, v.in.Number)),
		State:       h.Flow.Seal(v.in),
		Product:     v.reg.Product,
		Operators:   h.worksWith(r, v.reg),
		Trial:       h.trial(v.reg),
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
	case gone:
		page.Problem = pages.PINExpired
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
	h.refusePIN(w, r, v, err)
}

// goOn leaves the browser signed in and takes the interaction to what comes next.
func (h *Handler) goOn(w http.ResponseWriter, r *http.Request, v visit, outcome signin.Outcome) {
	again, err := h.leaveBehind(r, v.in, outcome.State.Session)
	if err != nil {
		h.refuseVisit(w, r, v, err)
		return
	}
	h.Cookies.Set(w, sessionCookie, outcome.Cookie.Reveal(), h.Signin.Policy.SessionLifetime)
	h.Cookies.Set(w, knownCookie, outcome.Known.Reveal(), knownLifetime)
	situation, err := h.situationIn(v.in, v.reg, outcome.State)
	if err != nil {
		h.refuseVisit(w, r, v, err)
		return
	}
	if again {
		h.resumeIn(w, r, v.in, situation)
		return
	}
	h.proceed(w, r, v.in, situation)
}

// leaveBehind signs out whoever was signed in at this browser before, if it was somebody else: nobody could do so later, for
// the cookie is replaced. The same person's older session stays for the apps that were signed in by it.
// It reports whether somebody had signed in during this interaction already, so that it may have been answered.
func (h *Handler) leaveBehind(r *http.Request, in flow.Interaction, now dialtone.Session) (bool, error) {
	old := h.Cookies.Get(r, sessionCookie)
	state, err := h.Signin.Session(r.Context(), old, "", h.Now())
	if errors.Is(err, dialtone.ErrNotFound) {
		return false, nil
	}
	if err == nil && state.Session.SubscriptionID != now.SubscriptionID {
		err = h.Signin.SignOut(r.Context(), old, h.Now())
	}
	return !state.Session.AuthTime.Before(in.Started), err
}

// refusePIN turns back to the page, which says why the PIN was not taken. A PIN is in no address.
func (h *Handler) refusePIN(w http.ResponseWriter, r *http.Request, v visit, err error) {
	var problem pages.PINProblem
	var wrong *signin.WrongPINError
	switch {
	case errors.As(err, &wrong):
		problem = pages.PINWrong
	case errors.Is(err, dialtone.ErrInvalid):
		problem = pages.PINMalformed
	case errors.Is(err, dialtone.ErrSuperseded):
		problem = pages.PINSuperseded
	case errors.Is(err, dialtone.ErrExhausted):
		problem = pages.PINExhausted
	case errors.Is(err, dialtone.ErrExpired), errors.Is(err, dialtone.ErrNotFound):
		problem = pages.PINExpired
	case errors.Is(err, dialtone.ErrForbidden):
		// Of another browser, or of another request: the page says so, or asks for a number anew.
		v.in.Challenge = ""
	default:
		h.refuseVisit(w, r, v, err)
		return
	}
	h.turnBack(w, r, "/signin/pin", v.in, notice{Problem: string(problem)})
}

// say puts what is to be said about the last form onto the page, as far as it is still so.
func say(page *pages.PIN, n notice, state signin.State, now time.Time) {
	problem := pages.PINProblem(n.Problem)
	page.RetryAfter = n.left(now)
	switch {
	case n.Again:
		page.SentAgain, page.SentNew = true, n.New
	case page.Problem != "": // nothing that is so for good is hidden by what was so a moment ago
	case problem == pages.PINWrong:
		page.Problem, page.TriesLeft = problem, state.TriesLeft
	case problem == pages.PINTooSoon && page.ResendAfter <= 0, problem == pages.PINResendRefused && page.RetryAfter <= 0:
	default:
		page.Problem = problem
	}
}

package subscriber

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/signin"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// resendPIN sends the PIN again. Where the old one is over, a new one is begun: the person asked for a PIN and gets one.
func (h *Handler) resendPIN(w http.ResponseWriter, r *http.Request) {
	v, ok := h.open(w, r)
	if !ok {
		return
	}
	_, err := h.Signin.Resend(r.Context(), signin.ResendRequest{
		Asker: h.asker(r, v), ChallengeID: v.in.Challenge,
	}, h.Now())
	over := errors.Is(err, dialtone.ErrExpired) || errors.Is(err, dialtone.ErrSuperseded) || errors.Is(err, dialtone.ErrNotFound)
	if over && v.in.Number != "" {
		var started signin.Started
		started, err = h.Signin.Start(r.Context(), h.startRequest(r, v, v.in.Number), h.Now())
		if err == nil {
			v.in.Challenge = started.ChallengeID
		}
	}
	if err == nil {
		h.bind(w, r, &v.in)
		seeOther(w, h.here("/signin/pin", v.in)+"&again")
		return
	}
	h.showResendProblem(w, r, v, err)
}

func (h *Handler) showResendProblem(w http.ResponseWriter, r *http.Request, v visit, err error) {
	page, state, ok := h.pinPage(w, r, v)
	if !ok {
		return
	}
	status := http.StatusTooManyRequests
	var budget *dialtone.BudgetError
	switch {
	case errors.As(err, &budget):
		page.Problem, page.RetryAfter = pages.PINResendRefused, budget.RetryAfter
		retryAfter(w, budget.RetryAfter)
	case errors.Is(err, dialtone.ErrConflict) && state.Verified:
		h.Proceed(w, r, v.in)
		return
	case errors.Is(err, dialtone.ErrConflict):
		page.Problem = pages.PINTooSoon
		retryAfter(w, page.ResendAfter)
	case errors.Is(err, dialtone.ErrExhausted):
		page.NoResend = true
	default:
		h.showPINProblem(w, r, v, err)
		return
	}
	h.Renderer.Render(w, r, status, page)
}

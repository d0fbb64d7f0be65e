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
	started, err := h.Signin.Resend(r.Context(), signin.ResendRequest{
		Asker: h.asker(r, v), ChallengeID: v.in.Challenge,
	}, h.Now())
	over := errors.Is(err, dialtone.ErrExpired) || errors.Is(err, dialtone.ErrSuperseded) || errors.Is(err, dialtone.ErrNotFound)
	if over && v.in.Number != "" {
		started, err = h.Signin.Start(r.Context(), h.startRequest(r, v, v.in.Number), h.Now())
		if err == nil {
			v.in.Challenge = started.ChallengeID
		}
	}
	if err == nil {
		h.turnBack(w, r, "/signin/pin", v.in, notice{Again: true, New: started.New})
		return
	}
	h.refuseResend(w, r, v, err)
}

// refuseResend turns back to the page, which says why nothing was sent.
func (h *Handler) refuseResend(w http.ResponseWriter, r *http.Request, v visit, err error) {
	if budget, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		retryAfter(w, budget.RetryAfter)
		h.turnBack(w, r, "/signin/pin", v.in, notice{Problem: string(pages.PINResendRefused), Until: h.Now().Add(budget.RetryAfter).Unix()})
		return
	}
	if errors.Is(err, dialtone.ErrExhausted) {
		h.turnTo(w, r, "/signin/pin", v.in) // the page says that it is not sent any more
		return
	}
	if !errors.Is(err, dialtone.ErrConflict) {
		h.refusePIN(w, r, v, err)
		return
	}
	page, state, ok := h.pinPage(w, r, v)
	switch {
	case !ok:
	case state.Verified:
		h.resume(w, r, v.in)
	default:
		retryAfter(w, page.ResendAfter)
		h.turnBack(w, r, "/signin/pin", v.in, notice{Problem: string(pages.PINTooSoon)})
	}
}

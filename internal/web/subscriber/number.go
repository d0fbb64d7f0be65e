package subscriber

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/signin"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// showNumber asks for the phone number. What was typed before, or login_hint, fills it in.
func (h *Handler) showNumber(w http.ResponseWriter, r *http.Request) {
	v, ok := h.open(w, r)
	if !ok {
		return
	}
	if !v.reg.ReachesSomebody(h.Now()) {
		h.Proceed(w, r, v.in) // no number would help
		return
	}
	page := h.numberPage(r, v)
	switch {
	case h.restoreNumber(r, v, &page):
	case v.in.Number != "":
		page.Value = directory.Display(v.in.Number)
	case v.in.Request.LoginHint != "":
		page.Value = directory.Display(today(v.in.Request.LoginHint))
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// today returns a number that an app knows, which may know it from long ago, as the page would read it.
func today(number dialtone.PhoneNumber) dialtone.PhoneNumber {
	reading, err := directory.Read(number.E164(), "")
	if err != nil {
		return number // the person sees what is wrong with it
	}
	return reading.Number
}

func (h *Handler) numberPage(r *http.Request, v visit) pages.Number {
	return pages.Number{
		Frame: v.frame(dialtone.Operator{}), State: h.Flow.Seal(v.in), Product: v.reg.Product,
		Organization: v.reg.Organization.Name, Operators: h.worksWith(r, v.reg), Trial: h.trial(v.reg), Back: h.back(v.in, wentBack),
	}
}

// restoreNumber fills the page with what was typed before and what is to be said about it, and reports whether there was any.
func (h *Handler) restoreNumber(r *http.Request, v visit, page *pages.Number) bool {
	n, ok := h.notice(r, "/signin", v.in)
	if !ok {
		return false
	}
	page.Value, page.Problem, page.RetryAfter = n.Value, pages.NumberProblem(n.Problem), n.left(h.Now())
	if n.Confirm != "" {
		page.Confirm, page.Edit = web.LTR(directory.Display(n.Confirm)), h.here("/signin", v.in)
	}
	if n.Also != "" {
		page.Also = web.LTR(directory.Display(n.Also))
	}
	return true
}

// worksWith names the operators whose subscribers the product reaches, the sandbox only where there is no other. Without their
// names, whose look-up failed, the page is as useful as before.
func (h *Handler) worksWith(r *http.Request, reg dialtone.Registration) pages.Operators {
	all, err := h.Catalog.Operators(r.Context())
	if err != nil {
		return nil
	}
	var real, sandbox pages.Operators
	for _, operator := range all {
		switch {
		case !reg.EnabledAt(operator.ID):
		case operator.Sandbox:
			sandbox = append(sandbox, operator.Name)
		default:
			real = append(real, operator.Name)
		}
	}
	if len(real) == 0 {
		return sandbox
	}
	return real
}

// trial reports whether those who were named to try the product are all the real people whom it reaches.
func (h *Handler) trial(reg dialtone.Registration) bool { return !reg.LetIn() && reg.Tried(h.Now()) }

// sendPIN takes the number and has a PIN sent to it. Served, unknown and blocked numbers get the same answer by the same work.
func (h *Handler) sendPIN(w http.ResponseWriter, r *http.Request) {
	v, ok := h.open(w, r)
	if !ok {
		return
	}
	if !v.reg.ReachesSomebody(h.Now()) {
		h.Proceed(w, r, v.in)
		return
	}
	typed := r.PostForm.Get("phone_number")
	reading, err := directory.Read(typed, h.Region)
	if wrong, ok := errors.AsType[*directory.NumberError](err); ok {
		h.turnBack(w, r, "/signin", v.in, notice{Problem: string(wrong.Problem), Value: kept(typed)})
		return
	}
	if reading.Guessed || reading.Also != "" && r.PostForm.Get("confirmed") == "" {
		// Something of the number is ours, so the person sees what we made of it before anything is sent.
		h.turnBack(w, r, "/signin", v.in, notice{Confirm: reading.Number, Also: reading.Also})
		return
	}
	number := reading.Number
	started, err := h.Signin.Start(r.Context(), h.startRequest(r, v, number), h.Now())
	if exhausted, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		retryAfter(w, exhausted.RetryAfter)
		h.turnBack(w, r, "/signin", v.in, notice{Problem: string(pages.NumberTooMany), Value: kept(typed), Until: h.Now().Add(exhausted.RetryAfter).Unix()})
		return
	}
	if err != nil {
		h.refuseVisit(w, r, v, err)
		return
	}
	h.count(v.reg, "", dialtone.TallySignInStarted)
	v.in.Number, v.in.Challenge = number, started.ChallengeID
	h.turnTo(w, r, "/signin/pin", v.in)
}

func (h *Handler) startRequest(r *http.Request, v visit, number dialtone.PhoneNumber) signin.StartRequest {
	return signin.StartRequest{Asker: h.asker(r, v), Number: number, RequestHash: v.in.ID}
}

func (h *Handler) asker(r *http.Request, v visit) signin.Asker {
	return signin.Asker{
		App: v.reg, BrowserID: h.Cookies.Get(r, browserCookie), Known: h.Cookies.Get(r, knownCookie), Language: v.in.Language, Network: h.ClientIP(r), Host: h.host(),
	}
}

// host is the identity server's name, for the origin-bound line of the SMS.
func (h *Handler) host() string {
	issuer, err := url.Parse(h.Issuer)
	if err != nil {
		return ""
	}
	return issuer.Hostname()
}

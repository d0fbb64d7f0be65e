package subscriber

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// The cookies. All are HttpOnly and SameSite=Lax.
const (
	sessionCookie = "dialtone_session" // signin's: session id and secret
	browserCookie = "dialtone_browser" // a random id that binds interactions and PINs to this browser
	knownCookie   = "dialtone_known"   // signin's, sealed: with which lines this browser signed in before
)

// Proceed takes an interaction to whatever comes next: a page for the person or the answer for the client.
func (h *Handler) Proceed(w http.ResponseWriter, r *http.Request, in flow.Interaction) {
	situation, err := h.situation(r, in)
	if err != nil {
		h.refuseVisit(w, r, visit{in: in}, err)
		return
	}
	h.proceed(w, r, in, situation)
}

// proceed is Proceed for whoever knows the situation.
func (h *Handler) proceed(w http.ResponseWriter, r *http.Request, in flow.Interaction, situation flow.Situation) {
	if isOwn(in) {
		h.proceedToOwn(w, r, in, situation)
		return
	}
	step := flow.Next(in, situation)
	switch {
	case step.Fail != nil && r.Method == http.MethodPost:
		h.turnTo(w, r, "/consent", in) // which comes here again: no page is the answer to a form
	case step.Issue():
		h.count(situation.Registration, situation.Subscription.OperatorID, dialtone.TallySignInCompleted)
		h.answer(w, r, in, h.Flow.Finish(in, situation))
	case step.Page == flow.NotAvailablePage:
		h.count(situation.Registration, situation.Subscription.OperatorID, dialtone.TallySignInNotAvailable)
		h.showNotAvailable(w, r, in, situation, step.Fail)
	case step.Fail != nil:
		h.answerUnasked(w, r, in, unasked{failure: step.Fail, reg: situation.Registration, signedIn: situation.SignedIn()})
	case step.Page == flow.SignInPage:
		h.turnTo(w, r, "/signin", in)
	case step.Page == flow.ConsentPage:
		h.turnTo(w, r, "/consent", in)
	}
}

// resume is Proceed for whoever comes back to a page that is done.
func (h *Handler) resume(w http.ResponseWriter, r *http.Request, in flow.Interaction) {
	situation, err := h.situation(r, in)
	if err != nil {
		h.refuseVisit(w, r, visit{in: in}, err)
		return
	}
	h.resumeIn(w, r, in, situation)
}

// resumeIn is resume for whoever knows the situation. A client that has redeemed its code has its answer: a second one would be
// a replay, which ends what the first one yielded (RFC 6749 §4.1.2), so the person is told instead. One that has not may have lost
// it.
func (h *Handler) resumeIn(w http.ResponseWriter, r *http.Request, in flow.Interaction, s flow.Situation) {
	if !flow.Next(in, s).Issue() {
		h.proceed(w, r, in, s)
		return
	}
	answered, err := h.Flow.Answered(r.Context(), in, s)
	switch {
	case err != nil:
		h.refuseVisit(w, r, visit{in: in, reg: s.Registration}, err)
	case !answered:
		h.proceed(w, r, in, s)
	case r.Method == http.MethodPost:
		h.turnTo(w, r, "/consent", in)
	default:
		frame := visit{in: in}.frame(h.brand(r, s.Subscription.OperatorID))
		h.showError(w, r, http.StatusOK, pages.Error{Frame: frame, Problem: pages.ProblemAnswered, Product: s.Registration.Product})
	}
}

// situation reads what Next needs: with a session, one read of the database.
func (h *Handler) situation(r *http.Request, in flow.Interaction) (flow.Situation, error) {
	reg, err := h.registration(r, in)
	if err != nil {
		return flow.Situation{}, err
	}
	state, err := h.Signin.Session(r.Context(), h.Cookies.Get(r, sessionCookie), reg.Product.ID, h.Now())
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return flow.Situation{}, err
	}
	return h.situationIn(in, reg, state)
}

// situationIn is the situation of a session at the product, or of nobody where there is none.
func (h *Handler) situationIn(in flow.Interaction, reg dialtone.Registration, state dialtone.SessionState) (flow.Situation, error) {
	hinted, err := h.hinted(in)
	if err != nil {
		return flow.Situation{}, err
	}
	s := flow.Situation{Registration: reg, Hinted: hinted, Now: h.Now()}
	if state.Session.ID != "" {
		s.Session, s.Subscription, s.Consent = state.Session, state.Subscription, state.Consent
		s.Subject = h.Minter.Subject(reg.Product.ID, state.Subscription.ID)
	}
	return s, nil
}

// hinted returns the sub that the request insists on (OpenID Connect Core 1.0 §3.1.2.1 id_token_hint, §5.5.1 claims).
func (h *Handler) hinted(in flow.Interaction) (string, error) {
	if subject := in.Request.Claims.SubjectValue(); subject != "" {
		return subject, nil
	}
	if in.Request.IDTokenHint == "" {
		return "", nil
	}
	hint, err := h.Minter.VerifyIDTokenHint(in.Request.IDTokenHint)
	if err != nil {
		return "", h.refusal(in, oauth.NewError(oauth.InvalidRequest, "id_token_hint is not an ID token of this server"))
	}
	return hint.Subject, nil
}

// refusal is an authorization failure that goes back to the client.
func (h *Handler) refusal(in flow.Interaction, failure *oauth.Error) error {
	return &oauth.RedirectError{ClientID: in.Request.ClientID, RedirectURI: in.Request.RedirectURI, ResponseMode: in.Request.ResponseMode, State: in.Request.State, Err: failure}
}

// turnTo sends the browser to a page with the interaction sealed for this browser.
func (h *Handler) turnTo(w http.ResponseWriter, r *http.Request, path string, in flow.Interaction) {
	in.Asked = nil // of the form that was answered
	h.bind(w, r, &in)
	seeOther(w, h.here(path, in))
}

// bind ties the interaction to this browser, which gets its cookie if it has none, and to the language of its pages.
func (h *Handler) bind(w http.ResponseWriter, r *http.Request, in *flow.Interaction) {
	browser := h.Cookies.Get(r, browserCookie)
	if len(browser) < 32 {
		browser = secret.Token("").Reveal()
		h.Cookies.Set(w, browserCookie, browser, browserLifetime)
	}
	in.Browser = secret.Hash(browser)
	if in.Language == "" {
		in.Language = h.Renderer.Match(in.Request.UILocales, r.Header.Get("Accept-Language"))
	}
}

// seeOther turns the browser to an address that is right as it is; http.Redirect would add a body.
func seeOther(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}

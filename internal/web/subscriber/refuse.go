package subscriber

import (
	"errors"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// Refuse answers what failed outside of a sign-in.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.refuse(w, r, err, exits{frame: web.Frame{Locales: locales(r)}})
}

// refuseVisit answers what failed in a sign-in: a page about a fault of ours leads back to the app and to the form, too.
func (h *Handler) refuseVisit(w http.ResponseWriter, r *http.Request, v visit, err error) {
	v.in.Asked = nil // of the form; the page asks anew
	h.refuse(w, r, err, exits{
		frame: v.frame(dialtone.Operator{}), product: v.reg.Product, again: h.here(formPage(r.URL.Path), v.in),
		back: func(failure *oauth.Error) string { return h.back(v.in, failure) },
	})
}

// locales are the languages that the request's address asks for. A request that was refused was read no further.
func locales(r *http.Request) []string { return oauth.ParseLocales(r.URL.Query().Get("ui_locales")) }

// exits is what is known about the way out of a failure.
type exits struct {
	frame   web.Frame
	product dialtone.Product                  // zero if unknown
	again   string                            // the page of the form that failed; empty: there was none
	back    func(failure *oauth.Error) string // the address that takes a fault of ours to the app; nil: no app is known
}

// What the app is told of a fault of ours when a person goes back to it (RFC 6749 §4.1.2.1).
var (
	unavailable = oauth.NewError(oauth.TemporarilyUnavailable, "the server could not reach its own systems; begin again in a moment")
	ourFault    = oauth.NewError(oauth.ServerError, "something went wrong on the server; begin again")
)

// fault puts onto the page about a fault of ours where it leads: to the same once more, and to the app.
func (e exits) fault(r *http.Request, page *pages.Error, failure *oauth.Error) {
	page.Again = e.again
	if r.Method == http.MethodGet {
		page.Again = r.URL.RequestURI()
	}
	if e.back != nil {
		page.Back = e.back(failure)
	}
}

// refuse is the one place of this face where an error becomes an answer and a log line. What goes to a client goes there;
// everything else is a page with an id under which the log has the cause.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error, e exits) {
	id := secret.ID("er")
	var redirect *oauth.RedirectError
	if errors.As(err, &redirect) {
		h.refuseRequest(w, r, id, redirect, e.frame)
		return
	}
	page := pages.Error{Frame: e.frame, ErrorID: web.LTR(id), Product: e.product}
	var known *oauth.Error
	switch {
	case errors.As(err, &known):
		detail, client := "", ""
		if wrong, ok := errors.AsType[*oauth.PageError](err); ok {
			detail, client = wrong.Detail, wrong.ClientID
		}
		h.Log.InfoContext(r.Context(), "authorization request refused", "error_id", id, "client", client, "error", known, "detail", detail)
		kept := h.refused(r.Context(), dialtone.FailedRequest{
			ID: id, ClientID: client, Code: string(known.Code), Description: known.Description, Detail: detail,
		})
		page.Problem, page.Developer = pages.ProblemRequest, known.Description
		if kept && h.Portal != "" {
			page.Portal = h.Portal + "/requests?id=" + id
		}
		h.showError(w, r, http.StatusBadRequest, page)
	case errors.Is(err, dialtone.ErrUnavailable):
		h.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error_id", id, "error", err)
		page.Problem, page.RetryAfter = pages.ProblemUnavailable, 2*time.Second
		retryAfter(w, page.RetryAfter)
		e.fault(r, &page, unavailable)
		h.showError(w, r, http.StatusServiceUnavailable, page)
	case errors.Is(err, dialtone.ErrInvalid):
		// Text that no database can keep; faults that a person could mend have a page of their own.
		h.Log.InfoContext(r.Context(), "request refused", "path", r.URL.Path, "error_id", id, "error", err)
		page.Problem = pages.ProblemRequest
		h.showError(w, r, http.StatusBadRequest, page)
	default:
		h.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error_id", id, "error", err)
		page.Problem = pages.ProblemFault
		e.fault(r, &page, ourFault)
		h.showError(w, r, http.StatusInternalServerError, page)
	}
}

// refuseRequest tells the client what is wrong with its request.
func (h *Handler) refuseRequest(w http.ResponseWriter, r *http.Request, id string, fault *oauth.RedirectError, frame web.Frame) {
	h.Log.InfoContext(r.Context(), "authorization request refused", "error_id", id, "check", fault.Check, "client", fault.ClientID, "error", fault)
	reg, err := h.Catalog.Registration(r.Context(), fault.ClientID)
	if err != nil {
		reg = dialtone.Registration{} // then nobody has vouched for it
	}
	in := flow.Interaction{Language: frame.Language, Request: oauth.AuthorizationRequest{
		ClientID: fault.ClientID, RedirectURI: fault.RedirectURI, ResponseMode: fault.ResponseMode, State: fault.State, UILocales: frame.Locales,
	}}
	h.answerUnasked(w, r, in, unasked{failure: fault.Err, reg: reg, signedIn: h.signedIn(r), faultID: id})
}

// refuseForeign answers a form that a page of another site sent. The log has what the browser says: a wrong issuer shows there.
func (h *Handler) refuseForeign(w http.ResponseWriter, r *http.Request) {
	h.Log.InfoContext(r.Context(), "form of another site refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"), "issuer", h.Issuer)
	h.showError(w, r, http.StatusForbidden, pages.Error{Problem: pages.ProblemForm})
}

func (h *Handler) showError(w http.ResponseWriter, r *http.Request, status int, page pages.Error) {
	if page.Locales == nil {
		page.Locales = locales(r)
	}
	h.Renderer.Render(w, r, status, page)
}

// showNotAvailable says that the product does not reach the person's operator, or no operator at all.
func (h *Handler) showNotAvailable(w http.ResponseWriter, r *http.Request, in flow.Interaction, s flow.Situation, failure *oauth.Error) {
	v := visit{in: in, reg: s.Registration}
	if !s.Registration.ReachesSomebody(h.Now()) {
		h.Renderer.Render(w, r, http.StatusForbidden, pages.NotAvailable{
			Frame: v.frame(dialtone.Operator{}), Nowhere: true, Product: s.Registration.Product, Back: h.back(in, failure),
		})
		return
	}
	again := in
	again.Request.Prompt.Login = true // another number, please
	h.bind(w, r, &again)
	h.Renderer.Render(w, r, http.StatusForbidden, pages.NotAvailable{
		Frame:       v.frame(h.brand(r, s.Subscription.OperatorID)),
		Product:     s.Registration.Product,
		Number:      s.Subscription.PhoneNumber,
		OtherNumber: h.here("/signin", again),
		Back:        h.back(in, failure),
	})
}

func (h *Handler) showFront(w http.ResponseWriter, r *http.Request) {
	h.Renderer.Render(w, r, http.StatusOK, pages.Front{})
}

func (h *Handler) showNothing(w http.ResponseWriter, r *http.Request) {
	h.showError(w, r, http.StatusNotFound, pages.Error{Problem: pages.ProblemNotFound})
}

// Illegible answers a request that has a NUL or broken UTF-8 in its path (404), its query or a header (400), before a handler
// sees it.
func (h *Handler) Illegible(w http.ResponseWriter, r *http.Request, status int) {
	if status == http.StatusNotFound {
		h.showNothing(w, r)
		return
	}
	h.showError(w, r, status, pages.Error{Problem: pages.ProblemForm})
}

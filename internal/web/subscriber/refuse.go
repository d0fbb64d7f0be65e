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

// Refuse is the one place of this face where an error becomes an answer and a log line. What goes to a client goes there;
// everything else is a page with an id under which the log has the cause.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	id := secret.ID("er")
	var redirect *oauth.RedirectError
	if errors.As(err, &redirect) {
		h.refuseRequest(w, r, id, redirect)
		return
	}
	page := pages.Error{ErrorID: web.LTR(id)}
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
		if r.Method == http.MethodGet {
			page.Again = r.URL.RequestURI()
		}
		h.showError(w, r, http.StatusServiceUnavailable, page)
	case errors.Is(err, dialtone.ErrInvalid):
		// Text that no database can keep; faults that a person could mend have a page of their own.
		h.Log.InfoContext(r.Context(), "request refused", "path", r.URL.Path, "error_id", id, "error", err)
		page.Problem = pages.ProblemRequest
		h.showError(w, r, http.StatusBadRequest, page)
	default:
		h.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error_id", id, "error", err)
		page.Problem = pages.ProblemFault
		h.showError(w, r, http.StatusInternalServerError, page)
	}
}

// refuseRequest tells the client what is wrong with its request.
func (h *Handler) refuseRequest(w http.ResponseWriter, r *http.Request, id string, fault *oauth.RedirectError) {
	h.Log.InfoContext(r.Context(), "authorization request refused", "error_id", id, "check", fault.Check, "client", fault.ClientID, "error", fault)
	reg, err := h.Catalog.Registration(r.Context(), fault.ClientID)
	if err != nil {
		reg = dialtone.Registration{} // then nobody has vouched for it
	}
	in := flow.Interaction{Request: oauth.AuthorizationRequest{
		ClientID: fault.ClientID, RedirectURI: fault.RedirectURI, ResponseMode: fault.ResponseMode, State: fault.State,
	}}
	h.answerUnasked(w, r, in, unasked{failure: fault.Err, reg: reg, signedIn: h.signedIn(r), faultID: id})
}

// refuseForeign answers a form that a page of another site sent. The log has what the browser says: a wrong issuer shows there.
func (h *Handler) refuseForeign(w http.ResponseWriter, r *http.Request) {
	h.Log.InfoContext(r.Context(), "form of another site refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"), "issuer", h.Issuer)
	h.showError(w, r, http.StatusForbidden, pages.Error{Problem: pages.ProblemForm})
}

func (h *Handler) showError(w http.ResponseWriter, r *http.Request, status int, page pages.Error) {
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

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
		h.Log.InfoContext(r.Context(), "authorization request refused", "error_id", id, "check", redirect.Check,
			"client", redirect.ClientID, "error", redirect)
		h.refused(r.Context(), dialtone.FailedRequest{
			ID: id, ClientID: redirect.ClientID, Code: string(redirect.Err.Code), Description: redirect.Err.Description,
		})
		in := flow.Interaction{Request: oauth.AuthorizationRequest{
			ClientID: redirect.ClientID, RedirectURI: redirect.RedirectURI, ResponseMode: redirect.ResponseMode, State: redirect.State,
		}}
		h.answer(w, r, in, h.Flow.Fail(in, redirect.Err))
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
	default:
		h.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error_id", id, "error", err)
		page.Problem = pages.ProblemFault
		h.showError(w, r, http.StatusInternalServerError, page)
	}
}

func (h *Handler) showError(w http.ResponseWriter, r *http.Request, status int, page pages.Error) {
	h.Renderer.Render(w, r, status, page)
}

// showNotAvailable says that the product does not reach the person's operator.
func (h *Handler) showNotAvailable(w http.ResponseWriter, r *http.Request, in flow.Interaction, s flow.Situation, failure *oauth.Error) {
	v := visit{in: in, reg: s.Registration}
	response := h.Flow.Fail(in, failure)
	back := oauth.RedirectLocation(response.RedirectURI, response.Params)
	if response.Mode == oauth.ResponseModeFormPost {
		back = h.here("/back", in)
	}
	again := in
	again.Request.Prompt.Login = true // another number, please
	h.bind(w, r, &again)
	h.Renderer.Render(w, r, http.StatusForbidden, pages.NotAvailable{
		Frame:       v.frame(h.brand(r, s.Subscription.OperatorID)),
		Product:     s.Registration.Product,
		Number:      s.Subscription.PhoneNumber,
		OtherNumber: h.here("/signin", again),
		Back:        back,
	})
}

// showFormPost sends the browser to the client by POST: the page's script submits it, or the person does.
func (h *Handler) showFormPost(w http.ResponseWriter, r *http.Request, in flow.Interaction, response flow.Response) {
	reg, err := h.Catalog.Registration(r.Context(), in.Request.ClientID)
	if err != nil {
		reg = dialtone.Registration{} // the answer leaves all the same
	}
	page := pages.FormPost{
		Frame: visit{in: in}.frame(dialtone.Operator{}), Product: reg.Product, Action: response.RedirectURI,
	}
	for _, p := range response.Params {
		page.Fields = append(page.Fields, pages.Field{Name: p.Name, Value: p.Value})
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

func (h *Handler) showFront(w http.ResponseWriter, r *http.Request) {
	h.Renderer.Render(w, r, http.StatusOK, pages.Front{})
}

func (h *Handler) showNothing(w http.ResponseWriter, r *http.Request) {
	h.showError(w, r, http.StatusNotFound, pages.Error{Problem: pages.ProblemNotFound})
}

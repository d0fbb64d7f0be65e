package subscriber

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// answer gives the client its authorization response: by redirect, or by a form that posts itself
// (OAuth 2.0 Form Post Response Mode §2). A person is signed in or pressed something on a page of ours; else: answerUnasked.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, in flow.Interaction, response flow.Response) {
	if response.Mode != oauth.ResponseModeFormPost {
		seeOther(w, response.Location())
		return
	}
	reg, err := h.Catalog.Registration(r.Context(), in.Request.ClientID)
	if err != nil {
		reg = dialtone.Registration{} // the answer leaves all the same
	}
	h.Renderer.Render(w, r, http.StatusOK, pages.FormPost{
		Frame: visit{in: in}.frame(dialtone.Operator{}), Product: reg.Product, Action: response.RedirectURI, Fields: fields(response),
	})
}

func fields(response flow.Response) []pages.Field {
	list := make([]pages.Field, len(response.Params))
	for i, p := range response.Params {
		list[i] = pages.Field(p)
	}
	return list
}

// unasked is a failure that the client is to hear of though nobody did anything here: a link alone led to it.
type unasked struct {
	failure  *oauth.Error
	reg      dialtone.Registration // zero if nobody can say
	signedIn bool                  // somebody is, at this browser
	faultID  string                // under which the log has the client's fault; empty: the request was good
}

// askedFirst is for the developers of a client whose person was asked.
const askedFirst = "the browser was not sent on by itself: a page asked the person first, because no operator has enabled the product by its own decision and nobody was signed in"

// answerUnasked tells the client of the failure at once if the way there is trusted or the person is signed in. Else it asks
// the person: a link to this host must not lead to any stranger's page by itself (RFC 9700 §4.11.2). The client's developers
// find both in the portal.
func (h *Handler) answerUnasked(w http.ResponseWriter, r *http.Request, in flow.Interaction, u unasked) {
	response := h.Flow.Fail(in, u.failure)
	refusal := dialtone.FailedRequest{
		ID: u.faultID, ClientID: in.Request.ClientID, Code: string(u.failure.Code), Description: u.failure.Description,
	}
	if u.signedIn || u.reg.Trusted(response.RedirectURI) {
		if u.faultID != "" {
			h.refused(r.Context(), refusal)
		}
		h.answer(w, r, in, response)
		return
	}
	refusal.ID, refusal.Detail = cmp.Or(u.faultID, secret.ID("er")), askedFirst
	page := pages.Leave{
		Frame: visit{in: in}.frame(dialtone.Operator{}), Host: destination(response.RedirectURI), ErrorID: web.LTR(refusal.ID),
	}
	if response.Mode == oauth.ResponseModeFormPost {
		page.Action, page.Fields = response.RedirectURI, fields(response)
	} else {
		page.Address = response.Location()
	}
	if h.refused(r.Context(), refusal) && h.Portal != "" {
		page.Portal = h.Portal + "/requests?id=" + refusal.ID
	}
	h.Renderer.Render(w, r, http.StatusBadRequest, page)
}

// destination names where an address leads: its host with the port, or the scheme that an app registered for itself.
func destination(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return cmp.Or(parsed.Host, parsed.Scheme)
}

// signedIn reports whether somebody is signed in at the browser. While the database is away, nobody is.
func (h *Handler) signedIn(r *http.Request) bool {
	_, err := h.Signin.Session(r.Context(), h.Cookies.Get(r, sessionCookie), "", h.Now())
	return err == nil
}

package subscriber

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

const (
	maxForm         = 64 << 10             // bytes of a posted form
	knownLifetime   = 400 * 24 * time.Hour // of the known-lines cookie: as long as browsers keep one (RFC 6265bis §5.5)
	browserLifetime = 24 * time.Hour       // of the browser-id cookie; far longer than an interaction
)

// visit is one request for a page of an interaction: what every such handler begins with.
type visit struct {
	in  flow.Interaction
	reg dialtone.Registration
}

// open reads the interaction of a page, from the address or from the form. When it returns false, the request is answered.
func (h *Handler) open(w http.ResponseWriter, r *http.Request) (visit, bool) {
	sealed := r.URL.Query().Get("r")
	if r.Method == http.MethodPost {
		if !h.parseForm(w, r) {
			return visit{}, false
		}
		sealed = r.PostForm.Get("r")
	}
	in, err := h.Flow.Open(sealed, h.Cookies.Get(r, browserCookie), h.Now())
	if err != nil && r.Method == http.MethodPost && repeat(w, formPage(r.URL.Path), "r", sealed) {
		return visit{}, false // the page says the same
	}
	if errors.Is(err, dialtone.ErrInvalid) {
		h.showError(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemForm})
		return visit{}, false
	}
	problem, failure := pages.ProblemExpired, tookTooLong
	if errors.Is(err, dialtone.ErrForbidden) {
		problem, failure = pages.ProblemOtherBrowser, otherBrowser
	}
	reg, lookUp := h.registration(r, in)
	if lookUp != nil {
		h.refuseVisit(w, r, visit{in: in}, lookUp)
		return visit{}, false
	}
	v := visit{in: in, reg: reg}
	if err != nil {
		page := pages.Error{Frame: v.frame(dialtone.Operator{}), Problem: problem, Product: reg.Product, Back: h.back(in, failure)}
		h.showError(w, r, http.StatusBadRequest, page)
		return visit{}, false
	}
	return v, true
}

// registration is that of the client which began the interaction. One that was deleted meanwhile is no fault of ours, and its
// address is nobody's any more.
func (h *Handler) registration(r *http.Request, in flow.Interaction) (dialtone.Registration, error) {
	reg, err := h.Catalog.Registration(r.Context(), in.Request.ClientID)
	if errors.Is(err, dialtone.ErrNotFound) {
		err = oauth.NewError(oauth.InvalidClient, "client_id is unknown; the client was deleted").WithCause(err)
	}
	if isOwn(in) {
		reg.Product.Name = h.Renderer.Say(in.Language, pages.OwnName())
	}
	return reg, err
}

// formPage is the path of the page that has the form of a path.
func formPage(path string) string {
	if path == "/signin/resend" {
		return "/signin/pin"
	}
	return path
}

// repeat turns the browser from a form to the page of the same state, which has the same to say. It returns false, and does
// nothing, if the state is longer than any of ours: an address cannot carry it.
func repeat(w http.ResponseWriter, path, name, state string) bool {
	const longest = 7 << 10 // bytes; proxies take addresses of 8 KB
	query := url.Values{name: {state}}.Encode()
	if len(query) > longest {
		return false
	}
	seeOther(w, path+"?"+query)
	return true
}

// parseForm reads a posted form. When it returns false, the request is answered.
func (h *Handler) parseForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		h.showError(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemForm})
		return false
	}
	return true
}

// frame is what a page of the interaction looks like, and where its form may lead.
func (v visit) frame(operator dialtone.Operator) web.Frame {
	return web.Frame{Language: v.in.Language, Locales: v.in.Request.UILocales, Operator: operator, Forms: web.FormsLeave}
}

// brandBefore is the brand that is shown before anybody has proved a number: by the published number range, never by the
// directory, which would tell who is served (docs/decisions/0004).
func (h *Handler) brandBefore(r *http.Request, number dialtone.PhoneNumber) dialtone.Operator {
	operators, err := h.Catalog.Operators(r.Context())
	if err != nil {
		return dialtone.Operator{}
	}
	operator, _ := directory.OperatorByRange(operators, number)
	return operator
}

// brand is the operator of a line that was proved.
func (h *Handler) brand(r *http.Request, operatorID string) dialtone.Operator {
	operator, err := h.Catalog.Operator(r.Context(), operatorID)
	if err != nil {
		h.Log.WarnContext(r.Context(), "brand not found", "operator", operatorID, "error", err)
	}
	return operator
}

// What the app is told when a person goes back to it, by the page that they go back from.
var (
	wentBack     = oauth.NewError(oauth.AccessDenied, "the person went back without signing in")
	tookTooLong  = oauth.NewError(oauth.AccessDenied, "the sign-in was not finished in time; begin again")
	otherBrowser = oauth.NewError(oauth.AccessDenied, "the sign-in was begun in another browser, or this one keeps no cookies; begin again")
)

// back is the address that takes the person to the app with the failure. A link cannot post, so for response_mode=form_post it
// leads to goBack, with the failure sealed into the interaction.
func (h *Handler) back(in flow.Interaction, failure *oauth.Error) string {
	if isOwn(in) {
		return "" // there is no app to go back to
	}
	response := h.Flow.Fail(in, failure)
	if response.Mode == oauth.ResponseModeFormPost {
		in.Failure = failure
		return h.here("/back", in)
	}
	return response.Location()
}

// goBack answers the app with a failure, by POST where it asked for that. Every page of an interaction leads here, also one
// that is too old or another browser's: no more than a failure is to be had. Only the browser that the interaction is bound to
// was on such a page for certain; anybody can send the link to somebody else.
func (h *Handler) goBack(w http.ResponseWriter, r *http.Request) {
	browser := h.Cookies.Get(r, browserCookie)
	in, err := h.Flow.Open(r.URL.Query().Get("r"), browser, h.Now())
	if errors.Is(err, dialtone.ErrInvalid) {
		h.showError(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemForm})
		return
	}
	failure := cmp.Or(in.Failure, wentBack)
	if isOwn(in) {
		seeOther(w, "/")
		return
	}
	if in.Of(browser) {
		h.answer(w, r, in, h.Flow.Fail(in, failure))
		return
	}
	reg, err := h.registration(r, in)
	if err != nil {
		h.refuseVisit(w, r, visit{in: in}, err)
		return
	}
	h.answerUnasked(w, r, in, unasked{failure: failure, reg: reg, signedIn: h.signedIn(r)})
}

// here is the address of a page with this interaction.
func (h *Handler) here(path string, in flow.Interaction) string {
	return path + "?r=" + url.QueryEscape(h.Flow.Seal(in))
}

// retryAfter tells programs what the page tells people.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(wait/time.Second))))
}

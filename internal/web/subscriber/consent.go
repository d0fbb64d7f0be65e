package subscriber

import (
	"errors"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// showConsent asks the person to add the product to the line.
func (h *Handler) showConsent(w http.ResponseWriter, r *http.Request) {
	v, s, ok := h.openConsent(w, r)
	if !ok {
		return
	}
	page, err := h.consentPage(r, v, s)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// openConsent reads the interaction and what is known. Where consent is not what comes next (signed out in another tab,
// answered in another tab), the interaction goes to what does. When it returns false, the request is answered.
func (h *Handler) openConsent(w http.ResponseWriter, r *http.Request) (visit, flow.Situation, bool) {
	v, ok := h.open(w, r)
	if !ok {
		return visit{}, flow.Situation{}, false
	}
	s, err := h.situation(r, v.in, h.Cookies.Get(r, sessionCookie))
	if err != nil {
		h.Refuse(w, r, err)
		return visit{}, flow.Situation{}, false
	}
	if flow.Next(v.in, s).Page != flow.ConsentPage {
		h.Proceed(w, r, v.in)
		return visit{}, flow.Situation{}, false
	}
	return v, s, true
}

// shown returns the scopes that the page asks about: what is missing, or, where the app just wants the question repeated,
// all that it requests.
func shown(v visit, s flow.Situation) []string {
	if missing := consent.Missing(s.Consent, v.reg.Product, v.in.Request.Scopes); len(missing) > 0 {
		return missing
	}
	return v.in.Request.Scopes
}

func (h *Handler) consentPage(r *http.Request, v visit, s flow.Situation) (pages.Consent, error) {
	catalogue, err := h.Catalog.Scopes(r.Context())
	if err != nil {
		return pages.Consent{}, err
	}
	page := pages.Consent{
		Frame: v.frame(h.brand(r, s.Subscription.OperatorID)), State: h.Flow.Seal(v.in), Product: v.reg.Product,
		Organization: v.reg.Organization.Name, Number: s.Subscription.PhoneNumber, Update: s.Consent.ID != "",
	}
	for _, name := range shown(v, s) {
		setting, _ := v.reg.Product.Scope(name)
		if setting.Optional {
			// Never ticked at first; one that was granted before is, for the person ticked it then.
			page.Optional = append(page.Optional, pages.OptionalScope{Scope: catalogue[name], Ticked: s.Consent.Covers(name)})
			continue
		}
		page.Required = append(page.Required, catalogue[name])
	}
	return page, nil
}

// answerConsent records the person's answer and goes on.
func (h *Handler) answerConsent(w http.ResponseWriter, r *http.Request) {
	v, s, ok := h.openConsent(w, r)
	if !ok {
		return
	}
	page, err := h.consentPage(r, v, s)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	answer := consent.Answer{
		Subscription: s.Subscription, Product: v.reg.Product, ClientID: v.reg.Client.ID, Before: s.Consent,
		Shown: shown(v, s), Ticked: r.PostForm["scope"], Language: v.in.Language, Text: h.Renderer.Words(page),
		Terms: r.PostForm.Get("terms") != "",
	}
	switch r.PostForm.Get("decision") {
	case "allow":
		_, err = consent.Give(r.Context(), h.Store, answer, h.Now())
	case "deny":
		if err = consent.Refuse(r.Context(), h.Store, answer, h.Now()); err == nil {
			h.answer(w, r, v.in, h.Flow.Fail(v.in, oauth.NewError(oauth.AccessDenied, "the person refused")))
			return
		}
	default:
		h.Renderer.Render(w, r, http.StatusUnprocessableEntity, page)
		return
	}
	switch {
	case errors.Is(err, dialtone.ErrInvalid):
		page.Terms = answer.Terms
		page.TermsMissing = v.reg.Product.TermsURL != "" && !answer.Terms
		page.NothingLeft = !page.TermsMissing
		for i, optional := range page.Optional {
			page.Optional[i].Ticked = slices.Contains(answer.Ticked, optional.Name)
		}
		h.Renderer.Render(w, r, http.StatusUnprocessableEntity, page)
	case err != nil && !errors.Is(err, dialtone.ErrForbidden):
		h.Refuse(w, r, err)
	default:
		// A line that was blocked meanwhile (ErrForbidden) is signed out, and the dispatcher says so.
		h.Proceed(w, r, v.in)
	}
}

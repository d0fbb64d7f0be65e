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
	if flow.Next(v.in, s).Page != flow.ConsentPage {
		h.resumeIn(w, r, v.in, s) // signed out, or answered before: in another tab, or here before the back button
		return
	}
	page, err := h.consentPage(r, v, s)
	if err != nil {
		h.refuseVisit(w, r, v, err)
		return
	}
	if n, ok := h.notice(r, "/consent", v.in); ok {
		restoreConsent(&page, n, v.in.Request.Scopes)
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// openConsent reads the interaction and what is known. When it returns false, the request is answered.
func (h *Handler) openConsent(w http.ResponseWriter, r *http.Request) (visit, flow.Situation, bool) {
	v, ok := h.open(w, r)
	if !ok {
		return visit{}, flow.Situation{}, false
	}
	s, err := h.situation(r, v.in)
	if err != nil {
		h.refuseVisit(w, r, v, err)
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
	return slices.DeleteFunc(slices.Clone(v.in.Request.Scopes), func(name string) bool { _, enabled := v.reg.Product.Scope(name); return !enabled })
}

// question is what the page asks, as things are now.
func question(v visit, s flow.Situation) *flow.Asked {
	return &flow.Asked{SubscriptionID: s.Subscription.ID, Scopes: shown(v, s), Version: v.reg.Product.ConsentVersion}
}

func (h *Handler) consentPage(r *http.Request, v visit, s flow.Situation) (pages.Consent, error) {
	catalogue, err := h.Catalog.Scopes(r.Context())
	if err != nil {
		return pages.Consent{}, err
	}
	v.in.Asked = question(v, s)
	v.in.Asked.At = s.Now
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
	decision := r.PostForm.Get("decision")
	asked := v.in.Asked
	if decision == "deny" {
		// A no is a no, whatever was said in another tab meanwhile.
		h.refuseConsent(w, r, v, s)
		return
	}
	if flow.Next(v.in, s).Page != flow.ConsentPage {
		h.resumeIn(w, r, v.in, s) // signed out, or allowed before: a second yes changes nothing
		return
	}
	page, err := h.consentPage(r, v, s)
	if err != nil {
		h.refuseVisit(w, r, v, err)
		return
	}
	if decision != "allow" || asked == nil || !asked.Same(*question(v, s)) {
		// The person saw another question: another line's, other scopes or an older version. Ask the one that counts now.
		h.turnBack(w, r, "/consent", v.in, notice{Problem: questionChanged})
		return
	}
	answer := h.consentAnswer(r, v, s, page)
	answer.Seen = asked.At
	given, err := h.Consents.Give(r.Context(), answer, h.Now())
	switch {
	case err == nil:
		s.Consent = given
		h.proceed(w, r, v.in, s)
	case errors.Is(err, dialtone.ErrConflict):
		h.turnBack(w, r, "/consent", v.in, notice{Problem: questionChanged})
	case errors.Is(err, dialtone.ErrInvalid):
		h.turnBack(w, r, "/consent", v.in, halfAnswer(v, answer))
	case errors.Is(err, dialtone.ErrForbidden):
		h.Proceed(w, r, v.in) // the line was blocked meanwhile, and so signed out
	default:
		h.refuseVisit(w, r, v, err)
	}
}

// The problems of a consent page in a notice.
const (
	termsMissing    = "terms"
	nothingLeft     = "nothing"
	questionChanged = "changed" // the person saw another question
)

// halfAnswer is what the page says about an answer that was not whole, and what was ticked in it. Scopes are numbers in the
// request's list, for an address must stay short.
func halfAnswer(v visit, answer consent.Answer) notice {
	n := notice{Half: true, Problem: nothingLeft, Terms: answer.Terms}
	if v.reg.Product.TermsURL != "" && !answer.Terms {
		n.Problem = termsMissing
	}
	for i, name := range v.in.Request.Scopes {
		if slices.Contains(answer.Ticked, name) {
			n.Ticked = append(n.Ticked, i)
		}
	}
	return n
}

func restoreConsent(page *pages.Consent, n notice, requested []string) {
	page.TermsMissing, page.NothingLeft, page.Changed = n.Problem == termsMissing, n.Problem == nothingLeft, n.Problem == questionChanged
	if !n.Half {
		return // what was ticked, was ticked at another question
	}
	page.Terms = n.Terms
	for i, optional := range page.Optional {
		page.Optional[i].Ticked = slices.Contains(n.Ticked, slices.Index(requested, optional.Name))
	}
}

func (h *Handler) consentAnswer(r *http.Request, v visit, s flow.Situation, page pages.Consent) consent.Answer {
	return consent.Answer{
		Subscription: s.Subscription, Product: v.reg.Product, ClientID: v.reg.Client.ID, Before: s.Consent,
		Shown: shown(v, s), Ticked: r.PostForm["scope"], Language: v.in.Language, Text: h.Renderer.Words(page),
		Terms: r.PostForm.Get("terms") != "",
	}
}

// refuseConsent notes the refusal, if the person who refuses is the one who was asked, and tells the client. A yes that was said
// to the same question before is taken back: the last word counts (docs/decisions/0022).
func (h *Handler) refuseConsent(w http.ResponseWriter, r *http.Request, v visit, s flow.Situation) {
	if v.in.Asked != nil && v.in.Asked.SubscriptionID == s.Subscription.ID {
		page, err := h.consentPage(r, v, s)
		if err == nil {
			err = h.writeRefusal(r, v, s, page)
		}
		if err != nil {
			h.refuseVisit(w, r, v, err)
			return
		}
	}
	h.count(v.reg, s.Subscription.OperatorID, dialtone.TallySignInDenied)
	h.answer(w, r, v.in, h.Flow.Fail(v.in, oauth.NewError(oauth.AccessDenied, "the person refused")))
}

// writeRefusal notes a no. What was given after the question was shown goes with it.
func (h *Handler) writeRefusal(r *http.Request, v visit, s flow.Situation, page pages.Consent) error {
	if !s.Consent.Granted.After(v.in.Asked.At) {
		if err := h.Consents.Refuse(r.Context(), h.consentAnswer(r, v, s, page), h.Now()); err != nil {
			return err
		}
		// A yes that was on its way at the same time was written before this no, or finds it.
		after, err := h.Store.Consent(r.Context(), s.Subscription.ID, v.reg.Product.ID)
		if errors.Is(err, dialtone.ErrNotFound) || err == nil && !after.Granted.After(v.in.Asked.At) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	err := h.Consents.Revoke(r.Context(), consent.Removal{
		OperatorID: s.Subscription.OperatorID, SubscriptionID: s.Subscription.ID, ProductID: v.reg.Product.ID, ClientID: v.reg.Client.ID,
		Language: v.in.Language, Text: h.Renderer.Words(page), Channel: dialtone.ChannelConsentPage, Actor: "subscriber",
	}, h.Now())
	if errors.Is(err, dialtone.ErrNotFound) {
		return nil // taken back on another way meanwhile
	}
	return err
}

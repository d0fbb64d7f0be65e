package subscriber

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// ownClient stands in interactions for these pages themselves: whoever opens My products signs in as to any product, through the same
// pages with the same budgets, and nobody asks for a consent. No client can have this id (dialtone.IDRule).
const ownClient = "dialtone:my"

// own adds these pages to the clients that the catalogue knows.
type own struct {
	Catalog
	origin string
}

// Registration returns that of these pages, which reach the lines of every operator that is served, or that of a client.
func (o own) Registration(ctx context.Context, clientID string) (dialtone.Registration, error) {
	if clientID != ownClient {
		return o.Catalog.Registration(ctx, clientID)
	}
	operators, err := o.Operators(ctx)
	if err != nil {
		return dialtone.Registration{}, err
	}
	reg := dialtone.Registration{
		Client: dialtone.Client{ID: ownClient, ClientSettings: dialtone.ClientSettings{RedirectURIs: []string{o.origin + "/my"}}},
		// The name in the language of the page is filled in where that is known.
		Product: dialtone.Product{ID: ownClient, Name: "Dialtone"}, Listings: make(map[string]dialtone.ListingState), Approved: true,
	}
	for _, operator := range operators {
		reg.Listings[operator.ID] = dialtone.ListingEnabled
	}
	return reg, nil
}

func isOwn(in flow.Interaction) bool { return in.Request.ClientID == ownClient }

// proceedToOwn is proceed for these pages: who is signed in has arrived.
func (h *Handler) proceedToOwn(w http.ResponseWriter, r *http.Request, in flow.Interaction, s flow.Situation) {
	if s.SignedIn() {
		seeOther(w, "/my")
		return
	}
	h.turnTo(w, r, "/signin", in)
}

// own returns who is signed in. Whoever is not begins to, and comes back; then it returns false.
func (h *Handler) own(w http.ResponseWriter, r *http.Request) (dialtone.SessionState, bool) {
	state, err := h.Signin.Session(r.Context(), h.Cookies.Get(r, sessionCookie), "", h.Now())
	switch {
	case err == nil && state.Subscription.Active():
		return state, true
	case err != nil && !errors.Is(err, dialtone.ErrNotFound):
		h.Refuse(w, r, err)
		return state, false
	}
	h.turnTo(w, r, "/signin", flow.Begin(oauth.AuthorizationRequest{
		ClientID: ownClient, RedirectURI: h.Issuer + "/my", UILocales: locales(r),
	}, h.Now()))
	return state, false
}

func (h *Handler) ownFrame(r *http.Request, state dialtone.SessionState) web.Frame {
	return web.Frame{Language: h.Renderer.Match(locales(r), r.Header.Get("Accept-Language")), Operator: h.brand(r, state.Subscription.OperatorID)}
}

// showMy lists what the line allows.
func (h *Handler) showMy(w http.ResponseWriter, r *http.Request) {
	state, ok := h.own(w, r)
	if !ok {
		return
	}
	held, err := h.Store.ConsentsHeld(r.Context(), state.Subscription.ID)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	sessions, err := h.Store.LiveSessions(r.Context(), state.Subscription.ID, h.Now())
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	scopes, err := h.Catalog.Scopes(r.Context())
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	page := pages.My{Frame: h.ownFrame(r, state), Number: state.Subscription.PhoneNumber, Browsers: len(sessions)}
	if done := pages.MyDone(r.URL.Query().Get("done")); done == pages.MyRemoved || done == pages.MyNarrowed {
		page.Done = done
	}
	for _, one := range held {
		shown := pages.MyProduct{Product: one.Product, Organization: one.Organization, Since: one.Consent.Granted}
		for _, name := range one.Consent.Scopes {
			if setting, enabled := one.Product.Scope(name); enabled && setting.Optional {
				shown.Optional = append(shown.Optional, named(scopes, name))
			} else {
				shown.Required = append(shown.Required, named(scopes, name))
			}
		}
		page.Products = append(page.Products, shown)
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// named is a scope of the catalogue, or one that only has its name.
func named(all map[string]dialtone.Scope, name string) dialtone.Scope {
	if scope, known := all[name]; known {
		return scope
	}
	return dialtone.Scope{Name: name}
}

// removal is the page that asks whether to remove a product, or to take a scope of it back. When it returns false, the request is answered:
// with the list, if there is nothing to remove any more.
func (h *Handler) removal(w http.ResponseWriter, r *http.Request, from url.Values) (pages.MyRemove, dialtone.Held, dialtone.SessionState, bool) {
	state, ok := h.own(w, r)
	if !ok {
		return pages.MyRemove{}, dialtone.Held{}, state, false
	}
	held, err := h.Store.ConsentsHeld(r.Context(), state.Subscription.ID)
	if err != nil {
		h.Refuse(w, r, err)
		return pages.MyRemove{}, dialtone.Held{}, state, false
	}
	i := slices.IndexFunc(held, func(one dialtone.Held) bool { return one.Product.ID == from.Get("product") })
	if i < 0 {
		seeOther(w, "/my")
		return pages.MyRemove{}, dialtone.Held{}, state, false
	}
	page := pages.MyRemove{
		Frame: h.ownFrame(r, state), Product: held[i].Product, Organization: held[i].Organization, Number: state.Subscription.PhoneNumber,
	}
	if name := from.Get("scope"); name != "" {
		setting, enabled := held[i].Product.Scope(name)
		if !held[i].Consent.Covers(name) || enabled && !setting.Optional {
			seeOther(w, "/my") // taken back already, or what the product cannot be without
			return pages.MyRemove{}, dialtone.Held{}, state, false
		}
		scopes, err := h.Catalog.Scopes(r.Context())
		if err != nil {
			h.Refuse(w, r, err)
			return pages.MyRemove{}, dialtone.Held{}, state, false
		}
		scope := named(scopes, name)
		page.Scope = &scope
	}
	return page, held[i], state, true
}

// showMyRemove asks.
func (h *Handler) showMyRemove(w http.ResponseWriter, r *http.Request) {
	if page, _, _, ok := h.removal(w, r, r.URL.Query()); ok {
		h.Renderer.Render(w, r, http.StatusOK, page)
	}
}

// answerMyRemove removes the product, or takes the scope back. What was removed on another way meanwhile is as the person wants it.
func (h *Handler) answerMyRemove(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	page, held, state, ok := h.removal(w, r, r.PostForm)
	if !ok {
		return
	}
	if r.PostForm.Get("decision") != "remove" {
		seeOther(w, "/my")
		return
	}
	done := pages.MyRemoved
	removal := consent.Removal{
		OperatorID: state.Subscription.OperatorID, SubscriptionID: state.Subscription.ID, ProductID: held.Product.ID,
		Language: page.Language, Text: h.Renderer.Words(page), Channel: dialtone.ChannelMyProducts, Actor: "subscriber",
	}
	var err error
	if page.Scope != nil && len(held.Consent.Scopes) > 1 {
		done = pages.MyNarrowed
		err = h.Consents.Narrow(r.Context(), removal, held.Consent, page.Scope.Name, h.Now())
	} else {
		err = h.Consents.Revoke(r.Context(), removal, h.Now())
	}
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) && !errors.Is(err, dialtone.ErrConflict) {
		h.Refuse(w, r, err)
		return
	}
	seeOther(w, "/my?done="+string(done))
}

// signOutEverywhere ends every browser's session with the line, this one's, too.
func (h *Handler) signOutEverywhere(w http.ResponseWriter, r *http.Request) {
	state, ok := h.own(w, r)
	if !ok {
		return
	}
	if _, err := h.Store.EndAllSessions(r.Context(), state.Subscription.ID, h.Now()); err != nil {
		h.Refuse(w, r, err)
		return
	}
	h.Cookies.Clear(w, sessionCookie)
	seeOther(w, h.afterLogout(logout{Language: h.ownFrame(r, state).Language}))
}

// mostRecord is how many lines of the record are shown, and taken along: more than a lifetime of answers.
const mostRecord = 10_000

// showMyRecord shows what became of the line's consents, for reading and printing.
func (h *Handler) showMyRecord(w http.ResponseWriter, r *http.Request) {
	state, events, ok := h.ownRecord(w, r)
	if !ok {
		return
	}
	scopes, err := h.Catalog.Scopes(r.Context())
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	held, err := h.Store.ConsentsHeld(r.Context(), state.Subscription.ID)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	names := make(map[string]string)
	for _, one := range held {
		names[one.Product.ID] = one.Product.Name
	}
	page := pages.MyRecord{Frame: h.ownFrame(r, state), Number: state.Subscription.PhoneNumber}
	for _, e := range events {
		line := pages.RecordLine{ConsentEvent: e, Product: names[e.ProductID]}
		for _, name := range e.Scopes {
			line.Scopes = append(line.Scopes, named(scopes, name))
		}
		page.Lines = append(page.Lines, line)
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

func (h *Handler) ownRecord(w http.ResponseWriter, r *http.Request) (dialtone.SessionState, []dialtone.ConsentEvent, bool) {
	state, ok := h.own(w, r)
	if !ok {
		return state, nil, false
	}
	events, err := h.Store.ConsentRecord(r.Context(), state.Subscription.ID, mostRecord)
	if err != nil {
		h.Refuse(w, r, err)
		return state, nil, false
	}
	return state, events, true
}

// recorded is a line of the record as JSON.
type recorded struct {
	Time     time.Time `json:"time"`
	Product  string    `json:"product"`
	Client   string    `json:"client,omitempty"`
	Event    string    `json:"event"` // granted, updated, refused, revoked
	Scopes   []string  `json:"scopes"`
	Version  int       `json:"version"`
	Language string    `json:"language,omitempty"`
	Channel  string    `json:"channel"`
	Reason   string    `json:"reason,omitempty"`
	TextHash string    `json:"text_sha256,omitempty"` // of the words that were shown, in hex
}

// downloadMyRecord answers with the record as JSON.
func (h *Handler) downloadMyRecord(w http.ResponseWriter, r *http.Request) {
	state, events, ok := h.ownRecord(w, r)
	if !ok {
		return
	}
	lines := make([]recorded, len(events))
	for i, e := range events {
		lines[i] = recorded{
			e.At, e.ProductID, e.ClientID, string(e.Kind), append([]string{}, e.Scopes...), e.Version, e.Language, string(e.Channel), e.Reason, e.TextHash,
		}
	}
	body, err := json.MarshalIndent(map[string]any{
		"phone_number": state.Subscription.PhoneNumber.Masked(), "operator": state.Subscription.OperatorID, "consents": lines,
	}, "", "  ")
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	header := w.Header()
	web.SecurityHeaders(header, web.FormsStay)
	header.Set("Content-Type", "application/json")
	header.Set("Content-Disposition", `attachment; filename="my-consents.json"`)
	_, _ = w.Write(append(body, '\n')) // nobody is left to tell when the browser went away
}

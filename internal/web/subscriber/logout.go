package subscriber

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// logout is a checked logout request, sealed into its confirmation page.
type logout struct {
	ClientID string `json:"c,omitempty"`
	Target   string `json:"t,omitempty"` // where the browser goes afterwards, with state; empty: a page of ours
	Language string `json:"l,omitempty"`
}

// startLogout is OpenID Connect RP-Initiated Logout 1.0 §2. A request that proves, by an ID token of this very session,
// that it comes from an app that the person is signed in to signs out at once; any other one asks first, so that a foreign
// page cannot sign people out.
func (h *Handler) startLogout(w http.ResponseWriter, r *http.Request) {
	params, err := oauth.ParseQuery(r.URL.RawQuery)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	request, err := oauth.ParseLogout(params)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	end, reg, hintedSession, err := h.checkLogout(r, request)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	state, err := h.Signin.Session(r.Context(), h.Cookies.Get(r, sessionCookie), reg.Product.ID, h.Now())
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		h.finishNothing(w, r, end, reg)
	case err != nil:
		h.Refuse(w, r, err)
	case hintedSession != "" && hintedSession == h.Minter.SessionID(reg.Product.ID, state.Session.ID):
		h.signOut(w, r, end)
	default:
		h.Renderer.Render(w, r, http.StatusOK, pages.Logout{
			Frame: end.frame(h.brand(r, state.Subscription.OperatorID)), State: h.sealLogout(end), Product: reg.Product,
			Number: state.Subscription.PhoneNumber,
		})
	}
}

// checkLogout finds the client, checks where it wants the browser to go, and returns the sid of the id_token_hint.
func (h *Handler) checkLogout(r *http.Request, request oauth.LogoutRequest) (logout, dialtone.Registration, string, error) {
	var audience, session string
	if request.IDTokenHint != "" {
		hint, err := h.Minter.VerifyIDTokenHint(request.IDTokenHint)
		if err != nil {
			return logout{}, dialtone.Registration{}, "", oauth.NewError(oauth.InvalidRequest, "id_token_hint is not an ID token of this server")
		}
		audience, session = hint.Audience, hint.SessionID
	}
	clientID, err := request.Client(audience)
	if err != nil {
		return logout{}, dialtone.Registration{}, "", err
	}
	var reg dialtone.Registration
	if clientID != "" {
		reg, err = h.Catalog.Registration(r.Context(), clientID)
		if errors.Is(err, dialtone.ErrNotFound) {
			err = oauth.NewError(oauth.InvalidRequest, "client_id is unknown")
		}
		if err != nil {
			return logout{}, dialtone.Registration{}, "", err
		}
	}
	target, err := request.Target(reg.Client)
	if err != nil {
		return logout{}, dialtone.Registration{}, "", err
	}
	language := h.Renderer.Match(request.UILocales, r.Header.Get("Accept-Language"))
	return logout{ClientID: clientID, Target: target, Language: language}, reg, session, nil
}

// startLogoutByPost takes the request as a form and turns the browser to the same request by GET, for the reason that
// protocol's authorizeByPost gives: a form from another site carries no SameSite=Lax cookie.
func (h *Handler) startLogoutByPost(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		h.showError(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemForm})
		return
	}
	query, err := oauth.FormQuery(r.Header.Get("Content-Type"), body)
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	seeOther(w, "/oauth2/sessions/logout?"+query)
}

// answerLogout is the person's answer on the confirmation page.
func (h *Handler) answerLogout(w http.ResponseWriter, r *http.Request) {
	if !h.parseForm(w, r) {
		return
	}
	text := r.PostForm.Get("r")
	end, err := h.openLogout(text)
	if err != nil {
		if !repeat(w, "/signout", "r", text) {
			h.showError(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemForm})
		}
		return
	}
	if r.PostForm.Get("decision") != "sign_out" {
		seeOther(w, h.afterLogout(end))
		return
	}
	h.signOut(w, r, end)
}

// showLogout is the page after an answer. It says what is so now, not what the address claims: whoever got the address from
// somebody else, or reloads it later, reads the truth.
func (h *Handler) showLogout(w http.ResponseWriter, r *http.Request) {
	end, err := h.openLogout(r.URL.Query().Get("r"))
	if err != nil {
		h.showError(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemForm})
		return
	}
	var reg dialtone.Registration
	if end.ClientID != "" {
		reg, err = h.Catalog.Registration(r.Context(), end.ClientID)
		if err != nil {
			h.refuse(w, r, err, exits{frame: end.frame(dialtone.Operator{})})
			return
		}
	}
	_, err = h.Signin.Session(r.Context(), h.Cookies.Get(r, sessionCookie), "", h.Now())
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		h.refuse(w, r, err, exits{frame: end.frame(dialtone.Operator{})})
		return
	}
	page := pages.SignedOut{Frame: end.frame(dialtone.Operator{}), Product: reg.Product, Stayed: err == nil, Back: end.Target}
	if end.Target != "" && !reg.Trusted(end.Target) {
		page.Host = destination(end.Target) // as in finishNothing
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

// openLogout undoes sealLogout.
func (h *Handler) openLogout(sealed string) (logout, error) {
	var end logout
	plain, err := h.Keys.Open(secret.LabelLogout, sealed)
	if err == nil {
		err = json.Unmarshal(plain, &end)
	}
	return end, err
}

// afterLogout is the address of the page after an answer.
func (h *Handler) afterLogout(end logout) string {
	return "/signout?r=" + url.QueryEscape(h.sealLogout(end))
}

func (h *Handler) signOut(w http.ResponseWriter, r *http.Request, end logout) {
	err := h.Signin.SignOut(r.Context(), h.Cookies.Get(r, sessionCookie), h.Now())
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		h.refuse(w, r, err, exits{frame: end.frame(dialtone.Operator{})})
		return
	}
	h.finishLogout(w, end)
}

func (h *Handler) finishLogout(w http.ResponseWriter, end logout) {
	h.Cookies.Clear(w, sessionCookie)
	if end.Target != "" {
		seeOther(w, end.Target)
		return
	}
	seeOther(w, h.afterLogout(end))
}

// finishNothing answers where nobody is signed in. Of the sessions of other browsers none ends, whatever ID token comes along:
// a server that asks for a person, or whoever found an old token, is told that nothing has ended (docs/decisions/0013).
func (h *Handler) finishNothing(w http.ResponseWriter, r *http.Request, end logout, reg dialtone.Registration) {
	if end.Target != "" && reg.Trusted(end.Target) {
		h.finishLogout(w, end)
		return
	}
	h.Cookies.Clear(w, sessionCookie)
	page := pages.SignedOut{Frame: end.frame(dialtone.Operator{}), Nobody: true}
	if end.Target != "" {
		// A link must not lead people to any stranger's page by itself (RFC 9700 §4.11.2).
		page.Back, page.Host = end.Target, destination(end.Target)
	}
	h.Renderer.Render(w, r, http.StatusOK, page)
}

func (l logout) frame(operator dialtone.Operator) web.Frame {
	frame := web.Frame{Language: l.Language, Operator: operator}
	if l.Target != "" {
		frame.Forms = web.FormsLeave
	}
	return frame
}

func (h *Handler) sealLogout(l logout) string {
	plain, err := json.Marshal(l)
	if err != nil {
		panic(fmt.Sprintf("subscriber: a logout is plain data: %v", err))
	}
	return h.Keys.Seal(secret.LabelLogout, plain)
}

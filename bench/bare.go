package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// bare is the yardstick: the same requests answered by plain net/http handlers that do only the smallest database work of
// the operation, one RS256 signature where it has one, and an answer of the size that ours has. It checks nothing and is no
// identity server.
type bare struct {
	db    *bareDB
	key   *rsa.PrivateKey
	sizes map[step]size
}

func newBare(db *bareDB, sizes map[step]size) (http.Handler, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	b := &bare{db: db, key: key, sizes: sizes}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+readyPath, func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /oauth2/auth", b.authorize)
	mux.HandleFunc("POST /oauth2/token", b.token)
	mux.HandleFunc("POST /oauth2/introspect", b.introspect)
	mux.HandleFunc("GET /userinfo", b.userInfo)
	mux.HandleFunc("GET /signin", b.page(stepNumberPage))
	mux.HandleFunc("POST /signin", b.number)
	mux.HandleFunc("GET /signin/pin", b.page(stepPINPage))
	mux.HandleFunc("POST /signin/pin", b.pin)
	mux.HandleFunc("GET /consent", b.page(stepConsentPage))
	mux.HandleFunc("POST /consent", b.consent)
	return mux, nil
}

// tokenAnswer is RFC 6749 §5.1.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	IDToken      string `json:"id_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	TokenType    string `json:"token_type"`
}

func (b *bare) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		fail(w, err)
		return
	}
	answer := tokenAnswer{AccessToken: random(), ExpiresIn: 3600, TokenType: "bearer"}
	var err error
	s := stepClientCredentials
	switch r.PostForm.Get("grant_type") {
	case "refresh_token":
		s = stepRefresh
		grant, _, _ := strings.Cut(r.PostForm.Get("refresh_token"), ".")
		answer.AccessToken, answer.RefreshToken, answer.Scope = grant, grant+"."+random(), scopesPlain
		err = b.db.rotate(r.Context(), grant, answer.RefreshToken)
	case "authorization_code":
		s = stepRedeem
		session, openID := strings.CutPrefix(r.PostForm.Get("code"), openIDMark)
		answer.RefreshToken, answer.Scope = answer.AccessToken+"."+random(), scopesPlain
		err = b.db.insertGrant(r.Context(), answer.AccessToken, session, answer.RefreshToken)
		if openID && err == nil {
			s, answer.Scope = stepRedeemOpenID, scopesOpenID
			answer.IDToken, err = b.sign(session)
		}
	}
	if err != nil {
		fail(w, err)
		return
	}
	b.writeJSON(w, s, answer)
}

// openIDMark begins a code whose redemption wants an ID token.
const openIDMark = "openid."

// sign makes a JWT (RFC 7515 §3.1).
func (b *bare) sign(subject string) (string, error) {
	claims, err := json.Marshal(map[string]any{"iss": "http://127.0.0.1", "sub": subject, "aud": clientID(0), "iat": 1, "exp": 2})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256","kid":"bare"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, b.key, crypto.SHA256, digest[:])
	return text + "." + encode(signature), err
}

func (b *bare) introspect(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		fail(w, err)
		return
	}
	session, scope, err := b.db.grant(r.Context(), r.PostForm.Get("token"))
	if err != nil {
		fail(w, err)
		return
	}
	b.writeJSON(w, stepIntrospect, struct {
		Active  bool   `json:"active"`
		Scope   string `json:"scope"`
		Subject string `json:"sub"`
	}{true, scope, session})
}

func (b *bare) userInfo(w http.ResponseWriter, r *http.Request) {
	session, _, err := b.db.grant(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		fail(w, err)
		return
	}
	b.writeJSON(w, stepUserInfo, struct {
		PhoneNumber string `json:"phone_number"`
		Subject     string `json:"sub"`
	}{"+46701740605", session})
}

// authorize answers a signed-in browser with a code after reading its session, and sends any other one to the number page.
func (b *bare) authorize(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(bareCookie)
	if err != nil {
		b.redirect(w, stepBegin, "/signin?r="+random())
		return
	}
	if _, err := b.db.line(r.Context(), cookie.Value); err != nil {
		fail(w, err)
		return
	}
	mark := ""
	if strings.HasPrefix(r.URL.Query().Get("scope"), "openid") {
		mark = openIDMark
	}
	b.redirect(w, stepAuthorize, redirectURI+"?code="+mark+cookie.Value+"&state=benchmark")
}

const bareCookie = "session"

// number keeps the challenge.
func (b *bare) number(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		fail(w, err)
		return
	}
	session := random()
	if err := b.db.insertSession(r.Context(), session, r.PostForm.Get("phone_number")); err != nil {
		fail(w, err)
		return
	}
	b.redirect(w, stepNumber, "/signin/pin?r="+session)
}

// pin makes the challenge a session.
func (b *bare) pin(w http.ResponseWriter, r *http.Request) {
	session, err := carried(r)
	if err == nil {
		err = b.db.verify(r.Context(), session)
	}
	if err != nil {
		fail(w, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: bareCookie, Value: session, Path: "/", HttpOnly: true})
	b.redirect(w, stepPIN, "/consent?r="+session)
}

func (b *bare) consent(w http.ResponseWriter, r *http.Request) {
	session, err := carried(r)
	if err == nil {
		err = b.db.insertConsent(r.Context(), random(), session)
	}
	if err != nil {
		fail(w, err)
		return
	}
	b.redirect(w, stepConsent, redirectURI+"?code="+session+"&state=benchmark")
}

// carried returns what the pages carry in r, without the padding.
func carried(r *http.Request) (string, error) {
	err := r.ParseForm()
	text, _, _ := strings.Cut(r.PostForm.Get("r"), "~")
	return text, err
}

// page answers with a form that carries r along.
func (b *bare) page(s step) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := `<!doctype html><form method="post"><input type="hidden" name="r" value="` + r.URL.Query().Get("r") + `"></form>`
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(padded(page, b.sizes[s].Body, " "))) // whoever asked is gone if this fails
	}
}

func (b *bare) writeJSON(w http.ResponseWriter, s step, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(padded(string(body), b.sizes[s].Body, " ")))
}

func (b *bare) redirect(w http.ResponseWriter, s step, location string) {
	w.Header().Set("Location", padded(location, b.sizes[s].Location, "~"))
	w.WriteHeader(http.StatusSeeOther)
}

// padded makes the text as long as ours was.
func padded(text string, length int, with string) string {
	return text + strings.Repeat(with, max(0, length-len(text)))
}

func random() string {
	var bytes [32]byte
	_, _ = rand.Read(bytes[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(bytes[:])
}

func fail(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

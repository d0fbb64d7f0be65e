package server_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// app is a client as its developer writes it without any library.
type app struct {
	t        testing.TB
	house    *house
	id       string
	secret   string // empty for a public client
	redirect string
}

func (h *house) app(t testing.TB, id, secret string) app {
	return app{t: t, house: h, id: id, secret: secret, redirect: callback}
}

func (h *house) story(t testing.TB) app { return h.app(t, "client_story", storySecret) }
func (h *house) other(t testing.TB) app { return h.app(t, "client_other", otherSecret) }

// address is an authorization request. Pairs are name, value, name, value; a value of "-" leaves the parameter out.
func (a app) address(pairs ...string) string {
	return a.house.issuer + "/oauth2/auth?" + a.request(pairs...).Encode()
}

func (a app) request(pairs ...string) url.Values {
	values := url.Values{
		"response_type": {"code"}, "client_id": {a.id}, "redirect_uri": {a.redirect}, "scope": {"phone offline_access"}, "state": {"s-1"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if values.Set(pairs[i], pairs[i+1]); pairs[i+1] == "-" {
			values.Del(pairs[i])
		}
	}
	return values
}

// signedIn takes a new browser through number, PIN and consent, and returns it with the code.
func (a app) signedIn(number string, pairs ...string) (*browser, string) {
	a.t.Helper()
	b := a.house.browser(a.t)
	tab := b.open(a.address(pairs...)).signIn(number).press("allow")
	return b, a.code(tab)
}

// code is the code that the browser brings.
func (a app) code(tab *tab) string {
	a.t.Helper()
	values := tab.answer(a.redirect)
	if values.Get("code") == "" {
		a.t.Fatalf("the app got no code but %s", tab.landed)
	}
	return values.Get("code")
}

// reply is an answer of a machine endpoint.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	fields map[string]any // of a JSON object; empty for anything else
}

func (r reply) text(name string) string {
	text, _ := r.fields[name].(string)
	return text
}

// wants fails unless the reply has that status and error code.
func (r reply) wants(status int, code string) reply {
	r.t.Helper()
	if r.status != status || r.text("error") != code {
		r.t.Fatalf("%d %s, want %d %q", r.status, r.body, status, code)
	}
	return r
}

// ok fails unless the reply is 200.
func (r reply) ok() reply {
	r.t.Helper()
	return r.wants(http.StatusOK, "")
}

// send sends a request of a program: no cookies, no redirects followed.
func (h *house) send(t testing.TB, method, path string, header http.Header, body string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, h.issuer+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	answer, err := h.wire.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{t: t, status: answer.StatusCode, header: answer.Header, body: string(content), fields: map[string]any{}}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(content, &r.fields); err != nil {
			t.Fatalf("%s: %v", content, err)
		}
	}
	return r
}

// header makes a header of name, value, name, value.
func header(pairs ...string) http.Header {
	made := http.Header{}
	for i := 0; i+1 < len(pairs); i += 2 {
		made.Set(pairs[i], pairs[i+1])
	}
	return made
}

const formType = "application/x-www-form-urlencoded"

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

// post posts a form to an endpoint with the client's credentials: HTTP Basic, or client_id alone for a public client.
func (a app) post(path string, pairs ...string) reply {
	a.t.Helper()
	values, head := form(pairs...), header("Content-Type", formType)
	if a.secret == "" {
		values.Set("client_id", a.id)
	} else {
		head.Set("Authorization", basic(url.QueryEscape(a.id), url.QueryEscape(a.secret)))
	}
	return a.house.send(a.t, http.MethodPost, path, head, values.Encode())
}

func (a app) token(pairs ...string) reply {
	a.t.Helper()
	return a.post("/oauth2/token", pairs...)
}

// redeem turns a code into tokens.
func (a app) redeem(code string, more ...string) reply {
	a.t.Helper()
	return a.token(append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", a.redirect}, more...)...)
}

func (a app) refresh(text string, more ...string) reply {
	a.t.Helper()
	return a.token(append([]string{"grant_type", "refresh_token", "refresh_token", text}, more...)...)
}

// tokens signs the number in with a new browser and redeems the code.
func (a app) tokens(number string, pairs ...string) (*browser, reply) {
	a.t.Helper()
	b, code := a.signedIn(number, pairs...)
	return b, a.redeem(code).ok()
}

func (a app) userinfo(access string) reply {
	a.t.Helper()
	return a.house.send(a.t, http.MethodGet, "/userinfo", header("Authorization", "Bearer "+access), "")
}

// active asks introspection.
func (a app) active(text string) bool {
	a.t.Helper()
	active, ok := a.post("/oauth2/introspect", "token", text).ok().fields["active"].(bool)
	if !ok {
		a.t.Fatal("introspection does not say whether the token is active")
	}
	return active
}

// claims is the payload of a JWT; its signature is the library's business in the story of the relying party.
func claims(t testing.TB, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(payload, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

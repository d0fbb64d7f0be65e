package try

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// step is one request of the flow.
type step struct {
	Name  string
	Title string
	Why   string // what happens, for somebody who sees it for the first time
	Does  string // on the button
	send  func(ctx context.Context, v visitor) (exchange, *stop, error)
}

// stop says why a run cannot go on, and what to change.
type stop struct{ Problem string }

// steps are the flow, in its order.
var steps = []step{
	{"authorize", "Authorization request", "Your app sends the browser to Dialtone. state and code_challenge tie the answer to this browser and this app.", "Send the authorization request", authorize},
	{"number", "Phone number", "The person types the number. The answer is the same whether anybody has that number.", "Give the number", giveNumber},
	{"pin", "PIN", "A PIN comes by SMS. Sandbox numbers have a fixed one and no SMS is sent.", "Give the PIN", givePIN},
	{"consent", "Consent", "The person sees what your product gets and allows it. The browser then lands on your redirect URI with a code.", "Allow", allow},
	{"token", "Token request", "Your server exchanges the code for tokens. The code works once and for a minute or so; only this client can use it.", "Exchange the code", exchangeCode},
	{"userinfo", "User info", "Whose number is it? sub names the line for your product, whatever becomes of its number.", "Ask for user info", askUserInfo},
	{"refresh", "Refresh", "New tokens for the refresh token. Keep the new one: the old one is worth nothing from now on.", "Refresh the tokens", refresh},
	{"revoke", "Sign out of it", "Your server gives the token back. Everything of this run stops working.", "Revoke the token", revoke},
}

// after returns the name of the step that follows; empty after the last one.
func (r *run) after(name string) string {
	i := slices.IndexFunc(steps, func(s step) bool { return s.Name == name })
	for _, s := range steps[i+1:] {
		if s.Name == "refresh" && r.Refresh == "" {
			continue
		}
		return s.Name
	}
	return ""
}

func stepNamed(name string) (step, bool) {
	i := slices.IndexFunc(steps, func(s step) bool { return s.Name == name })
	if i < 0 {
		return step{}, false
	}
	return steps[i], true
}

// authorizePath is the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3), below the issuer.
func (r *run) authorizePath() string {
	challenge := sha256.Sum256([]byte(r.Verifier))
	query := "response_type=code" +
		"&client_id=" + url.QueryEscape(r.ClientID) +
		"&redirect_uri=" + url.QueryEscape(r.RedirectURI) +
		"&scope=" + url.PathEscape(strings.Join(r.Scopes, " ")) +
		"&state=" + r.State +
		"&code_challenge=" + base64.RawURLEncoding.EncodeToString(challenge[:]) +
		"&code_challenge_method=S256" +
		"&prompt=consent" // so that the consent page shows however often this number was used
	return "/oauth2/auth?" + query
}

func authorize(ctx context.Context, v visitor) (exchange, *stop, error) {
	return v.openPage(ctx, message{method: http.MethodGet, path: v.run.authorizePath()}, "authorize", "/signin")
}

func giveNumber(ctx context.Context, v visitor) (exchange, *stop, error) {
	return v.openPage(ctx, v.filled("phone_number", v.run.Number.E164()), "number", "/signin/pin")
}

func givePIN(ctx context.Context, v visitor) (exchange, *stop, error) {
	return v.openPage(ctx, v.filled("pin", v.run.PIN), "pin", "/consent")
}

// openPage sends what leads to the next page and keeps its form, which posts to the action.
func (v visitor) openPage(ctx context.Context, m message, step, action string) (exchange, *stop, error) {
	shown, page, landed, err := v.browse(ctx, step, m)
	if err != nil {
		return exchange{}, nil, err
	}
	if landed != "" {
		return shown, v.land(landed), nil
	}
	next, ok := page.with(action)
	if !ok {
		return shown, &stop{fmt.Sprintf("Dialtone answered with the page “%s”, where the flow ends. If the page has an error id, the Requests tab says what to change.", page.heading)}, nil
	}
	v.run.Form = next
	return shown, nil, nil
}

// filled is the form of the page that was opened last, with one field filled in.
func (v visitor) filled(name, value string) message {
	v.run.Form.Values.Set(name, value)
	return message{method: http.MethodPost, path: v.run.Form.Action, form: v.run.Form.Values}
}

func allow(ctx context.Context, v visitor) (exchange, *stop, error) {
	shown, page, landed, err := v.browse(ctx, "consent", v.filled("decision", "allow"))
	if err != nil {
		return exchange{}, nil, err
	}
	if landed == "" {
		return shown, &stop{fmt.Sprintf("Dialtone answered with the page “%s” instead of going back to your app.", page.heading)}, nil
	}
	return shown, v.land(landed), nil
}

// land takes the code from the address at which the browser arrived, as an app has to (RFC 6749 §10.12, RFC 9207 §2.4).
func (v visitor) land(address string) *stop {
	landed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, v.run.RedirectURI) {
		return &stop{"That is not your redirect URI with an answer of Dialtone behind it: " + v.run.RedirectURI + "?code=…"}
	}
	query := landed.Query()
	switch {
	case query.Get("error") != "":
		return &stop{fmt.Sprintf("Your app got the error %s: %s.", query.Get("error"), query.Get("error_description"))}
	case query.Get("state") != v.run.State:
		return &stop{"The state is not the one of this run: your app would have to refuse this answer, because somebody else may have made it."}
	case query.Get("iss") != v.issuer:
		return &stop{"The issuer (iss) is another one: your app would have to refuse this answer."}
	case query.Get("code") == "":
		return &stop{"The address has no code."}
	}
	v.run.Code = query.Get("code")
	return nil
}

func exchangeCode(ctx context.Context, v visitor) (exchange, *stop, error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {v.run.Code}, "redirect_uri": {v.run.RedirectURI}, "code_verifier": {v.run.Verifier},
	}
	return v.askForTokens(ctx, "token", form)
}

func refresh(ctx context.Context, v visitor) (exchange, *stop, error) {
	return v.askForTokens(ctx, "refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.run.Refresh}})
}

func (v visitor) askForTokens(ctx context.Context, step string, form url.Values) (exchange, *stop, error) {
	shown, got, err := v.call(ctx, step, "/oauth2/token", form)
	if err != nil {
		return exchange{}, nil, err
	}
	var tokens struct {
		Access      string `json:"access_token"`
		Refresh     string `json:"refresh_token"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(got.body, &tokens); err != nil || tokens.Access == "" {
		return shown, &stop{"There are no tokens: " + tokens.Description}, nil
	}
	v.run.Access, v.run.Refresh = tokens.Access, tokens.Refresh
	return shown, nil, nil
}

func askUserInfo(ctx context.Context, v visitor) (exchange, *stop, error) {
	m := message{method: http.MethodGet, path: "/userinfo", header: [][2]string{{"Authorization", "Bearer " + v.run.Access}}}
	got, err := v.send(ctx, m)
	if err != nil {
		return exchange{}, nil, err
	}
	shown := exchange{
		Step: "userinfo", Request: m.text(v.host()), Answer: got.text(),
		Curl: fmt.Sprintf("curl -H 'Authorization: Bearer %s' %s/userinfo", v.run.Access, v.issuer),
	}
	if got.status != http.StatusOK {
		return shown, &stop{"The access token was refused."}, nil
	}
	return shown, nil, nil
}

func revoke(ctx context.Context, v visitor) (exchange, *stop, error) {
	token := v.run.Refresh
	if token == "" {
		token = v.run.Access
	}
	shown, _, err := v.call(ctx, "revoke", "/oauth2/revoke", url.Values{"token": {token}})
	return shown, nil, err
}

// call posts a form to an endpoint at which the client authenticates (RFC 6749 §2.3.1).
func (v visitor) call(ctx context.Context, step, path string, form url.Values) (exchange, answer, error) {
	m := message{method: http.MethodPost, path: path, form: form}
	credentials := ""
	switch {
	case v.run.Public:
		form.Set("client_id", v.run.ClientID)
	case v.run.AuthMethod == dialtone.AuthPost:
		form.Set("client_id", v.run.ClientID)
		form.Set("client_secret", v.run.Secret)
	default:
		pair := url.QueryEscape(v.run.ClientID) + ":" + url.QueryEscape(v.run.Secret)
		m.header = [][2]string{{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))}}
		credentials = fmt.Sprintf(" -u '%s:%s'", v.run.ClientID, v.run.Secret)
	}
	got, err := v.send(ctx, m)
	if err != nil {
		return exchange{}, answer{}, err
	}
	curl := "curl" + credentials + " " + v.issuer + path
	for _, line := range strings.Split(form.Encode(), "&") {
		curl += " \\\n  -d '" + line + "'"
	}
	return exchange{Step: step, Request: m.text(v.host()), Answer: got.text(), Curl: curl}, got, nil
}

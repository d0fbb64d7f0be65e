package oauth

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/legible"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// parameterNames are those that mean something somewhere, and one that does not.
var parameterNames = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
	"code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint", "ui_locales", "claims", "request", "request_uri",
	"registration", "foo",
}

// values are drawn from what matters and from anything at all.
func values() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{
		"web", "app", "two", "https://example.com/callback", "http://127.0.0.1:4711/callback", "com.example.app:/callback", "code",
		"query", "form_post", "openid", "openid phone", "phone offline_access", "S256", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		"none", "login consent", "0", "-1", "+46701740605", "sv en", `{"id_token":{"sub":{"value":"x"}}}`, "",
	}), rapid.String())
}

// queries of encoded pairs, now and then with broken bytes between them.
func queries() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var pairs []string
		for range rapid.IntRange(0, 12).Draw(t, "pairs") {
			name := rapid.SampledFrom(parameterNames).Draw(t, "name")
			pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(values().Draw(t, "value")))
		}
		if rapid.IntRange(0, 4).Draw(t, "broken") == 0 {
			pairs = append(pairs, rapid.SampledFrom([]string{"%", "a=%zz", "a=%ff", "=", "scope=%00"}).Draw(t, "pair"))
		}
		return strings.Join(pairs, "&")
	})
}

// nearly draws an ordinary request with some of its parameters changed, so that the later checks are reached.
func nearly() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		params := url.Values{
			"client_id": {"app"}, "redirect_uri": {"http://127.0.0.1/callback"}, "response_type": {"code"}, "scope": {"openid"},
			"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
		}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			params.Set(rapid.SampledFrom(parameterNames).Draw(t, "name"), values().Draw(t, "value"))
		}
		return params.Encode()
	})
}

func TestPropertyCheckNeverRedirectsToAnUnregisteredAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		query := rapid.OneOf(queries(), nearly()).Draw(t, "query")
		params, err := ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		proveCheck(t, params)
	})
}

// failer is what testing.TB and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// proveCheck proves what holds for the answer to any request.
func proveCheck(t failer, params Parameters) {
	t.Helper()
	registration := registration(params.Get("client_id"))
	request, err := Check(params, registration, catalogue)
	var page *PageError
	var redirect *RedirectError
	var fault *Error
	switch {
	case err == nil:
		proveAccepted(t, request, registration)
		return
	case !errors.As(err, &fault) || fault.Code == "" || fault.Description == "" || printable(fault.Description) != fault.Description:
		t.Fatalf("not fit for the wire: %v", err)
	case !cmp.Equal(request, AuthorizationRequest{}):
		t.Fatalf("a request beside an error: %v", request)
	}
	switch {
	case errors.As(err, &page):
	case errors.As(err, &redirect):
		proveTarget(t, redirect.RedirectURI, registration.Client)
		if redirect.State != "" && redirect.State != params.Get("state") {
			t.Fatalf("state %q changed to %q", params.Get("state"), redirect.State)
		}
	default:
		t.Fatalf("%T is neither a page nor a redirect", err)
	}
}

func proveAccepted(t failer, request AuthorizationRequest, registration dialtone.Registration) {
	t.Helper()
	proveTarget(t, request.RedirectURI, registration.Client)
	switch {
	case request.ClientID != registration.Client.ID:
		t.Fatalf("client %q", request.ClientID)
	case len(request.Scopes) == 0:
		t.Fatalf("no scope")
	case registration.Client.Public() && request.CodeChallenge == "":
		t.Fatalf("a public client without PKCE")
	case request.Prompt.None && (request.Prompt.Login || request.Prompt.Consent):
		t.Fatalf("prompt %v", request.Prompt)
	case request.MaxAge != nil && *request.MaxAge < 0:
		t.Fatalf("max_age %d", *request.MaxAge)
	}
	for _, scope := range request.Scopes {
		if _, enabled := product.Scope(scope); !enabled {
			t.Fatalf("scope %q", scope)
		}
	}
}

// proveTarget proves that an address is byte-equal to a registered one, or for a public client equal but for the port at
// a loopback address.
func proveTarget(t failer, target string, client dialtone.Client) {
	t.Helper()
	if slices.Contains(client.RedirectURIs, target) {
		return
	}
	parsed, err := url.Parse(target)
	if err != nil || !client.Public() || parsed.Scheme != "http" || parsed.User != nil || parsed.Fragment != "" ||
		!slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, parsed.Hostname()) {
		t.Fatalf("%q is not registered: %v", target, client.RedirectURIs)
	}
	for _, uri := range client.RedirectURIs {
		registered, _ := url.Parse(uri)
		if registered.Scheme == "http" && registered.Hostname() == parsed.Hostname() && registered.RequestURI() == parsed.RequestURI() {
			return
		}
	}
	t.Fatalf("%q resembles no registered one: %v", target, client.RedirectURIs)
}

func TestPropertyParametersAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		proveStable(t, rapid.OneOf(queries(), rapid.String()).Draw(t, "query"))
	})
}

// proveStable proves that printing what was parsed and parsing it again changes nothing.
func proveStable(t failer, query string) {
	t.Helper()
	params, err := ParseQuery(query)
	if err != nil || params.Fault() != nil {
		return
	}
	again, err := ParseForm(formContentType, []byte(encode(params)))
	if err != nil {
		if len(encode(params)) > maxEncoded {
			return // encoding made it longer
		}
		t.Fatalf("%q: %v", encode(params), err)
	}
	if !slices.Equal(params, again) {
		t.Fatalf("%q: %v became %v", query, params, again)
	}
	for _, p := range params {
		if p.value == "" {
			t.Fatalf("%q has an empty value", query)
		}
	}
}

func TestPropertyResponsesAreReadBackUnchanged(t *testing.T) {
	registered := []string{"https://example.com/callback", "https://example.com/other?tenant=1", "https://example.com?", "com.example.app:/cb"}
	rapid.Check(t, func(t *rapid.T) {
		uri := rapid.SampledFrom(registered).Draw(t, "uri")
		state, description := rapid.String().Draw(t, "state"), rapid.String().Draw(t, "description")
		params := []Param{{"error_description", description}, {"state", state}}
		location := RedirectLocation(uri, params)
		parsed, err := url.Parse(location)
		if err != nil || !strings.HasPrefix(location, uri) || strings.ContainsAny(location[len(uri):], "+ #\r\n\"<>") {
			t.Fatalf("%q: %v", location, err)
		}
		query := parsed.Query()
		if query.Get("state") != state || query.Get("error_description") != description {
			t.Fatalf("%q: %v", location, query)
		}
		fragment, ok := strings.CutPrefix(ResponseLocation(ResponseModeFragment, uri, params), uri+"#")
		if query, err = url.ParseQuery(fragment); !ok || err != nil || strings.ContainsAny(fragment, "+ #\r\n\"<>") {
			t.Fatalf("%q: %v", fragment, err)
		}
		if query.Get("state") != state || query.Get("error_description") != description {
			t.Fatalf("%q: %v", location, query)
		}
	})
}

func TestPropertyCredentialsSurviveEncoding(t *testing.T) {
	// RFC 6749 §2.3.1: what a client encodes is what we read, except for the colon-free rest of Basic.
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringN(1, 40, -1).Filter(legible.Text).Draw(t, "id")
		text := rapid.StringN(1, 40, -1).Filter(legible.Text).Draw(t, "secret")
		header := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(text)))
		got, err := ParseClientAuthentication(header, nil)
		if err != nil || got.ID != id || got.Secret.Reveal() != text || got.Method != dialtone.AuthBasic {
			t.Fatalf("%q %q: %q %q %v", id, text, got.ID, got.Secret.Reveal(), err)
		}
	})
}

func TestPropertyNarrowNeverWidens(t *testing.T) {
	names := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"openid", "phone", "offline_access", "location", "sms"}), rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		granted, asked := names.Draw(t, "granted"), names.Draw(t, "asked")
		got, err := Narrow(granted, asked)
		if err != nil {
			return
		}
		for _, name := range got {
			if !slices.Contains(granted, name) || len(asked) > 0 && !slices.Contains(asked, name) {
				t.Fatalf("%v of %v asked %v", got, granted, asked)
			}
		}
		if len(asked) > 0 && len(got) != len(asked) {
			t.Fatalf("%v of %v asked %v", got, granted, asked)
		}
	})
}

func TestPropertyClaimsAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := rapid.SampledFrom([]string{"null", "{}", `{"essential":true}`, `{"value":"x"}`, `{"values":["x","y"],"value":"z"}`, `{"value":7}`, "7"})
		member := rapid.Custom(func(t *rapid.T) string {
			var claims []string
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(append([]string{"email"}, answerable...)), 0, 4, rapid.ID).Draw(t, "names") {
				claims = append(claims, `"`+name+`":`+request.Draw(t, "request"))
			}
			return "{" + strings.Join(claims, ",") + "}"
		})
		proveClaims(t, `{"userinfo":`+member.Draw(t, "userinfo")+`,"id_token":`+member.Draw(t, "id_token")+`}`)
	})
}

// proveClaims proves that what is kept of a claims parameter prints and parses as itself.
func proveClaims(t failer, text string) {
	t.Helper()
	claims, err := ParseClaims(text)
	if err != nil {
		var fault *Error
		if !errors.As(err, &fault) || fault.Code != InvalidRequest {
			t.Fatalf("%q: %v", text, err)
		}
		return
	}
	again, err := ParseClaims(claims.String())
	if err != nil || !cmp.Equal(claims, again) {
		t.Fatalf("%q: %s became %s, %v", text, claims, again, err)
	}
}

// encode prints the parameters in application/x-www-form-urlencoded, as they are read back. Those that are unreadable are left out.
func encode(p Parameters) string {
	pairs := make([]string, 0, len(p))
	for _, param := range p {
		if param.unreadable == "" {
			pairs = append(pairs, url.QueryEscape(param.name)+"="+url.QueryEscape(param.value))
		}
	}
	return strings.Join(pairs, "&")
}

package oauth

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/google/go-cmp/cmp"
)

const formContentType = "application/x-www-form-urlencoded"

// form parses a vector's form body, which must be a good one.
func form(t testing.TB, body string) Parameters {
	t.Helper()
	params, err := ParseForm(formContentType, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return params
}

func compare(t *testing.T, v vector, err error) (ok bool) {
	t.Helper()
	if got := outcome(t, err); !matches(got, v.get("answer")) {
		t.Errorf("got %s\nwant %s", got, v.get("answer"))
	}
	return err == nil && !t.Failed()
}

var parameterKeys = []string{"type", "body", "answer", "want"}

func TestParseForm(t *testing.T) {
	each(t, "parameters.txt", parameterKeys, func(t *testing.T, v vector) {
		contentType := formContentType
		if v.has("type") {
			contentType = v.get("type")
		}
		params, err := ParseForm(contentType, []byte(v.get("body")))
		if !compare(t, v, err) {
			return
		}
		var got []string
		for _, p := range params {
			got = append(got, p.name+"="+p.value)
		}
		if diff := cmp.Diff(v.all("want"), got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestParseFormRefusesLargeBodies(t *testing.T) {
	body := "a=" + strings.Repeat("x", maxEncoded-2)
	if _, err := ParseForm(formContentType, []byte(body)); err != nil {
		t.Errorf("64 KiB: %v", err)
	}
	if _, err := ParseForm(formContentType, []byte(body+"x")); !matches(outcome(t, err), "invalid_request: larger than 64 KiB") {
		t.Errorf("64 KiB and a byte: %v", err)
	}
	if _, err := FormQuery(formContentType, []byte(body+"x")); !matches(outcome(t, err), "invalid_request: larger than 64 KiB") {
		t.Errorf("as a query: %v", err)
	}
}

// A form that is posted to the authorization endpoint becomes a query, and every fault in it stays one.
func TestFormQueryMeansTheSame(t *testing.T) {
	for _, v := range vectors(t, "parameters.txt", parameterKeys...) {
		if v.has("type") {
			continue
		}
		query, err := FormQuery(formContentType, []byte(v.get("body")))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		params, err := ParseQuery(query)
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		if got := outcome(t, params.Fault()); !matches(got, v.get("answer")) {
			t.Errorf("%s: %s became %s: %s", v.name, v.get("body"), query, got)
		}
	}
	if _, err := FormQuery("text/plain", nil); !matches(outcome(t, err), "invalid_request: send the parameters as") {
		t.Errorf("text/plain: %v", err)
	}
}

func TestGetNeverGuesses(t *testing.T) {
	params, err := ParseQuery("once=1&twice=1&twice=1&bad=%FF&mixed=1&mixed=%FF&empty=")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"once": "1", "twice": "", "bad": "", "mixed": "", "empty": "", "absent": ""} {
		if got := params.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

var credentialKeys = []string{"spec", "basic", "header", "form", "answer", "want"}

func authorization(v vector) string {
	if v.has("basic") {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(v.get("basic")))
	}
	return v.get("header")
}

func TestParseClientAuthentication(t *testing.T) {
	each(t, "credentials.txt", credentialKeys, func(t *testing.T, v vector) {
		credentials, err := ParseClientAuthentication(authorization(v), form(t, v.get("form")))
		if !compare(t, v, err) {
			return
		}
		got := fmt.Sprintf("%s %s %s", credentials.ID, credentials.Secret.Reveal(), credentials.Method)
		if got != v.get("want") {
			t.Errorf("got %q, want %q", got, v.get("want"))
		}
	})
}

var bearerKeys = []string{"spec", "header", "form", "answer", "want"}

func TestParseBearer(t *testing.T) {
	each(t, "bearer.txt", bearerKeys, func(t *testing.T, v vector) {
		text, err := ParseBearer(v.get("header"), form(t, v.get("form")))
		if compare(t, v, err) && text.Reveal() != v.get("want") {
			t.Errorf("got %q, want %q", text.Reveal(), v.get("want"))
		}
	})
}

var tokenKeys = []string{"spec", "form", "answer", "want"}

func TestParseToken(t *testing.T) {
	each(t, "token.txt", tokenKeys, func(t *testing.T, v vector) {
		request, err := ParseToken(form(t, v.get("form")))
		if !compare(t, v, err) {
			return
		}
		found := map[string]string{
			"grant_type": string(request.GrantType), "code": request.Code, "redirect_uri": request.RedirectURI,
			"code_verifier": request.CodeVerifier, "refresh_token": request.RefreshToken, "scope": strings.Join(request.Scopes, " "),
		}
		for _, want := range v.all("want") {
			name, value, _ := strings.Cut(want, "=")
			if found[name] != value {
				t.Errorf("%s: got %q, want %q", name, found[name], value)
			}
		}
	})
}

func TestParseLogout(t *testing.T) {
	registered := map[string]dialtone.Client{
		"web": {
			ID: "web", ClientSettings: dialtone.ClientSettings{
				RedirectURIs: []string{"https://example.com/callback"}, PostLogoutRedirectURIs: []string{"https://example.com/bye", "https://example.com/bye?x=1"},
			},
		},
		"two": {ID: "two"},
	}
	each(t, "logout.txt", []string{"spec", "query", "hint", "answer", "client", "target"}, func(t *testing.T, v vector) {
		params, err := ParseQuery(v.get("query"))
		if err != nil {
			t.Fatal(err)
		}
		var client, target string
		request, err := ParseLogout(params)
		if err == nil {
			client, err = request.Client(v.get("hint"))
		}
		if err == nil {
			target, err = request.Target(registered[client])
		}
		if compare(t, v, err) && (client != v.get("client") || target != v.get("target")) {
			t.Errorf("got client %q and target %q", client, target)
		}
	})
}

func TestLogoutValuesAreBounded(t *testing.T) {
	for _, name := range []string{"state", "id_token_hint"} {
		params, err := ParseQuery(url.Values{name: {strings.Repeat("x", 5000)}}.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseLogout(params); !matches(outcome(t, err), "invalid_request: "+name+" is longer than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a client sent as a secret is printed nowhere.
func TestSecretsPrintRedacted(t *testing.T) {
	credentials, err := ParseClientAuthentication("", form(t, "client_id=id&client_secret=hush"))
	if err != nil {
		t.Fatal(err)
	}
	request, err := ParseToken(form(t, "grant_type=authorization_code&code=hush&code_verifier=hush"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := credentials.Secret.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %q | %v %+v %#v %s | %s %s %s", credentials, credentials, credentials, credentials.Secret, credentials.Secret,
		request, request, request, request, text, credentials.Secret.LogValue(), request.LogValue())
	if strings.Contains(printed, "hush") || !strings.Contains(printed, "[redacted]") {
		t.Error(printed)
	}
}

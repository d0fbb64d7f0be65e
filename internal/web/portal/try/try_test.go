package try

import (
	"go/format"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

func newKeys(t *testing.T) *secret.Keys {
	t.Helper()
	now := time.Now().UTC()
	keys, err := secret.NewKeys([]secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: now},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: now},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestARunIsItsOwnersAndEndsInTime(t *testing.T) {
	t.Parallel()
	m := &Room{Config: Config{Keys: newKeys(t)}}
	now := time.Now().UTC()
	sealed := m.seal(run{AccountID: "account_1", Secret: "dt_cs_x", Expires: now.Add(runLifetime)})
	if strings.Contains(sealed, "dt_cs_x") {
		t.Error("the page shows what is sealed")
	}
	if r, err := m.open(sealed, "account_1", now); err != nil || r.Secret != "dt_cs_x" {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := m.open(sealed, "account_2", now); err == nil {
		t.Error("another account goes on with the run")
	}
	if _, err := m.open(sealed, "account_1", now.Add(runLifetime)); err == nil {
		t.Error("a run goes on after its time")
	}
	middle, other := len(sealed)/2, "A" // the last character of base64 may hold bits that say nothing
	if sealed[middle] == 'A' {
		other = "B"
	}
	if _, err := m.open(sealed[:middle]+other+sealed[middle+1:], "account_1", now); err == nil {
		t.Error("a changed run goes on")
	}
}

func TestOnlyAnAnswerOfThisRunIsTaken(t *testing.T) {
	t.Parallel()
	const issuer, callback = "https://id.example", "https://app.example/cb"
	for address, want := range map[string]string{
		callback + "?code=c&state=s&iss=https%3A%2F%2Fid.example":             "",
		callback + "?code=c&state=other&iss=https%3A%2F%2Fid.example":         "state",
		callback + "?code=c&state=s&iss=https%3A%2F%2Fevil.example":           "issuer",
		callback + "?code=c&state=s":                                          "issuer",
		callback + "?state=s&iss=https%3A%2F%2Fid.example":                    "no code",
		callback + "?error=access_denied&error_description=no&state=s":        "access_denied",
		"https://evil.example/cb?code=c&state=s&iss=https%3A%2F%2Fid.example": "redirect URI",
		"not an address": "redirect URI",
	} {
		r := run{RedirectURI: callback, State: "s"}
		got := visitor{issuer: issuer, run: &r}.land(address)
		switch {
		case want == "" && (got != nil || r.Code != "c"):
			t.Errorf("%s is refused: %v", address, got)
		case want != "" && (got == nil || !strings.Contains(got.Problem, want) || r.Code != ""):
			t.Errorf("%s: %v, want a problem with %q", address, got, want)
		}
	}
}

// nasty is a client whose values would break out of a program that did not quote them.
func nasty(method dialtone.AuthMethod) values {
	c := dialtone.Client{
		ID: "client_'\"`$(x)\\<>&", Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			AuthMethod: method, RedirectURIs: []string{"https://app.example/cb?a='\"$(id)"},
		},
	}
	if method == dialtone.AuthNone {
		c.Type = dialtone.ClientPublic
	}
	return values{Issuer: "http://localhost:8080", Client: c, Scopes: []string{"openid", "phone"}, Number: Number{"+46701740605", "740605"}}
}

func TestSnippetsQuoteWhatIsFilledIn(t *testing.T) {
	t.Parallel()
	for _, method := range []dialtone.AuthMethod{dialtone.AuthBasic, dialtone.AuthPost, dialtone.AuthNone} {
		for _, s := range snippets(nasty(method)) {
			if strings.Contains(s.Text, "<no value>") || s.Text == "" {
				t.Errorf("%s with %s: a value is missing:\n%s", s.Name, method, s.Text)
			}
			if s.Name != "curl" && strings.Contains(s.Text, `client_'"`) {
				t.Errorf("%s with %s: the client id ends its quotation marks", s.Name, method)
			}
			if method == dialtone.AuthNone && strings.Contains(s.Text+s.Run, "CLIENT_SECRET") {
				t.Errorf("%s: a public client has no secret", s.Name)
			}
			if s.Name == "go" {
				if _, err := format.Source([]byte(s.Text)); err != nil {
					t.Errorf("the Go program with %s: %v", method, err)
				}
			}
		}
	}
}

func TestOnlyTheIdentityHostIsFollowed(t *testing.T) {
	t.Parallel()
	v := visitor{issuer: "https://id.example"}
	for location, want := range map[string]string{
		"/signin?r=x": "/signin?r=x", "https://id.example/consent": "/consent",
		"https://id.example.evil/cb": "", "https://app.example/cb": "", "//evil.example/cb": "", "com.example.app:/cb": "",
	} {
		if path, inside := v.inside(location); inside != (want != "") || inside && path != want {
			t.Errorf("%s: %q, %v", location, path, inside)
		}
	}
}

func TestAnUnknownLanguageShowsTheFirst(t *testing.T) {
	t.Parallel()
	all := snippets(nasty(dialtone.AuthBasic))
	if got := chosen(all, "cobol"); got.Name != "curl" {
		t.Error(got.Name)
	}
	if got := chosen(all, "java"); got.File != "Signin.java" {
		t.Error(got.File)
	}
}

func TestTheJavaScriptProgramSendsTheRedirectURIAsItIsRegistered(t *testing.T) {
	t.Parallel()
	for address, kept := range map[string]bool{ // kept: URL of JavaScript changes nothing, and there is no query to lose
		"https://app.example/callback":      true,
		"http://localhost:3000/callback/":   true,
		"com.example.app:/callback":         true,
		"https://app.example/cb?from=phone": false,
		"https://app.example":               false,
		"https://App.example/cb":            false,
		"https://app.example:443/cb":        false,
		"https://app.example/a/../cb":       false,
	} {
		v := nasty(dialtone.AuthBasic)
		v.Client.RedirectURIs = []string{address}
		if v.RedirectKept() != kept {
			t.Errorf("%s: kept is %t", address, !kept)
		}
		i := slices.IndexFunc(snippets(v), func(s Snippet) bool { return s.Name == "javascript" })
		if strings.Contains(snippets(v)[i].Text, "customFetch") == kept {
			t.Errorf("%s: the program is for another address", address)
		}
	}
}

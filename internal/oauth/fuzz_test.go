package oauth

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Every parser of outside input is fuzzed from the vectors. A parser that fails must say so by an *Error.

func proveError(t *testing.T, err error) {
	t.Helper()
	var fault *Error
	if err != nil && !errors.As(err, &fault) {
		t.Fatalf("%T is not an *Error: %v", err, err)
	}
	if fault != nil {
		checkPublic(t, fault)
	}
}

func FuzzCheck(f *testing.F) {
	for _, v := range vectors(f, "authorize.txt", authorizeKeys...) {
		f.Add(authorizeQuery(v))
	}
	f.Fuzz(func(t *testing.T, query string) {
		params, err := ParseQuery(query)
		if err != nil {
			return
		}
		proveCheck(t, params)
	})
}

func FuzzParseForm(f *testing.F) {
	for _, v := range vectors(f, "parameters.txt", parameterKeys...) {
		f.Add(v.get("type"), v.get("body"))
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		_, err := ParseForm(contentType, []byte(body))
		proveError(t, err)
		proveStable(t, body)
	})
}

// A form as a query is safe in a Location header, and means the same.
func FuzzFormQuery(f *testing.F) {
	for _, v := range vectors(f, "parameters.txt", parameterKeys...) {
		f.Add(v.get("body"))
	}
	f.Fuzz(func(t *testing.T, body string) {
		query, err := FormQuery(formContentType, []byte(body))
		if err != nil {
			proveError(t, err)
			return
		}
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("#\"<>\\", r) }) {
			t.Fatalf("%q", query)
		}
		before, err := ParseQuery(body)
		if err != nil {
			t.Fatal(err)
		}
		after, err := ParseQuery(query)
		if err != nil {
			return // encoding made it longer than we read
		}
		for _, p := range before {
			if p.unreadable == "" && before.Get(p.name) != after.Get(p.name) {
				t.Fatalf("%q: %q became %q", p.name, before.Get(p.name), after.Get(p.name))
			}
		}
	})
}

func FuzzParseToken(f *testing.F) {
	for _, v := range vectors(f, "token.txt", tokenKeys...) {
		f.Add(v.get("form"))
	}
	f.Fuzz(func(t *testing.T, body string) {
		params, err := ParseForm(formContentType, []byte(body))
		if err != nil {
			return
		}
		request, err := ParseToken(params)
		proveError(t, err)
		if err == nil && request.GrantType == GrantAuthorizationCode && request.Code == "" {
			t.Fatal("no code")
		}
	})
}

func FuzzParseClientAuthentication(f *testing.F) {
	for _, v := range vectors(f, "credentials.txt", credentialKeys...) {
		f.Add(authorization(v), v.get("form"))
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		params, err := ParseForm(formContentType, []byte(body))
		if err != nil {
			return
		}
		credentials, err := ParseClientAuthentication(header, params)
		proveError(t, err)
		if err == nil && (credentials.ID == "" || (credentials.Secret == "") != (credentials.Method == "none")) {
			t.Fatalf("%q by %s", credentials.ID, credentials.Method)
		}
	})
}

func FuzzParseBearer(f *testing.F) {
	for _, v := range vectors(f, "bearer.txt", bearerKeys...) {
		f.Add(v.get("header"))
	}
	f.Fuzz(func(t *testing.T, header string) {
		text, err := ParseBearer(header, nil)
		proveError(t, err)
		if err == nil && !strings.HasSuffix(strings.TrimRight(header, " "), text.Reveal()) {
			t.Fatalf("%q from %q", text.Reveal(), header)
		}
	})
}

func FuzzParseClaims(f *testing.F) {
	for _, v := range vectors(f, "claims.txt", claimsKeys...) {
		f.Add(v.get("text"))
	}
	f.Fuzz(func(t *testing.T, text string) { proveClaims(t, text) })
}

func FuzzParseLoginHint(f *testing.F) {
	for _, v := range vectors(f, "hints.txt", "spec", "hint", "want") {
		f.Add(v.get("hint"))
	}
	f.Fuzz(func(t *testing.T, hint string) {
		if number := parseLoginHint(hint).E164(); number != "" && !dialtone.ValidE164(number) {
			t.Fatalf("%q", number)
		}
	})
}

func FuzzParseLogout(f *testing.F) {
	for _, v := range vectors(f, "logout.txt", "spec", "query", "hint", "answer", "client", "target") {
		f.Add(v.get("query"), v.get("hint"))
	}
	f.Fuzz(func(t *testing.T, query, audience string) {
		params, err := ParseQuery(query)
		if err != nil {
			return
		}
		request, err := ParseLogout(params)
		proveError(t, err)
		if err != nil {
			return
		}
		id, err := request.Client(audience)
		proveError(t, err)
		target, err := request.Target(clients[id])
		proveError(t, err)
		if target != "" {
			t.Fatalf("these clients have no post-logout address, yet %q", target)
		}
	})
}

var loopbackURI = regexp.MustCompile(`(?s)^(http://127\.0\.0\.1|http://\[::1\]|http://localhost)(?::[0-9]{1,5})?([/?].*)?$`)

// Whatever the two addresses: the one that is accepted is the registered one, but for the port.
func FuzzSameButPort(f *testing.F) {
	f.Add("http://127.0.0.1/cb", "http://127.0.0.1:80/cb")
	f.Add("http://[::1]:1?x", "http://[::1]:2?x")
	f.Add("http://localhost/cb", "http://localhost:1/cb")
	f.Add("http://localhost", "http://localhost.attacker.example")
	f.Add("http://127.0.0.1", "http://127.0.0.1:80@attacker.example")
	f.Fuzz(func(t *testing.T, registered, sent string) {
		if !sameButPort(registered, sent) {
			return
		}
		a, b := loopbackURI.FindStringSubmatch(registered), loopbackURI.FindStringSubmatch(sent)
		if a == nil || b == nil || a[1] != b[1] || a[2] != b[2] {
			t.Fatalf("%q and %q", registered, sent)
		}
	})
}

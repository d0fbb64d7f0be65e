package oauth

import (
	"net/url"
	"strings"
	"testing"
)

// What is as long as it may be is taken, and what is one longer is not.
func TestTheLongestOfEachParameterIsTaken(t *testing.T) {
	t.Parallel()
	ask := func(name, value string) error {
		query := url.Values{"client_id": {"web"}, "redirect_uri": {"https://example.com/callback"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"}}
		query.Set(name, value)
		params, err := ParseQuery(query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_, err = Check(params, registration("web"), catalogue)
		return err
	}
	for name, longest := range map[string]int{"state": MaxStateLength, "id_token_hint": maxHintLength} {
		if err := ask(name, strings.Repeat("x", longest)); err != nil {
			t.Errorf("%s of %d characters: %v", name, longest, err)
		}
		if err := ask(name, strings.Repeat("x", longest+1)); err == nil {
			t.Errorf("%s of %d characters is taken", name, longest+1)
		}
	}
	const empty = `{"x":""}`
	claims := `{"x":"` + strings.Repeat("x", maxClaimsLength-len(empty)) + `"}`
	if err := ask("claims", claims); err != nil {
		t.Errorf("claims of %d bytes: %v", len(claims), err)
	}
	if err := ask("claims", claims[:6]+"x"+claims[6:]); err == nil {
		t.Errorf("claims of %d bytes are taken", len(claims)+1)
	}
	for body, taken := range map[string]bool{strings.Repeat("x", maxEncoded): true, strings.Repeat("x", maxEncoded+1): false} {
		if _, err := FormQuery(formContentType, []byte(body)); (err == nil) != taken {
			t.Errorf("a body of %d bytes: %v", len(body), err)
		}
	}
	if seconds, err := parseMaxAge("2147483647"); err != nil || *seconds != longestMaxAge {
		t.Errorf("the longest max_age: %v, %v", seconds, err)
	}
	if seconds, err := parseMaxAge("2147483646"); err != nil || *seconds != longestMaxAge-1 {
		t.Errorf("one second less: %v, %v", seconds, err)
	}
}

func TestAFormsQueryKeepsWhatMayStandInOne(t *testing.T) {
	t.Parallel()
	const kept = "*%+&=azAZ09-._"
	query, err := FormQuery(formContentType, []byte(kept+"#\r\n<>\x7f"))
	if err != nil || query != kept+"%23%0D%0A%3C%3E%7F" {
		t.Errorf("%q, %v", query, err)
	}
}

// The first and the last of each kind of character that base64url has, and their neighbours.
func TestAChallengeIsBase64URL(t *testing.T) {
	t.Parallel()
	rest := strings.Repeat("x", 42)
	for _, c := range "azAZ09-_" {
		if !isChallenge(string(c) + rest) {
			t.Errorf("%q is refused", c)
		}
	}
	for _, c := range "`{@[/:+=." {
		if isChallenge(string(c) + rest) {
			t.Errorf("%q is taken", c)
		}
	}
	if isChallenge(rest) || isChallenge(rest+"xx") {
		t.Error("a challenge of 42 or 44 characters is taken")
	}
}

func TestOnlyAPortMayDifferOnThisMachine(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]bool{
		"http://127.0.0.1:4000?x=1": true, "http://127.0.0.1?x=1": true, "http://127.0.0.1:65535?x=1": true, "http://[::1]:1/cb": true,
		"http://127.0.0.1:?x=1": false, "http://127.0.0.1:0?x=1": false, "http://127.0.0.1:65536?x=1": false, "http://127.0.0.1:004000?x=1": false,
		"http://127.0.0.1.evil.example?x=1": false, "http://127.0.0.1@evil.example?x=1": false, "http://127.0.0.1x?x=1": false,
	} {
		got := sameButPort("http://127.0.0.1?x=1", sent) || sameButPort("http://[::1]/cb", sent)
		if got != want {
			t.Errorf("%s: %t, want %t", sent, got, want)
		}
	}
}

// Of two that resemble it as much, the first that was registered is named.
func TestTheFirstOfTheNearestIsNamed(t *testing.T) {
	t.Parallel()
	err := Mismatch("redirect_uri", []string{"https://a.example/one", "https://a.example/two"}, "https://a.example/x")
	if err == nil || !strings.Contains(err.Error(), "one") {
		t.Errorf("%v", err)
	}
}

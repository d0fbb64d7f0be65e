package product_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

var secretPattern = regexp.MustCompile(`dt_cs_[A-Za-z0-9_-]+`)

// fill is the form for a new client, as in the walkthrough.
func fill() url.Values {
	return url.Values{
		"description": {"this is a test"}, "redirect_uris": {"https://example.com/callback"},
		"post_revoke_redirect_uris": {"https://example.com/revoke"},
	}
}

func TestANewClientIsShownOnceWithItsSecret(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/clients/new"
	blank := s.see(s.get(s.developer, address), http.StatusOK,
		"Client description", "Login redirect URIs", "Post revoke consent redirect URIs", "More options")
	form := blank.document.form(t, address)
	made := s.see(s.submit(s.developer, blank, address, fill()), http.StatusCreated, "shown only once", "ISSUER="+issuer, "CLIENT_ID=client_",
		"REDIRECT_URI=https://example.com/callback", "POST_REVOKE_REDIRECT_URI=https://example.com/revoke", "Next: enable scopes")
	text := secretPattern.FindString(made.body)
	if text == "" || made.header.Get("Cache-Control") != "no-store" || made.header.Get("Location") != "" {
		t.Fatalf("secret %q, headers %v", text, made.header)
	}

	clients, err := s.Clients(t.Context(), s.developer.actor, s.product.ID)
	must(t, err)
	if len(clients) != 1 || clients[0].Description != "this is a test" || clients[0].Type != dialtone.ClientConfidential {
		t.Fatalf("there are %+v", clients)
	}
	registration, err := s.Registration(t.Context(), clients[0].ID)
	must(t, err)
	if !s.AuthenticateSecret(registration, text, s.now) {
		t.Error("the secret that was shown does not work")
	}

	// A reload of the answer sends the same form again.
	for name, values := range fill() {
		form[name] = values
	}
	again := s.see(s.post(s.developer, address, form), http.StatusConflict, "This client was created already", "rotate the secret")
	if secretPattern.MatchString(again.body) {
		t.Error("the secret is shown a second time")
	}
	if clients, err := s.Clients(t.Context(), s.developer.actor, s.product.ID); err != nil || len(clients) != 1 {
		t.Errorf("%d clients after a reload (%v), want one", len(clients), err)
	}
	for _, address := range []string{"/products/" + s.product.ID + "/clients", "/clients/" + clients[0].ID} {
		if list := s.see(s.get(s.developer, address), http.StatusOK, "this is a test", "never"); secretPattern.MatchString(list.body) {
			t.Errorf("%s shows the secret", address)
		}
	}
}

func TestFormsThatMakeSecretsWorkOnceAndForADay(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/clients/new"
	old := s.get(s.developer, address)
	s.now = s.now.Add(25 * time.Hour)
	s.see(s.submit(s.developer, old, address, fill()), http.StatusConflict, "This form was open too long", "nothing was made")
	withoutToken := fill()
	s.see(s.post(s.developer, address, withoutToken), http.StatusBadRequest)

	// A refusal makes nothing, so the form may be sent again.
	wrong := fill()
	wrong["description"] = []string{""}
	refused := s.see(s.submit(s.developer, s.get(s.developer, address), address, wrong), http.StatusUnprocessableEntity)
	s.see(s.submit(s.developer, refused, address, fill()), http.StatusCreated)

	// The dialog on the tab holds the same form.
	s.see(s.submit(s.developer, s.get(s.developer, "/products/"+s.product.ID+"/clients"), address, fill()), http.StatusCreated)
}

func TestMoreOptionsOfANewClient(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/clients/new"
	more := fill()
	more["auth_method"], more["id_token_algorithm"] = []string{"client_secret_post"}, []string{"ES256"}
	more["post_logout_redirect_uris"] = []string{"https://example.com/bye"}
	more["refresh_grace_seconds"], more["claims_in_id_token"] = []string{" 45 "}, []string{"true"}
	more["secret_name"], more["secret_expires"] = []string{"production"}, []string{"2026-12-31"}
	s.see(s.submit(s.developer, s.get(s.developer, address), address, more), http.StatusCreated)
	clients, err := s.Clients(t.Context(), s.developer.actor, s.product.ID)
	must(t, err)
	c := clients[0]
	if c.AuthMethod != dialtone.AuthPost || c.IDTokenAlgorithm != "ES256" || c.PostLogoutRedirectURIs[0] != "https://example.com/bye" ||
		c.RefreshGrace() != 45*time.Second || !c.ClaimsInIDToken {
		t.Errorf("made %+v", c)
	}
	if want := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); c.Secrets[0].Name != "production" || !c.Secrets[0].Expires.Equal(want) {
		t.Errorf("its secret is %q until %s, want production until the end of the day", c.Secrets[0].Name, c.Secrets[0].Expires)
	}

	for _, c := range []struct{ field, value string }{
		{"refresh_grace_seconds", "two minutes"}, {"refresh_grace_seconds", "3601"}, {"refresh_grace_seconds", "-1"}, {"claims_in_id_token", "maybe"},
		{"secret_expires", "31 December"}, {"secret_expires", "2020-01-01"}, {"post_logout_redirect_uris", "http://example.com"},
		{"id_token_algorithm", "none"}, {"auth_method", "magic"},
	} {
		wrong := fill()
		wrong[c.field] = []string{c.value}
		a := s.see(s.submit(s.developer, s.get(s.developer, address), address, wrong), http.StatusUnprocessableEntity)
		if a.document.problem(c.field) == "" || !strings.Contains(a.body, "<details open>") {
			t.Errorf("%s %s: no problem in sight: %s", c.field, c.value, a.text())
		}
		if kept := a.document.form(t, address).Get(c.field); kept != c.value && c.field == "refresh_grace_seconds" {
			t.Errorf("%s holds %q, want what was typed, %q", c.field, kept, c.value)
		}
	}
}

func TestAPublicClientHasNoSecret(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/clients/new"
	public := fill()
	public["type"] = []string{"public"}
	made := s.see(s.submit(s.developer, s.get(s.developer, address), address, public), http.StatusCreated, "PKCE")
	s.lacks(made, "CLIENT_SECRET", "shown only once")
	clients, err := s.Clients(t.Context(), s.developer.actor, s.product.ID)
	must(t, err)
	shown := s.see(s.get(s.developer, "/clients/"+clients[0].ID), http.StatusOK, "A public client has no secret", "code_verifier")
	s.lacks(shown, "Make a secret", "Authentication at the token endpoint")
	s.see(s.follow(s.developer, s.submit(s.developer, shown, "/clients/"+clients[0].ID, url.Values{"description": {"phone app"}})),
		http.StatusOK, "Saved.", "phone app")
}

func TestEveryRefusedRedirectURIIsNamedWithItsLine(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/clients/new"
	blank := s.get(s.developer, address)
	for _, c := range []struct{ uri, says string }{
		{"https://example.com/callback#part", "fragment"},
		{"https://*.example.com/callback", "wildcard"},
		{"https://user:password@example.com/callback", "credentials"},
		{"http://example.com/callback", "loopback"},
		{"https://example.com/call back", "space"},
		{"https://example.com/å", "non-ASCII"},
		{`https://example.com\callback`, "backslash"},
		{"/callback", "not absolute"},
		{"example.com/callback", "not absolute"},
		{"https:///callback", "no host"},
		{"myapp:/callback", "dot"},
		{"javascript:alert(1)", "dot"},
		{"https://example.com/%zz", "not a URI"},
		{"https://example.com/" + strings.Repeat("x", 2048), "longer than 2048"},
		{"https://example.com/ok", "above already"},
	} {
		typed := "https://example.com/ok\r\n\r\n" + c.uri
		for _, field := range []string{"redirect_uris", "post_revoke_redirect_uris", "post_logout_redirect_uris"} {
			form := fill()
			form[field] = []string{typed}
			a := s.see(s.submit(s.developer, blank, address, form), http.StatusUnprocessableEntity)
			if problem := a.document.problem(field); !strings.HasPrefix(problem, "Line 3: ") || !strings.Contains(problem, c.says) {
				t.Errorf("%s: %s has the problem %q, want line 3 and %q", c.uri, field, problem, c.says)
			}
			if kept := a.document.form(t, address).Get(field); kept != typed {
				t.Errorf("%s holds %q after a refusal", field, kept)
			}
			blank = s.get(s.developer, address)
		}
		if c.says == "above already" {
			continue // one address alone is no repetition
		}
		if problem := s.check(typed); !strings.HasPrefix(problem, "Line 3: ") || !strings.Contains(problem, c.says) {
			t.Errorf("%s: while typing: %q", c.uri, problem)
		}
		if problem := s.check(c.uri); strings.Contains(problem, "Line") || !strings.Contains(problem, c.says) {
			t.Errorf("%s: while typing, alone: %q", c.uri, problem)
		}
	}
	for _, uri := range []string{"https://example.com/callback?a=b", "http://localhost:8083/callback", "com.example.app:/callback", ""} {
		if problem := s.check(uri); problem != "" {
			t.Errorf("%s: %s", uri, problem)
		}
	}
	if clients, err := s.Clients(t.Context(), s.developer.actor, s.product.ID); err != nil || len(clients) != 0 {
		t.Errorf("%d clients (%v) of refused forms", len(clients), err)
	}
}

// check asks what a field asks while somebody types.
func (s *stage) check(value string) string {
	s.t.Helper()
	a := s.see(s.get(s.developer, "/check/redirect-uri?"+url.Values{"value": {value}}.Encode()), http.StatusOK)
	var got struct{ Problem *string }
	must(s.t, json.Unmarshal([]byte(a.body), &got))
	if got.Problem == nil {
		s.t.Fatalf("no problem in %s", a.body)
	}
	return *got.Problem
}

func TestTheSecondOfTwoEditorsOfAClientSeesBothVersions(t *testing.T) {
	s := newStage(t)
	client, _ := s.newClient()
	address := "/clients/" + client.ID
	mine := s.get(s.developer, address)
	theirs := url.Values{"redirect_uris": {"https://example.com/theirs"}, "auth_method": {"client_secret_post"}}
	s.see(s.follow(s.owner, s.submit(s.owner, s.get(s.owner, address), address, theirs)), http.StatusOK, "Saved.")

	both := s.see(s.submit(s.developer, mine, address, url.Values{"redirect_uris": {"https://example.com/mine"}}), http.StatusConflict,
		"Somebody else saved this", "https://example.com/theirs", "client_secret_post")
	if form := both.document.form(t, address); form.Get("redirect_uris") != "https://example.com/mine" {
		t.Errorf("the form holds %v, want the person's own values", form)
	}
	s.see(s.follow(s.developer, s.submit(s.developer, both, address, nil)), http.StatusOK, "Saved.")
	stored, _, _, err := s.Client(t.Context(), s.owner.actor, client.ID)
	must(t, err)
	if stored.RedirectURIs[0] != "https://example.com/mine" || stored.AuthMethod != dialtone.AuthBasic {
		t.Errorf("stored %+v", stored)
	}

	wrong := s.see(s.submit(s.developer, s.get(s.developer, address), address, url.Values{"redirect_uris": {"https://example.com/a\r\nftp://x"}}),
		http.StatusUnprocessableEntity)
	if problem := wrong.document.problem("redirect_uris"); !strings.HasPrefix(problem, "Line 2: ") {
		t.Errorf("the problem is %q, want line 2", problem)
	}
}

func TestSecretsAreMadeRotatedAndRevoked(t *testing.T) {
	s := newStage(t)
	client, first := s.newClient()
	address := "/clients/" + client.ID
	works := func(text string, at time.Time) bool {
		t.Helper()
		registration, err := s.Registration(t.Context(), client.ID)
		must(t, err)
		return s.AuthenticateSecret(registration, text, at)
	}

	s.now = s.now.Add(time.Minute)
	shown := s.get(s.developer, address)
	rotate := address + "/secrets/" + client.Secrets[0].ID + "/rotate"
	form := shown.document.form(t, rotate)
	s.see(s.submit(s.developer, shown, rotate, url.Values{"overlap": {"9999h"}}), http.StatusBadRequest)
	rotated := s.see(s.submit(s.developer, shown, rotate, url.Values{"overlap": {"1h"}}), http.StatusCreated, "shown only once", "works until")
	second := secretPattern.FindString(rotated.body)
	if !works(first, s.now.Add(59*time.Minute)) || works(first, s.now.Add(61*time.Minute)) || !works(second, s.now.Add(61*time.Minute)) {
		t.Error("the old secret must work for an hour and no longer, the new one from now on")
	}
	if again := s.see(s.post(s.developer, rotate, form), http.StatusConflict, "This secret was made already"); secretPattern.MatchString(again.body) {
		t.Error("the secret is shown a second time")
	}

	successor := "one, rotated " + s.now.Format("2 Jan 2006")
	shown = s.see(s.get(s.developer, address), http.StatusOK, "one replaced", successor+" live")
	if rotates, revokes := strings.Count(shown.body, "/rotate\""), strings.Count(shown.body, "/revoke\""); rotates != 1 || revokes != 2 {
		t.Errorf("%d secrets can be rotated and %d revoked, want the new one, and both", rotates, revokes)
	}

	s.now = s.now.Add(2 * time.Hour)
	shown = s.see(s.get(s.developer, address), http.StatusOK, "one expired", successor+" live")
	refused := s.see(s.submit(s.developer, shown, address+"/secrets", url.Values{"name": {""}}), http.StatusUnprocessableEntity)
	made := s.see(s.submit(s.developer, refused, address+"/secrets", url.Values{"name": {"two"}, "expires": {s.now.AddDate(0, 0, 3).Format(time.DateOnly)}}),
		http.StatusCreated, "The new secret expires")
	third := secretPattern.FindString(made.body)
	s.see(s.get(s.developer, address), http.StatusOK, "two expires soon")

	s.revoke(client.ID, "two", "The client’s other secrets go on working")
	s.revoke(client.ID, successor, "It is the last one that works")
	if works(second, s.now) || works(third, s.now) {
		t.Error("a revoked secret works")
	}
	s.see(s.get(s.developer, "/products/"+s.product.ID+"/clients"), http.StatusOK, "0 of 1 live expired")
	s.see(s.get(s.developer, address+"/secrets/none/revoke"), http.StatusNotFound)
	s.see(s.submit(s.developer, s.get(s.developer, address), address+"/secrets", url.Values{"name": {"x"}, "expires": {"soon"}}),
		http.StatusUnprocessableEntity, "year-month-day")
}

// revoke revokes the live secret of that name, after the page has said the words.
func (s *stage) revoke(clientID, name, words string) {
	s.t.Helper()
	client, _, _, err := s.Client(s.t.Context(), s.owner.actor, clientID)
	must(s.t, err)
	for _, secret := range client.Secrets {
		if secret.Name != name || !secret.Live(s.now) {
			continue
		}
		address := "/clients/" + clientID + "/secrets/" + secret.ID + "/revoke"
		ask := s.see(s.get(s.developer, address), http.StatusOK, "Revoke the secret “"+name+"”?", words)
		s.see(s.follow(s.developer, s.submit(s.developer, ask, address, nil)), http.StatusOK, "The secret is revoked")
		return
	}
	s.t.Fatalf("no live secret %s", name)
}

func TestDeletingAClientSaysWhatItBreaks(t *testing.T) {
	s := newStage(t)
	client, _ := s.newClient()
	address := "/clients/" + client.ID + "/delete"
	s.see(s.get(s.developer, address), http.StatusOK, "completed no sign-in", "None of the secrets that it has now was ever used", "Secrets that work now: 1.")
	must(t, s.db.AddTallies(t.Context(), []dialtone.Tally{
		{ProductID: s.product.ID, ClientID: client.ID, Hour: s.now.Add(-24 * time.Hour).Truncate(time.Hour), Kind: dialtone.TallySignInCompleted, Count: 41},
		{ProductID: s.product.ID, ClientID: client.ID, Hour: s.now.Add(-24 * time.Hour).Truncate(time.Hour), Kind: dialtone.TallyTokenIssued, Count: 43},
	}))
	ask := s.see(s.get(s.developer, address), http.StatusOK, "The client is in use", "sign-ins completed 41", "tokens issued 43")
	s.see(s.follow(s.developer, s.submit(s.developer, ask, address, nil)), http.StatusOK, "The client is deleted", "No client yet")
	s.see(s.get(s.developer, "/clients/"+client.ID), http.StatusNotFound)
	s.see(s.post(s.developer, address, nil), http.StatusNotFound)
}

func TestManyClientsAreSearchedAndTurned(t *testing.T) {
	s := newStage(t)
	for i := range 60 {
		must(t, s.db.PutClient(t.Context(), dialtone.Client{
			ID: fmt.Sprintf("client_%02d", i), ProductID: s.product.ID, Type: dialtone.ClientPublic, Created: s.now, Updated: s.now,
			ClientSettings: dialtone.ClientSettings{
				Description: fmt.Sprintf("Shop number %d", i), RedirectURIs: []string{fmt.Sprintf("https://shop%d.example/callback", i)},
				AuthMethod: dialtone.AuthNone, IDTokenAlgorithm: dialtone.IDTokenAlgorithms[0],
			},
		}))
	}
	address := "/products/" + s.product.ID + "/clients"
	rows := func(a answer) int { return strings.Count(a.body, `<th scope="row"`) }
	seen := 0
	for page, words := range map[string]string{"": "Clients 1 to 25 of 60", "2": "Clients 26 to 50 of 60", "3": "Clients 51 to 60 of 60"} {
		seen += rows(s.see(s.get(s.viewer, address+"?page="+page), http.StatusOK, words))
	}
	if seen != 60 {
		t.Errorf("the pages have %d clients, want 60", seen)
	}
	for _, page := range []string{"99", "-1", "x"} {
		s.see(s.get(s.viewer, address+"?page="+page), http.StatusOK, "of 60")
	}
	for words, want := range map[string]int{"SHOP17.example": 1, "client_4": 10, "number 59": 1, "shop": 25} {
		found := s.see(s.get(s.viewer, address+"?q="+url.QueryEscape(words)), http.StatusOK)
		if got := rows(found); got != want {
			t.Errorf("%q finds %d clients on its page, want %d", words, got, want)
		}
	}
	next := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(s.get(s.viewer, address+"?q=shop").body)
	if next == nil || !strings.Contains(next[1], "q=shop") {
		t.Errorf("the next page forgets the search: %v", next)
	}
	s.see(s.get(s.viewer, address+"?q=bakery"), http.StatusOK, "No client has “bakery”", "Show all clients")
}

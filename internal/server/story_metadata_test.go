package server_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// metadata is a discovery document beside the server that it speaks of.
type metadata struct {
	*house
	fields map[string]any
}

// list is a member with several values, of which there must be one (RFC 8414 §3.2).
func (m metadata) list(member string) []string {
	var list []string
	values, _ := m.fields[member].([]any)
	for _, value := range values {
		text, _ := value.(string)
		list = append(list, text)
	}
	if len(list) == 0 {
		m.t.Errorf("%s is %v, want a list of texts with something in it", member, m.fields[member])
	}
	return list
}

// only compares what a member says with what works of all that is in use elsewhere.
func (m metadata) only(member string, works func(value string) bool, elsewhere ...string) {
	m.t.Helper()
	said := m.list(member)
	for _, value := range said {
		if !works(value) {
			m.t.Errorf("%s says %s, which does not work", member, value)
		}
	}
	for _, value := range elsewhere {
		if !slices.Contains(said, value) && works(value) {
			m.t.Errorf("%s does not say %s, which works", member, value)
		}
	}
}

// authorize sends an authorization request of somebody who is not signed in: either the sign-in page comes next, or the app
// hears of an error in its query or fragment.
func (m metadata) authorize(pairs ...string) (accepted bool, answer url.Values) {
	m.t.Helper()
	r := m.send(m.t, http.MethodGet, strings.TrimPrefix(m.story(m.t).address(pairs...), m.issuer), nil, "")
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		m.t.Fatal(err)
	}
	answer = to.Query()
	if to.Fragment != "" {
		if answer, err = url.ParseQuery(to.Fragment); err != nil {
			m.t.Fatal(err)
		}
	}
	return strings.HasPrefix(to.Path, "/signin"), answer
}

func (m metadata) endpoint(path string) func(string) {
	return func(member string) {
		if m.fields[member] != m.issuer+path {
			m.t.Errorf("%s is %v", member, m.fields[member])
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if r := m.send(m.t, method, path, header("Content-Type", formType), ""); r.status == http.StatusNotFound {
				m.t.Errorf("%s %s: not found", method, path)
			}
		}
	}
}

// clientMethods tries the ways in which a client can authenticate at an endpoint.
func (m metadata) clientMethods(path string, pairs ...string) func(string) {
	return func(member string) {
		m.only(member, func(method string) bool {
			values, head := form(pairs...), header("Content-Type", formType)
			switch method {
			case "client_secret_basic":
				head.Set("Authorization", basic("client_story", storySecret))
			case "client_secret_post":
				values.Set("client_id", "client_story")
				values.Set("client_secret", storySecret)
			case "none":
				values.Set("client_id", "client_public")
			default:
				values.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
				values.Set("client_assertion", "e30.e30.e30")
			}
			r := m.send(m.t, http.MethodPost, path, head, values.Encode())
			return r.text("error") != "invalid_client" && r.text("error") != "unauthorized_client"
		}, "none", "client_secret_jwt", "private_key_jwt", "tls_client_auth")
	}
}

func TestTheMetadataSayWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.apply(`
clients:
  - {id: client_story, claims_in_id_token: true}
  - {id: client_twin, claims_in_id_token: true, id_token_algorithm: ES256}
  - {id: client_terms, claims_in_id_token: true, id_token_algorithm: EdDSA}
`)
	openid := h.send(t, http.MethodGet, "/.well-known/openid-configuration", header("Origin", "https://spa.example"), "").ok()
	if oauth := h.send(t, http.MethodGet, "/.well-known/oauth-authorization-server", nil, "").ok(); openid.body != oauth.body {
		t.Error("the two documents differ")
	}
	if openid.header.Get("Access-Control-Allow-Origin") == "" {
		t.Error("a browser app cannot read the metadata")
	}
	m := metadata{h, openid.fields}
	a := h.story(t)
	_, tokens := a.tokens(kim, "scope", "openid phone offline_access", "nonce", "n")
	said := claims(t, tokens.text("id_token"))
	refused := func(pairs ...string) string { _, answer := m.authorize(pairs...); return answer.Get("error") }
	accepts := func(parameter string) func(string) bool {
		return func(value string) bool { accepted, _ := m.authorize(parameter, value); return accepted }
	}

	checks := map[string]func(member string){
		"issuer": func(string) {
			if m.fields["issuer"] != h.issuer || said["iss"] != h.issuer {
				t.Errorf("issuer is %v, in an ID token %v", m.fields["issuer"], said["iss"])
			}
		},
		"authorization_endpoint": m.endpoint("/oauth2/auth"),
		"token_endpoint":         m.endpoint("/oauth2/token"),
		"userinfo_endpoint":      m.endpoint("/userinfo"),
		"revocation_endpoint":    m.endpoint("/oauth2/revoke"),
		"introspection_endpoint": m.endpoint("/oauth2/introspect"),
		"end_session_endpoint":   m.endpoint("/oauth2/sessions/logout"),
		"jwks_uri":               m.endpoint("/.well-known/jwks.json"),
		"scopes_supported": func(member string) {
			if got := strings.Fields(tokens.text("scope")); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(m.list(member)))) {
				t.Errorf("%s is %v, and all that are built in are %v", member, m.list(member), got)
			}
		},
		"claims_supported": func(member string) {
			made := maps.Clone(said)
			maps.Copy(made, a.userinfo(tokens.text("access_token")).ok().fields)
			if got := slices.Sorted(maps.Keys(made)); !slices.Equal(got, slices.Sorted(slices.Values(m.list(member)))) {
				t.Errorf("%s is %v; an ID token and user info have %v", member, m.list(member), got)
			}
		},
		"claim_types_supported": func(member string) {
			if said["_claim_names"] != nil || !slices.Equal(m.list(member), []string{"normal"}) {
				t.Errorf("%s is %v", member, m.list(member))
			}
		},
		"response_types_supported": func(member string) {
			m.only(member, accepts("response_type"), "token", "id_token", "code id_token", "code token", "none")
		},
		"response_modes_supported": func(member string) {
			m.only(member, accepts("response_mode"), "fragment", "form_post", "query", "query.jwt", "jwt", "web_message")
		},
		"grant_types_supported": func(member string) {
			m.only(member, func(grant string) bool {
				return a.token("grant_type", grant).text("error") != "unsupported_grant_type"
			}, "implicit", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange",
				"urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba")
		},
		"subject_types_supported": func(member string) {
			_, other := h.other(t).tokens(robin, "scope", "openid")
			_, first := a.tokens(robin, "scope", "openid")
			if claims(t, other.text("id_token"))["sub"] == claims(t, first.text("id_token"))["sub"] || !slices.Equal(m.list(member), []string{"pairwise"}) {
				t.Errorf("%s is %v", member, m.list(member))
			}
		},
		"acr_values_supported": func(member string) {
			m.only(member, func(acr string) bool {
				accepted, _ := m.authorize("claims", `{"id_token":{"acr":{"essential":true,"value":"`+acr+`"}}}`)
				return accepted
			}, "phr", "0")
			if acr, _ := said["acr"].(string); !slices.Contains(m.list(member), acr) {
				t.Errorf("an ID token has the acr %s", acr)
			}
		},
		"prompt_values_supported": func(member string) {
			m.only(member, func(prompt string) bool {
				return refused("prompt", prompt) != "invalid_request"
			}, "create", "magic")
		},
		"id_token_signing_alg_values_supported": func(member string) {
			var made, published []string
			for _, client := range []string{"client_story", "client_twin", "client_terms"} {
				app := h.app(t, client, storySecret)
				tab := h.browser(t).open(app.address("scope", "openid")).fill("phone_number", "+46701740605").press("send").fill("pin", "740605").press("continue")
				if client == "client_terms" {
					tab = tab.tick("terms")
				}
				if tab.shows("allow") {
					tab = tab.press("allow")
				}
				made = append(made, signedWith(t, app.redeem(app.code(tab)).ok().text("id_token")))
			}
			var keys struct{ Keys []map[string]any }
			answer := h.send(t, http.MethodGet, "/.well-known/jwks.json", nil, "")
			if err := json.Unmarshal([]byte(answer.body), &keys); err != nil {
				t.Fatal(err)
			}
			for _, key := range keys.Keys {
				published = append(published, key["alg"].(string))
				for _, private := range []string{"d", "p", "q", "k"} {
					if _, ok := key[private]; ok {
						t.Errorf("the published keys hold %s", private)
					}
				}
			}
			// In this order, too: old libraries try the first key.
			if want := m.list(member); !slices.Equal(made, want) || !slices.Equal(slices.Compact(published), want) || want[0] != "RS256" {
				t.Errorf("%s is %v; tokens are signed with %v, and the keys are for %v", member, want, made, published)
			}
		},
		"token_endpoint_auth_methods_supported":         m.clientMethods("/oauth2/token", "grant_type", "refresh_token", "refresh_token", "x"),
		"revocation_endpoint_auth_methods_supported":    m.clientMethods("/oauth2/revoke", "token", "x"),
		"introspection_endpoint_auth_methods_supported": m.clientMethods("/oauth2/introspect", "token", "x"),
		"code_challenge_methods_supported": func(member string) {
			m.only(member, func(method string) bool {
				return refused("code_challenge", strings.Repeat("a", 43), "code_challenge_method", method) == ""
			}, "plain", "S512")
		},
		"ui_locales_supported": func(member string) {
			m.only(member, func(language string) bool {
				return h.browser(t).open(a.address("ui_locales", language)).spoken() == language
			}, "fi", "it", "ja", "nl", "pt")
		},
		"claims_parameter_supported": func(member string) {
			if m.fields[member] != true || refused("claims", "[]") != "invalid_request" {
				t.Error("claims is not looked at, or not announced")
			}
		},
		"request_parameter_supported": func(member string) {
			if m.fields[member] != false || refused("request", "e30.e30.") != "request_not_supported" {
				t.Error("request objects are neither taken nor refused")
			}
		},
		"request_uri_parameter_supported": func(member string) {
			if m.fields[member] != false || refused("request_uri", "https://example.com/r") != "request_uri_not_supported" {
				t.Error("request_uri is neither taken nor refused")
			}
		},
		"require_request_uri_registration": func(member string) {
			if m.fields[member] != false {
				t.Error("there is nowhere to register a request_uri")
			}
		},
		"authorization_response_iss_parameter_supported": func(member string) {
			if _, answer := m.authorize("prompt", "none"); m.fields[member] != true || answer.Get("iss") != h.issuer {
				t.Errorf("an answer has %v", answer)
			}
		},
	}
	for member := range m.fields {
		if checks[member] == nil {
			t.Errorf("nothing compares %s with what the server does", member)
		}
	}
	for member, check := range checks {
		if _, there := m.fields[member]; !there {
			t.Errorf("%s is missing", member)
			continue
		}
		check(member)
	}
}

// signedWith is the algorithm in the header of a JWT.
func signedWith(t *testing.T, jwt string) string {
	t.Helper()
	first, _, _ := strings.Cut(jwt, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	var head struct{ Alg string }
	if err == nil {
		err = json.Unmarshal(text, &head)
	}
	if err != nil {
		t.Fatal(err)
	}
	return head.Alg
}

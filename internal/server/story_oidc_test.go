package server_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func TestAnIDTokenSaysWhoSignedInWhenAndHow(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		before := time.Now().Add(-time.Second)
		_, tokens := a.tokens(kim, "scope", "openid phone", "nonce", "n-0S6")
		if tokens.text("refresh_token") != "" {
			t.Error("there is a refresh token without offline_access")
		}
		said := claims(t, tokens.text("id_token"))
		hash := sha256.Sum256([]byte(tokens.text("access_token")))
		for name, want := range map[string]any{
			"iss": h.issuer, "aud": "client_story", "nonce": "n-0S6",
			"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]), // OpenID Connect Core 1.0 §3.1.3.6
		} {
			if said[name] != want {
				t.Errorf("%s is %v, want %v", name, said[name], want)
			}
		}
		if got := fmt.Sprint(said["amr"]); got != "[sms otp]" {
			t.Errorf("amr is %s", got)
		}
		if acr, _ := said["acr"].(string); acr == "" {
			t.Error("there is no acr")
		}
		for _, name := range []string{"phone_number", "phone_number_verified"} {
			if _, ok := said[name]; ok {
				t.Errorf("%s is there without being asked for by claims", name)
			}
		}
		issued, authTime, expires := moment(said["iat"]), moment(said["auth_time"]), moment(said["exp"])
		if issued.Before(before) || issued.After(time.Now().Add(time.Second)) || authTime.Before(before) || authTime.After(issued) || !expires.After(issued) {
			t.Errorf("auth_time %v, iat %v, exp %v", authTime, issued, expires)
		}
		person := a.userinfo(tokens.text("access_token")).ok()
		if person.fields["sub"] != said["sub"] || person.fields["sid"] != said["sid"] || said["sub"] == nil || said["sid"] == nil {
			t.Errorf("user info says %s, the ID token sub %v and sid %v", person.body, said["sub"], said["sid"])
		}
	})
}

func moment(seconds any) time.Time {
	number, _ := seconds.(float64)
	return time.Unix(int64(number), 0)
}

func TestPhoneClaimsAreInTheIDTokenWhenTheAppAsksForThem(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	const wish = `{"id_token":{"phone_number":null,"phone_number_verified":{"essential":true}}}`
	_, tokens := a.tokens(kim, "scope", "openid phone offline_access", "claims", wish, "nonce", "once")
	said := claims(t, tokens.text("id_token"))
	if said["phone_number"] != kim || said["phone_number_verified"] != true {
		t.Errorf("the ID token says %v", said)
	}
	later := claims(t, a.refresh(tokens.text("refresh_token")).ok().text("id_token"))
	// OpenID Connect Core 1.0 §12.2: same sub, iss, aud and auth_time; no nonce.
	for _, name := range []string{"sub", "iss", "aud", "auth_time", "sid", "phone_number"} {
		if later[name] != said[name] {
			t.Errorf("after the refresh %s is %v, before it was %v", name, later[name], said[name])
		}
	}
	if _, ok := later["nonce"]; ok {
		t.Error("the nonce is repeated")
	}
	// Without the scope phone the person did not agree to it.
	_, without := h.other(t).tokens(robin, "scope", "openid", "claims", wish)
	if said := claims(t, without.text("id_token")); said["phone_number"] != nil {
		t.Errorf("the number is in an ID token without the scope phone: %v", said)
	}
}

func TestTwoAppsOfAProductKnowThePersonByTheSameSubAndOtherProductsDoNot(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	subject := func(a app, number string) any {
		_, tokens := a.tokens(number, "scope", "openid phone")
		return claims(t, tokens.text("id_token"))["sub"]
	}
	twin := h.app(t, "client_twin", storySecret)
	first := subject(h.story(t), kim)
	b := h.browser(t)
	second := b.open(twin.address("scope", "openid phone")).signIn(kim) // the consent is the product's
	if got := claims(t, twin.redeem(twin.code(second)).ok().text("id_token"))["sub"]; got != first {
		t.Errorf("the twin sees %v, the first app %v", got, first)
	}
	if subject(h.other(t), kim) == first {
		t.Error("another product sees the same sub")
	}
	if subject(h.story(t), robin) == first {
		t.Error("two people have the same sub")
	}
}

func TestARelyingPartyOnOrdinaryLibrariesSignsAPersonIn(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		provider, err := oidc.NewProvider(ctx, h.issuer)
		if err != nil {
			t.Fatal(err)
		}
		config := oauth2.Config{
			ClientID: "client_story", ClientSecret: storySecret, Endpoint: provider.Endpoint(), RedirectURL: callback,
			Scopes: []string{oidc.ScopeOpenID, "phone", oidc.ScopeOfflineAccess},
		}
		verifier := oauth2.GenerateVerifier()
		tab := h.browser(t).open(config.AuthCodeURL("st", oidc.Nonce("n"), oauth2.S256ChallengeOption(verifier)))
		code := tab.signIn(kim).press("allow").answer(callback).Get("code")
		tokens, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		verify := provider.Verifier(&oidc.Config{ClientID: config.ClientID})
		raw, _ := tokens.Extra("id_token").(string)
		id, err := verify.Verify(ctx, raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := id.VerifyAccessToken(tokens.AccessToken); err != nil || id.Nonce != "n" {
			t.Errorf("at_hash: %v; nonce %q", err, id.Nonce)
		}
		person, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil || person.Subject != id.Subject {
			t.Errorf("user info: %+v, %v", person, err)
		}
		tokens.Expiry = time.Now().Add(-time.Hour)
		fresh, err := config.TokenSource(ctx, tokens).Token()
		if err != nil || fresh.AccessToken == tokens.AccessToken || fresh.RefreshToken == tokens.RefreshToken {
			t.Errorf("refresh: %v", err)
		}
	})
}

func TestAnAppThatWantsES256GetsIt(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.apply("clients: [{id: client_story, id_token_algorithm: ES256}]")
	_, tokens := h.story(t).tokens(kim, "scope", "openid")
	provider, err := oidc.NewProvider(t.Context(), h.issuer)
	if err != nil {
		t.Fatal(err)
	}
	config := &oidc.Config{ClientID: "client_story", SupportedSigningAlgs: []string{oidc.ES256}}
	if _, err := provider.Verifier(config).Verify(context.Background(), tokens.text("id_token")); err != nil {
		t.Error(err)
	}
}

func TestPKCEBindsTheCodeToTheAppThatAsked(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	verifier := oauth2.GenerateVerifier()
	challenge := oauth2.S256ChallengeFromVerifier(verifier)
	with := []string{"code_challenge", challenge, "code_challenge_method", "S256"}

	a := h.story(t)
	b, code := a.signedIn(kim, with...)
	a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
	a.redeem(code, "code_verifier", oauth2.GenerateVerifier()).wants(http.StatusBadRequest, "invalid_grant")
	a.redeem(code, "code_verifier", verifier).ok() // a failed try does not spend the code
	// RFC 9700 §2.1.1: a verifier without a challenge.
	a.redeem(a.code(b.open(a.address())), "code_verifier", verifier).wants(http.StatusBadRequest, "invalid_grant")

	phone := h.app(t, "client_public", "")
	phone.redirect = "com.example.app:/callback"
	refused := h.browser(t).open(phone.address()).answer(phone.redirect)
	if refused.Get("error") != "invalid_request" || !strings.Contains(refused.Get("error_description"), "code_challenge") {
		t.Errorf("a public client without PKCE got %v", refused)
	}
	if plain := h.browser(t).open(phone.address("code_challenge", verifier, "code_challenge_method", "plain")).answer(phone.redirect); plain.Get("error") != "invalid_request" {
		t.Errorf("a public client with plain got %v", plain)
	}
	_, code = phone.signedIn(robin, with...)
	phone.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
	tokens := phone.redeem(code, "code_verifier", verifier).ok()
	fresh := phone.refresh(tokens.text("refresh_token")).ok()
	phone.post("/oauth2/revoke", "token", fresh.text("refresh_token")).ok()
	if got := phone.refresh(fresh.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant").text("error_description"); !strings.Contains(got, "revoked") {
		t.Errorf("the refusal does not say why: %s", got)
	}
	phone.token("grant_type", "client_credentials").wants(http.StatusBadRequest, "unauthorized_client")
	phone.post("/oauth2/introspect", "token", "x").wants(http.StatusBadRequest, "unauthorized_client")

	// RFC 8252 §7.3: any port on loopback.
	phone.redirect = "http://127.0.0.1:51004/callback"
	// The consent stands, and is asked for again all the same: any program on the device could be the one at that port.
	if got := h.browser(t).open(phone.address(with...)).signIn(robin).press("allow").answer(phone.redirect).Get("code"); got == "" {
		t.Error("an app at another port of loopback got no code")
	}
}

func TestUserInfoIsForBearersOfEveryKind(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim, "scope", "openid offline_access")
	access := tokens.text("access_token")
	byGet := a.userinfo(access).ok()
	if byGet.fields["phone_number"] != nil || byGet.fields["sub"] == nil {
		t.Errorf("without the scope phone: %s", byGet.body)
	}
	head := header("Content-Type", formType)
	for name, r := range map[string]reply{
		"POST with header":       h.send(t, http.MethodPost, "/userinfo", header("Authorization", "bearer "+access), ""),
		"POST with form":         h.send(t, http.MethodPost, "/userinfo", head, form("access_token", access).Encode()),
		"POST with header, form": h.send(t, http.MethodPost, "/userinfo", header("Authorization", "Bearer "+access, "Content-Type", formType), "x=y"),
	} {
		if r.ok(); r.body != byGet.body {
			t.Errorf("%s: %s, want %s", name, r.body, byGet.body)
		}
	}
	// RFC 6750 §3.1.
	missing := h.send(t, http.MethodGet, "/userinfo", nil, "")
	if got := missing.header.Get("WWW-Authenticate"); missing.status != http.StatusUnauthorized || !strings.HasPrefix(got, "Bearer") || strings.Contains(got, "error") {
		t.Errorf("without a token: %d %q", missing.status, got)
	}
	bad := a.userinfo(access+"x").wants(http.StatusUnauthorized, "invalid_token")
	if got := bad.header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) {
		t.Errorf("WWW-Authenticate: %q", got)
	}
	twice := header("Authorization", "Bearer "+access, "Content-Type", formType)
	h.send(t, http.MethodPost, "/userinfo", twice, form("access_token", access).Encode()).wants(http.StatusBadRequest, "invalid_request")
	h.send(t, http.MethodGet, "/userinfo?access_token="+access, nil, "").wants(http.StatusUnauthorized, "invalid_request")
	a.userinfo(a.token("grant_type", "client_credentials").ok().text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
	a.userinfo(tokens.text("refresh_token")).wants(http.StatusUnauthorized, "invalid_token")
	if r := h.send(t, http.MethodDelete, "/userinfo", nil, ""); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") == "" {
		t.Errorf("DELETE: %d, Allow %q", r.status, r.header.Get("Allow"))
	}
	// An access token's hour is over: the same token, issued an hour earlier.
	_, minter := h.keys()
	opened, err := minter.OpenAccess(access)
	if err != nil {
		t.Fatal(err)
	}
	opened.Expires = time.Now().Add(-time.Second)
	a.userinfo(minter.Access(opened)).wants(http.StatusUnauthorized, "invalid_token")
}

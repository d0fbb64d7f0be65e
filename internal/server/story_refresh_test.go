package server_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestARefreshTokenIsReplacedAndItsReuseIsForgivenForAMomentOnly(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		_, tokens := a.tokens(kim)
		first := tokens.text("refresh_token")
		second := a.refresh(first).ok()
		lost := a.refresh(first).ok() // the answer was lost on the way
		if lost.text("refresh_token") != second.text("refresh_token") || second.text("refresh_token") == first {
			t.Error("within the grace time it is not the same successor")
		}
		if a.active(first) || !a.active(second.text("refresh_token")) {
			t.Error("introspection does not know which refresh token is live")
		}
		third := a.refresh(second.text("refresh_token")).ok()
		for _, access := range []string{tokens.text("access_token"), second.text("access_token"), lost.text("access_token"), third.text("access_token")} {
			a.userinfo(access).ok()
		}
		h.pass("client_grant", 601*time.Second, "refresh_rotated_at")
		reuse := a.refresh(second.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
		if !strings.Contains(reuse.text("error_description"), "used before") {
			t.Errorf("the refusal does not say why: %s", reuse.body)
		}
		a.refresh(third.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
		a.userinfo(third.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
		if n := h.count("event WHERE kind = 'grant.refresh_token_reused'"); n != 1 {
			t.Errorf("%d events tell the developer", n)
		}
	})
}

func TestAnOldGenerationKillsTheFamilyEvenWithinTheGraceTime(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	second := a.refresh(tokens.text("refresh_token")).ok()
	third := a.refresh(second.text("refresh_token")).ok()
	a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
	a.refresh(third.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
}

func TestRefreshesAtTheSameMomentYieldOneSuccessor(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		_, tokens := a.tokens(kim)
		const many = 16
		var successors [many]string
		var at sync.WaitGroup
		for i := range many {
			at.Go(func() {
				r := a.refresh(tokens.text("refresh_token"))
				if successors[i] = r.text("refresh_token"); r.status != http.StatusOK {
					t.Errorf("%d %s", r.status, r.body)
				}
			})
		}
		at.Wait()
		for _, successor := range successors {
			if successor != successors[0] {
				t.Fatalf("two successors: %s and %s", successor, successors[0])
			}
		}
		a.refresh(successors[0]).ok()
	})
}

func TestARefreshTokenIsItsOwnClientsAndKeepsItsScopes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	refresh := tokens.text("refresh_token")
	h.other(t).refresh(refresh).wants(http.StatusBadRequest, "invalid_grant")
	h.app(t, "client_twin", storySecret).refresh(refresh).wants(http.StatusBadRequest, "invalid_grant")
	a.refresh("dt_rt_nonsense").wants(http.StatusBadRequest, "invalid_grant")
	a.refresh(refresh[:len(refresh)-2]+"AA").wants(http.StatusBadRequest, "invalid_grant")
	a.refresh(refresh, "scope", "phone "+smsScope).wants(http.StatusBadRequest, "invalid_scope")
	narrow := a.refresh(refresh, "scope", "phone").ok() // none of the refusals cost the token
	if narrow.text("scope") != "phone" || narrow.text("id_token") != "" {
		t.Errorf("narrowed: %s", narrow.body)
	}
	// RFC 6749 §6: the refresh token keeps the scopes of the grant.
	if wide := a.refresh(narrow.text("refresh_token")).ok(); wide.text("scope") != "openid phone offline_access" || wide.text("id_token") == "" {
		t.Errorf("afterwards: %s", wide.body)
	}
	h.pass("client_grant", 181*24*time.Hour, "expires_at")
	a.refresh(narrow.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
}

func TestARevokedTokenStopsAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		_, tokens := a.tokens(kim)
		access, refresh := tokens.text("access_token"), tokens.text("refresh_token")
		// Not by somebody else; the answer does not tell (RFC 7009 §2.2).
		for _, text := range []string{access, refresh} {
			h.other(t).post("/oauth2/revoke", "token", text).ok()
		}
		a.userinfo(access).ok()
		a.post("/oauth2/revoke", "token", "nonsense").ok()
		// An access token takes only itself.
		a.post("/oauth2/revoke", "token", access, "token_type_hint", "refresh_token").ok()
		a.post("/oauth2/revoke", "token", access).ok()
		a.userinfo(access).wants(http.StatusUnauthorized, "invalid_token")
		fresh := a.refresh(refresh).ok()
		a.userinfo(fresh.text("access_token")).ok()
		// A refresh token takes the family.
		a.post("/oauth2/revoke", "token", fresh.text("refresh_token"), "token_type_hint", "nonsense").ok()
		a.userinfo(fresh.text("access_token")).wants(http.StatusUnauthorized, "invalid_token")
		a.refresh(fresh.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant")
		// A client's own token.
		own := a.token("grant_type", "client_credentials").ok().text("access_token")
		if !a.active(own) {
			t.Error("a client's own token is inactive")
		}
		a.post("/oauth2/revoke", "token", own).ok()
		if a.active(own) {
			t.Error("a client's own token lives on")
		}
	})
}

func TestIntrospectionTellsAProductOfItsOwnTokensOnly(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	access, refresh := tokens.text("access_token"), tokens.text("refresh_token")
	said := a.post("/oauth2/introspect", "token", access).ok()
	for name, want := range map[string]any{
		"active": true, "client_id": "client_story", "aud": "client_story", "iss": h.issuer, "scope": "openid phone offline_access",
		"token_type": "bearer", "sub": claims(t, tokens.text("id_token"))["sub"], "sid": claims(t, tokens.text("id_token"))["sid"],
	} {
		if said.fields[name] != want {
			t.Errorf("%s is %v, want %v", name, said.fields[name], want)
		}
	}
	if expires := moment(said.fields["exp"]); time.Until(expires) > time.Hour || time.Until(expires) < 55*time.Minute {
		t.Errorf("exp is %v", expires)
	}
	twin := h.app(t, "client_twin", storySecret)
	if !twin.active(access) || !twin.active(refresh) {
		t.Error("another client of the product does not learn of its tokens")
	}
	for name, r := range map[string]reply{
		"another product's access token":  h.other(t).post("/oauth2/introspect", "token", access),
		"another product's refresh token": h.other(t).post("/oauth2/introspect", "token", refresh),
		"nonsense":                        a.post("/oauth2/introspect", "token", "nonsense"),
		"a code":                          a.post("/oauth2/introspect", "token", "dt_ac_x"),
	} {
		// RFC 7662 §2.2: nothing but active=false.
		if r.ok(); strings.TrimSpace(r.body) != `{"active":false}` {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

func TestTheRefreshGraceOfAClientIsItsOwn(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b, code := a.signedIn(kim)
		for name, c := range map[string]struct {
			seconds string
			grace   time.Duration
		}{"none": {"0", 0}, "its own": {"1000", 1000 * time.Second}, "as usual": {"null", 10 * time.Minute}} {
			h.apply("clients: [{id: client_story, refresh_grace_seconds: " + c.seconds + "}]")
			first := a.redeem(code).ok().text("refresh_token")
			second := a.refresh(first).ok().text("refresh_token")
			h.pass("client_grant", c.grace-5*time.Second, "refresh_rotated_at")
			if c.grace > 0 && a.refresh(first).ok().text("refresh_token") != second {
				t.Errorf("%s: another successor within the grace", name)
			}
			h.pass("client_grant", 10*time.Second, "refresh_rotated_at")
			a.refresh(first).wants(http.StatusBadRequest, "invalid_grant")
			a.refresh(second).wants(http.StatusBadRequest, "invalid_grant") // the family is dead
			code = a.code(b.open(a.address()))
		}
	})
}

func TestRequestsExplainsTheEndOfAReusedRefreshToken(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim)
	a.refresh(tokens.text("refresh_token")).ok()
	h.pass("client_grant", 25*time.Minute, "refresh_rotated_at")
	late := a.refresh(tokens.text("refresh_token")).wants(http.StatusBadRequest, "invalid_grant").text("error_id")
	_, refused := h.traffic("product_story")
	for _, words := range []string{"replaced 25m", "refresh grace of 10m0s"} {
		if !strings.Contains(refused[late].Detail, words) {
			t.Errorf("Requests says %q, want %q in it", refused[late].Detail, words)
		}
	}
}

func TestAClientThatReadsOnlyTheIDTokenFindsTheNumberThere(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		h.apply("clients: [{id: client_story, claims_in_id_token: true}]")
		a := h.story(t)
		_, tokens := a.tokens(kim, "scope", "openid phone offline_access")
		later := a.refresh(tokens.text("refresh_token")).ok()
		narrow := a.refresh(later.text("refresh_token"), "scope", "openid").ok()
		for name, c := range map[string]struct {
			token string
			want  any
		}{"first": {tokens.text("id_token"), kim}, "after a refresh": {later.text("id_token"), kim}, "narrowed": {narrow.text("id_token"), nil}} {
			said := claims(t, c.token)
			if said["phone_number"] != c.want || (said["phone_number_verified"] == true) != (c.want != nil) {
				t.Errorf("%s: the ID token says %v, want the number %v", name, said, c.want)
			}
		}
		_, other := h.other(t).tokens(robin, "scope", "openid phone")
		if said := claims(t, other.text("id_token")); said["phone_number"] != nil {
			t.Errorf("a client that did not choose it has %v", said)
		}
	})
}

func TestNoTokenOutlivesItsGrant(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	_, tokens := a.tokens(kim, "scope", "openid offline_access")
	a.refresh(tokens.text("refresh_token")).ok()
	// A repetition within the grace does not put off the end of the grant.
	h.pass("client_grant", 180*24*time.Hour-100*time.Second, "expires_at")
	again := a.refresh(tokens.text("refresh_token")).ok()
	if seconds, _ := again.fields["expires_in"].(float64); seconds < 1 || seconds > 100 {
		t.Errorf("expires_in is %v of a grant that ends in 100 s", again.fields["expires_in"])
	}
	if left := time.Until(moment(claims(t, again.text("id_token"))["exp"])); left > 100*time.Second {
		t.Errorf("the ID token lives %s", left)
	}
}

func TestEveryBuiltInScopeHasASentenceInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, scope := range dialtone.BuiltInScopes() {
		if err := scope.Validate(); err != nil || scope.Developer == "" || scope.Category == "" {
			t.Errorf("%s: %v, or without words for developers", scope.Name, err)
		}
		for _, language := range web.Languages {
			if strings.TrimSpace(scope.Subscriber[language]) == "" {
				t.Errorf("%s has no sentence for subscribers in %s", scope.Name, language)
			}
		}
	}
}

func TestAProductThatNoOperatorLetInGetsNoScopesOfTheirs(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	far := h.app(t, "client_far", storySecret) // enabled at the sandbox only
	own := far.token("grant_type", "client_credentials").ok()
	if _, there := own.fields["scope"]; there || own.text("access_token") == "" {
		t.Errorf("answered %s, want a token and no scope", own.body)
	}
	refused := far.token("grant_type", "client_credentials", "scope", "phone "+smsScope).wants(http.StatusBadRequest, "invalid_scope")
	if !strings.Contains(refused.text("error_description"), "needs an operator that has enabled the product") {
		t.Errorf("the refusal does not say what to do: %s", refused.body)
	}
	test := h.browser(t).open(far.address("scope", "phone "+smsScope)).fill("phone_number", "+46701740605").press("send")
	test = test.fill("pin", "740605").press("continue")
	person := far.redeem(far.code(test.tick(test.scopeBox(smsScope)).press("allow"))).ok()
	if person.text("scope") != "phone "+smsScope {
		t.Errorf("the sandbox gives a developer nothing to try: %s", person.body)
	}
	a := h.story(t)
	some := a.token("grant_type", "client_credentials", "scope", "phone "+smsScope).ok() // RFC 6749 §3.3
	if some.text("scope") != smsScope {
		t.Errorf("answered %s, want the scope that speaks of no person", some.body)
	}
}

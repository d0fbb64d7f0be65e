package server_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnAppThatWantsAPostGetsAFormThatPostsItself(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	tab := h.browser(t).open(a.address("response_mode", "form_post")).signIn(kim).press("allow").wants(http.StatusOK, "One moment")
	request := tab.submission("continue")
	if got := request.URL.String(); got != callback {
		t.Errorf("the form goes to %s", got)
	}
	if err := request.ParseForm(); err != nil {
		t.Fatal(err)
	}
	posted := request.PostForm
	if posted.Get("state") != "s-1" || posted.Get("iss") != h.issuer || posted.Get("scope") != "phone offline_access" {
		t.Errorf("the form holds %v", posted)
	}
	if allowed := tab.formAction(); allowed != nil && !slices.Contains(allowed, "https://example.com") {
		t.Errorf("the page's policy stops its own form: %q", tab.formAction())
	}
	a.redeem(posted.Get("code")).ok()

	// A fault and a refusal take the same way.
	fault := h.browser(t).open(a.address("response_mode", "form_post", "scope", "nonsense")).wants(http.StatusOK, "One moment")
	if fault.hidden("error") != "invalid_scope" || fault.hidden("state") != "s-1" || fault.hidden("iss") != h.issuer {
		t.Errorf("the form holds %s", fault.body)
	}
	denied := h.browser(t).open(a.address("response_mode", "form_post", "prompt", "consent")).signIn(kim).press("deny").wants(http.StatusOK, "One moment")
	if denied.hidden("error") != "access_denied" {
		t.Errorf("the form holds %s", denied.body)
	}
}

func TestEveryDeadEndLeadsBackToAnAppThatWantsAPost(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := []string{"response_mode", "form_post"}
	// However the page does it, the refusal arrives by POST: an app that asked for form_post reads no query.
	refused := func(where string, tab *tab) {
		t.Helper()
		if !tab.shows("back") {
			t.Errorf("%s: there is no way back to the app: %s", where, tab.text())
			return
		}
		if tab.element("back").Data == "a" {
			tab.follow("back")
		} else {
			tab.press("back")
		}
		if tab.landed != "" || !tab.shows("form-post") || tab.hidden("error") != "access_denied" {
			t.Errorf("%s: the way back is no POST but leads to %q", where, tab.landed)
		}
	}
	a := h.story(t)
	refused("number page", h.browser(t).open(a.address(post...)))
	refused("PIN page", h.browser(t).open(a.address(post...)).fill("phone_number", robin).press("send"))
	signedIn, _ := a.tokens(kim)
	refused("product not available", signedIn.open(h.app(t, "client_far", storySecret).address(post...)))
	b := h.browser(t)
	tab := b.open(a.address(post...))
	old := h.older(tab.hidden("r"), 61*time.Minute, b.cookie("dialtone_browser"))
	refused("took too long", tab.visit(h.issuer+"/signin?r="+url.QueryEscape(old)))
}

func TestAnAuthorizationRequestByPostIsTheSameRequest(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, _ := a.tokens(kim)
	// A form on the app's own site: the browser keeps SameSite=Lax cookies back, and says where the form is from.
	answer := h.send(t, http.MethodPost, "/oauth2/auth", header("Content-Type", formType, "Origin", "https://example.com", "Sec-Fetch-Site", "cross-site"),
		a.request("state", "a b+c&d=é").Encode())
	if answer.status != http.StatusSeeOther {
		t.Fatalf("%d %s", answer.status, answer.body)
	}
	// é is beyond printable ASCII, which RFC 6749 Appendix A.5 does not allow in state: refused, by redirect.
	if got := b.open(h.issuer + answer.header.Get("Location")).answer(callback).Get("error"); got != "invalid_request" {
		t.Errorf("a state beyond ASCII: %q", got)
	}
	answer = h.send(t, http.MethodPost, "/oauth2/auth", header("Content-Type", formType), a.request("state", "a b+c&d=%41").Encode())
	if got := b.open(h.issuer + answer.header.Get("Location")).answer(callback); got.Get("code") == "" || got.Get("state") != "a b+c&d=%41" {
		t.Errorf("the app got %v", got)
	}
}

func TestTheStateComesBackByteForByte(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, _ := a.tokens(kim)
	for _, state := range []string{`{"a":"b c"}`, "100%", "a+b", "x&error=access_denied", "#fragment", strings.Repeat("s", 2048), "https://example.com/?a=b;c"} {
		tab := b.open(a.address("state", state))
		if got := tab.answer(callback)["state"]; len(got) != 1 || got[0] != state {
			t.Errorf("state %q came back as %q", state, got)
		}
		if strings.ContainsAny(tab.landed, " #\"<>") {
			t.Errorf("landed at %s", tab.landed)
		}
	}
	if got := b.open(a.address("state", strings.Repeat("s", 2049))).answer(callback); got.Get("error") != "invalid_request" || got.Has("state") {
		t.Errorf("a state of 2049 characters: %v", got)
	}
	if got := b.open(a.address("state", "-")).answer(callback); got.Has("state") || got.Get("code") == "" {
		t.Errorf("without state: %v", got)
	}
}

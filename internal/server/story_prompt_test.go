package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestARememberedPersonGetsTheCodeAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b, first := a.tokens(kim)
		values := b.open(a.address("state", "again")).answer(callback)
		if values.Get("code") == "" || values.Get("state") != "again" || values.Get("scope") != "phone offline_access" {
			t.Fatalf("the app got %v", values)
		}
		again := a.redeem(values.Get("code")).ok()
		one, two := a.userinfo(first.text("access_token")).ok(), a.userinfo(again.text("access_token")).ok()
		if one.body != two.body {
			t.Errorf("user info %s, then %s", one.body, two.body)
		}
		// A scope more is asked for alone.
		more := b.open(a.address("scope", "openid phone offline_access"))
		more.wants(http.StatusOK, "Update Storytime on +33•••••0001")
		if got := more.press("allow").answer(callback).Get("scope"); got != "openid phone offline_access" {
			t.Errorf("granted %q", got)
		}
		// Another product asks for its own consent, but for no PIN.
		b.open(h.other(t).address()).wants(http.StatusOK, "Add Otherworld to +33•••••0001")
		if got := len(h.received(kim)); got != 1 {
			t.Errorf("%d SMS were sent", got)
		}
	})
}

func TestPromptNoneNeverShowsAPage(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b := h.browser(t)
	silent := a.address("prompt", "none", "scope", "openid phone", "state", "q")
	outcome := func(want string) {
		t.Helper()
		values := b.open(silent).answer(callback)
		if values.Get("error") != want || values.Get("state") != "q" || values.Get("iss") != h.issuer {
			t.Errorf("the app got %v, want error %q", values, want)
		}
	}
	outcome("login_required")
	tab := b.open(a.address("scope", "openid phone")).signIn(kim)
	outcome("consent_required")
	tab.press("allow")
	outcome("")
	if both := b.open(a.address("prompt", "none login")).answer(callback); both.Get("error") != "invalid_request" {
		t.Errorf("prompt=none login: %v", both)
	}
	// A session that is over is none.
	h.pass("session", 31*24*time.Hour, "expires_at")
	outcome("login_required")
}

func TestPromptAsksThePersonAgainOnceAndNotForEver(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, code := a.signedIn(kim, "scope", "openid phone")
	first := claims(t, a.redeem(code).ok().text("id_token"))
	h.pass("session", time.Minute, "auth_time_at", "created_at")
	h.pass("consent", time.Minute, "granted_at")

	login := b.open(a.address("prompt", "login", "scope", "openid phone")).wants(http.StatusOK, "Sign in to Storytime").signIn(kim)
	second := claims(t, a.redeem(a.code(login)).ok().text("id_token"))
	if second["sub"] != first["sub"] || second["sid"] == first["sid"] {
		t.Errorf("prompt=login: sub %v then %v, sid %v then %v", first["sub"], second["sub"], first["sid"], second["sid"])
	}
	consent := b.open(a.address("prompt", "consent", "scope", "openid phone")).wants(http.StatusOK, "Update Storytime on +33•••••0001")
	a.code(consent.press("allow"))
	h.pass("consent", time.Minute, "granted_at")
	both := b.open(a.address("prompt", "login consent", "scope", "openid phone")).wants(http.StatusOK, "Sign in to Storytime").signIn(kim)
	both.wants(http.StatusOK, "Update Storytime on +33•••••0001")
	a.code(both.press("allow"))
	b.open(a.address("prompt", "select_account", "scope", "openid phone")).wants(http.StatusOK, "Sign in to Storytime")
	if got := b.open(a.address("prompt", "create")).answer(callback).Get("error"); got != "invalid_request" {
		t.Errorf("an unknown prompt: %q", got)
	}
}

func TestMaxAgeAsksForAFreshSignIn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, _ := a.tokens(kim, "scope", "openid phone")
	a.code(b.open(a.address("scope", "openid phone", "max_age", "3600")))
	h.pass("session", 2*time.Hour, "auth_time_at")
	a.code(b.open(a.address("scope", "openid phone", "max_age", "10000")))
	if got := b.open(a.address("scope", "openid phone", "max_age", "3600", "prompt", "none")).answer(callback).Get("error"); got != "login_required" {
		t.Errorf("max_age with prompt=none: %q", got)
	}
	tab := b.open(a.address("scope", "openid phone", "max_age", "3600")).wants(http.StatusOK, "Sign in to Storytime").signIn(kim)
	said := claims(t, a.redeem(a.code(tab)).ok().text("id_token"))
	if age := time.Since(moment(said["auth_time"])); age > time.Minute {
		t.Errorf("auth_time is %s ago", age)
	}
	b.open(a.address("max_age", "0")).wants(http.StatusOK, "Sign in to Storytime")
	if got := b.open(a.address("max_age", "-1")).answer(callback).Get("error"); got != "invalid_request" {
		t.Errorf("max_age=-1: %q", got)
	}
}

func TestAHintFillsTheNumberIn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	for hint, want := range map[string]string{
		"tel:+33639980001": "+33 6 39 98 00 01", "+33639980001": "+33 6 39 98 00 01", "tel:+33-6-39-98-00-01": "+33 6 39 98 00 01", "kim@example.com": "",
		"+5215512345678": "+52 55 1234 5678", "tel:+22507123456": "+225 07 07 12 3456",
	} {
		if got := h.browser(t).open(a.address("login_hint", hint)).value("phone_number"); got != want {
			t.Errorf("login_hint %s: the field has %q, want %q", hint, got, want)
		}
	}
	tab := h.browser(t).open(a.address("login_hint", "tel:"+kim)).press("send")
	a.code(tab.fill("pin", h.pin(kim)).press("continue").press("allow"))
}

func TestAnIDTokenHintInsistsOnThatPerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	hints := func(number string) (*browser, string) {
		b, tokens := a.tokens(number, "scope", "openid phone")
		return b, tokens.text("id_token")
	}
	kims, kimsToken := hints(kim)
	robins, _ := hints(robin)
	openid := []string{"scope", "openid phone", "id_token_hint", kimsToken}

	a.code(kims.open(a.address(append(openid, "prompt", "none")...)))
	if got := robins.open(a.address(append(openid, "prompt", "none")...)).answer(callback).Get("error"); got != "login_required" {
		t.Errorf("somebody else with prompt=none: %q", got)
	}
	tab := robins.open(a.address(openid...)).wants(http.StatusOK, "Sign in to Storytime").signIn(robin)
	if got := tab.answer(callback).Get("error"); got != "login_required" {
		t.Errorf("somebody else signed in: %q", got)
	}
	if got := kims.open(a.address("scope", "openid", "id_token_hint", "e30.e30.x")).answer(callback); got.Get("error") != "invalid_request" || got.Get("state") != "s-1" {
		t.Errorf("a hint that is none: %v", got)
	}
	// OpenID Connect Core 1.0 §5.5.1: sub by the claims parameter.
	subject := claims(t, kimsToken)["sub"].(string)
	wish := `{"id_token":{"sub":{"value":"` + subject + `"}}}`
	a.code(kims.open(a.address("scope", "openid phone", "claims", wish)))
	robins.open(a.address("scope", "openid phone", "claims", wish)).wants(http.StatusOK, "Sign in to Storytime")
}

func TestThePagesSpeakTheLanguageThatTheAppOrTheBrowserAsksFor(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	arabic := h.browser(t).open(a.address("ui_locales", "xx ar"))
	page := func(tab *tab) (language, direction string) {
		for element := range tab.root.Descendants() {
			if element.Type == html.ElementNode && element.Data == "html" {
				return attribute(element, "lang"), attribute(element, "dir")
			}
		}
		return "", ""
	}
	wants := func(tab *tab, language, direction string) {
		t.Helper()
		if l, d := page(tab); l != language || d != direction || tab.header.Get("Content-Language") != language {
			t.Errorf("%s: lang %q dir %q Content-Language %q, want %s %s", tab.address, l, d, tab.header.Get("Content-Language"), language, direction)
		}
	}
	wants(arabic, "ar", "rtl")
	arabic.fill("phone_number", kim).press("send")
	wants(arabic, "ar", "rtl")
	if sms := h.sms(kim); !strings.Contains(sms, "رمزك") || !strings.HasSuffix(strings.Split(sms, "\n")[1], "#"+codeFirst.FindString(sms)) {
		t.Errorf("the SMS says %q", sms)
	}
	wrong := arabic.fill("pin", "x").press("continue")
	wants(wrong, "ar", "rtl")

	swede := h.browser(t)
	swede.language = "sv-SE,sv;q=0.9,en;q=0.5"
	wants(swede.open(a.address()), "sv", "ltr")
	wants(swede.open(a.address("ui_locales", "fr-CA de")), "fr", "ltr")
	wants(swede.open(a.address("ui_locales", "ja")), "sv", "ltr")
}

func TestAPageAboutAFaultyRequestSpeaksTheLanguageThatTheRequestAsksFor(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a, other := h.story(t), h.stranger(t, dialtone.ClientConfidential, strangerPage)
	b, tokens := a.tokens(kim, "scope", "openid phone")
	asks := []string{"ui_locales", "xx ar de"}
	for name, address := range map[string]string{
		"unknown client":                  a.address(append(asks, "client_id", "client_nobody")...),
		"no client":                       a.address(append(asks, "client_id", "-")...),
		"another redirect URI":            a.address(append(asks, "redirect_uri", callback+"/")...),
		"client_id twice":                 a.address(asks...) + "&client_id=client_other",
		"bad UTF-8":                       h.issuer + "/oauth2/auth?client_id=%ff&ui_locales=ar",
		"a fault that nobody vouches for": other.address(append(asks, "scope", "nonsense")...),
		"prompt=none, nobody signed in":   other.address(append(asks, "prompt", "none")...),
		"sign-out, unknown client":        h.logout("client_id", "client_nobody", "ui_locales", "ar"),
		"sign-out, hint that is none":     h.logout("id_token_hint", "nonsense", "ui_locales", "ar"),
		"sign-out, another address":       h.logout("id_token_hint", tokens.text("id_token"), "post_logout_redirect_uri", callback, "ui_locales", "ar"),
		"sign-out, a parameter twice":     h.logout("ui_locales", "ar", "state", "a") + "&state=b",
		"sign-out, nobody is signed in":   h.logout("ui_locales", "ar"),
	} {
		who := h.browser(t)
		if strings.HasPrefix(name, "sign-out, a") {
			who = b
		}
		who.language = "sv"
		tab := who.open(address)
		if tab.landed != "" || tab.spoken() != "ar" || tab.header.Get("Content-Language") != "ar" {
			t.Errorf("%s: %d, landed at %q, in %q, not Arabic: %s", name, tab.status, tab.landed, tab.spoken(), tab.text())
		}
	}
	// Without a wish the browser's counts.
	who := h.browser(t)
	who.language = "sv"
	if tab := who.open(a.address("client_id", "client_nobody", "ui_locales", "xx")); tab.spoken() != "sv" {
		t.Errorf("the page is in %q", tab.spoken())
	}
	// A database that is away is no reason to speak another language.
	mend := h.breakTable("session")
	defer mend()
	b.language = "sv"
	if tab := b.open(a.address(append(asks, "scope", "openid phone")...)); tab.status != http.StatusInternalServerError || tab.spoken() != "ar" {
		t.Errorf("%d in %q: %s", tab.status, tab.spoken(), tab.text())
	}
	if tab := b.open(h.logout("ui_locales", "ar")); tab.status != http.StatusInternalServerError || tab.spoken() != "ar" {
		t.Errorf("%d in %q: %s", tab.status, tab.spoken(), tab.text())
	}
}

func TestAnEssentialACRThatCannotBeHadIsSaidBeforeAnybodyTypes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	got := h.browser(t).open(a.address("scope", "openid", "claims", `{"id_token":{"acr":{"essential":true,"values":["urn:gold"]}}}`)).answer(callback)
	if got.Get("error") != "unmet_authentication_requirements" || got.Get("state") != "s-1" {
		t.Errorf("the app got %v", got)
	}
	// A wish is not a condition.
	h.browser(t).open(a.address("acr_values", "urn:gold")).wants(http.StatusOK, "Sign in to Storytime")
	h.browser(t).open(a.address("scope", "openid", "claims", `{"id_token":{"acr":{"values":["urn:gold"]}}}`)).wants(http.StatusOK, "Sign in to Storytime")
}

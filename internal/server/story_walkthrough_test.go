package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The walkthrough of docs/promises.md, to the letter.
func TestAPersonSignsInByPhoneAndTheAppGetsTheNumber(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		const state = "af0ifjsldkj"
		// As a browser sends the address that people paste: the spaces of scope as %20, nothing else encoded.
		tab := h.browser(t).open(h.issuer + "/oauth2/auth?response_type=code&scope=phone%20offline_access&client_id=client_story" +
			"&redirect_uri=https://example.com/callback&state=" + state)
		tab.wants(http.StatusOK, "Sign in to Storytime")
		tab.fill("phone_number", "+46 70 174 06 05").press("send").wants(http.StatusOK, "Enter your PIN", "+46", "0605")
		tab.fill("pin", "740605").press("continue")
		tab.wants(http.StatusOK, "Add Storytime to +46•••••0605", "Storytime will be able to:", "49 kr a month", "Storytellers")
		tab.press("allow")

		landed := regexp.MustCompile(`^https://example\.com/callback\?code=(dt_ac_[A-Za-z0-9_-]+)&scope=phone%20offline_access&state=` +
			state + `&iss=` + regexp.QuoteMeta(url.QueryEscape(h.issuer)) + `$`)
		match := landed.FindStringSubmatch(tab.landed)
		if match == nil {
			t.Fatalf("landed at %s", tab.landed)
		}

		tokens := h.send(t, http.MethodPost, "/oauth2/token", header("Authorization", basic("client_story", storySecret), "Content-Type", formType),
			"grant_type=authorization_code&code="+match[1]+"&redirect_uri=https://example.com/callback").ok()
		shape := regexp.MustCompile(`^\{"access_token":"dt_at_[A-Za-z0-9_-]+","expires_in":3600,"refresh_token":"dt_rt_[A-Za-z0-9_-]+",` +
			`"scope":"phone offline_access","token_type":"bearer"\}\n?$`)
		if !shape.MatchString(tokens.body) {
			t.Errorf("the token answer is %s", tokens.body)
		}
		// RFC 6749 §5.1.
		for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"} {
			if got := tokens.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}

		person := a.userinfo(tokens.text("access_token")).ok()
		whose := regexp.MustCompile(`^\{"phone_number":"\+46701740605","phone_number_verified":true,"sid":"[^"]+","sub":"[^"]+"\}\n?$`)
		if !whose.MatchString(person.body) {
			t.Errorf("user info is %s", person.body)
		}

		fresh := a.refresh(tokens.text("refresh_token")).ok()
		if !shape.MatchString(fresh.body) {
			t.Errorf("the refresh answer is %s", fresh.body)
		}
		if again := a.userinfo(fresh.text("access_token")).ok(); again.body != person.body {
			t.Errorf("user info is now %s", again.body)
		}
	})
}

func TestThePINComesInOneSMSThatIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	tab := h.browser(t).open(h.story(t).address())
	tab.fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN", "+33•••••0001", "Storytime")
	if want := "Fjord Mobile"; !strings.Contains(tab.text()+tab.body, want) {
		t.Errorf("the PIN page does not show the brand of the number's range: %s", tab.text())
	}
	// Code first, the product's name, never share it, and the origin-bound form as the last line.
	want := regexp.MustCompile(`^([0-9]{6}) is your Storytime PIN\. Never share it\.\n@localhost #([0-9]{6})$`)
	match := want.FindStringSubmatch(h.sms(kim))
	if match == nil || match[1] != match[2] {
		t.Fatalf("the SMS says %q", h.received(kim))
	}
	tab.fill("pin", match[1][:3]+" "+match[1][3:]).press("continue").wants(http.StatusOK, "Add Storytime to +33•••••0001")
	for _, secret := range []string{match[1], kim} {
		if line := h.log.Line(secret); line != "" {
			t.Errorf("the log has the PIN or the number: %s", line)
		}
	}
}

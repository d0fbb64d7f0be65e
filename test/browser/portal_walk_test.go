package browser

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The promise of the portal: a working client in five minutes, with nothing but the portal's pages and one's e-mail.
func TestANewDeveloperGetsFromTheFrontPageToAPhoneNumber(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "ada@example.com")
	d.visits("/")
	d.reads("Sign people in with their phone number")
	d.press(`main a[href="/signin"]`)
	d.asksForCode()
	if status := d.givesCode("000000"); status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code is answered with %d, want 422", status)
	}
	d.reads("tries left")
	d.givesCode(d.mailedCode())
	d.makesOrganization("Storytellers")
	d.makesProduct("Storytime")
	d.makesClient()
	if !strings.HasPrefix(d.clientID, "client_") || !strings.HasPrefix(d.secret, "dt_cs_") {
		t.Errorf("the client is %q with the secret %q", d.clientID, d.secret)
	}
	if !d.has(`[data-copy="#client-id"]`) || !d.has(`[data-copy="#client-secret"]`) {
		t.Error("the id and the secret have no copy buttons")
	}
	d.visits(d.product + "/clients")
	d.reads("this is a test", callback)
	if strings.Contains(d.text(), d.secret) {
		t.Error("the secret is shown a second time")
	}
	d.enablesScopes("openid", "phone", "offline_access")
	d.offersToTheSandbox()
	d.triesIt()
	d.getsAPhoneNumber()
}

// getsAPhoneNumber goes the walkthrough of docs/promises.md with the new client, as an app and a browser do: its redirect URI is out of the
// demo, where no test's browser may go.
func (d *developer) getsAPhoneNumber() {
	d.t.Helper()
	const state = "af0ifjsldkj"
	landed := d.landsByForms(state)
	code := regexp.MustCompile(`^https://example\.com/callback\?code=(dt_ac_[A-Za-z0-9_-]+)&scope=phone%20offline_access&state=` + state +
		`&iss=` + regexp.QuoteMeta(url.QueryEscape(d.demo.issuer)) + `$`).FindStringSubmatch(landed)
	if code == nil {
		d.t.Fatalf("the browser lands at %q", landed)
	}
	token, err := http.NewRequest(http.MethodPost, d.demo.issuer+"/oauth2/token", strings.NewReader(
		"grant_type=authorization_code&code="+code[1]+"&redirect_uri="+callback))
	if err != nil {
		d.t.Fatal(err)
	}
	token.SetBasicAuth(d.clientID, d.secret)
	token.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := d.answers(token, `^\{"access_token":"dt_at_[A-Za-z0-9_-]+","expires_in":3600,"refresh_token":"dt_rt_[A-Za-z0-9_-]+",`+
		`"scope":"phone offline_access","token_type":"bearer"\}\n?$`)
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answer), &tokens); err != nil {
		d.t.Fatal(err)
	}
	whose, err := http.NewRequest(http.MethodGet, d.demo.issuer+"/userinfo", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	whose.Header.Set("Authorization", "Bearer "+tokens.Access)
	d.answers(whose, `^\{"phone_number":"\+46701740606","phone_number_verified":true,"sid":"[^"]+","sub":"[^"]+"\}\n?$`)
}

// answers sends an app's request and returns the answer, which must be 200 and of the shape.
func (d *developer) answers(request *http.Request, shape string) string {
	d.t.Helper()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || !regexp.MustCompile(shape).Match(body) {
		d.t.Fatalf("%s answers %d %s", request.URL.Path, answer.StatusCode, body)
	}
	return string(body)
}

var hiddenState = regexp.MustCompile(`name="r" value="([^"]*)"`)

// landsByForms signs in as curl would, and returns the address at the app to which the browser is sent. The number is not the one
// of Try it, which has allowed the product already.
func (d *developer) landsByForms(state string) string {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	var landed string
	browser := &http.Client{Jar: jar, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), callback) {
			landed = next.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page := func(answer *http.Response, err error) url.Values {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			d.t.Fatal(err)
		}
		form := url.Values{}
		if match := hiddenState.FindSubmatch(body); match != nil {
			form.Set("r", string(match[1]))
		} else if landed == "" {
			d.t.Fatalf("%s shows no form:\n%s", answer.Request.URL, body)
		}
		return form
	}
	form := page(browser.Get(d.demo.issuer + "/oauth2/auth?response_type=code&scope=phone%20offline_access&client_id=" + d.clientID +
		"&redirect_uri=" + callback + "&state=" + state))
	form.Set("phone_number", otherTestPhone)
	form = page(browser.PostForm(d.demo.issuer+"/signin", form))
	form.Set("pin", otherTestPIN)
	form = page(browser.PostForm(d.demo.issuer+"/signin/pin", form))
	form.Set("decision", "allow")
	page(browser.PostForm(d.demo.issuer+"/consent", form))
	return landed
}

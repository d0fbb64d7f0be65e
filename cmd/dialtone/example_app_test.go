package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser keeps cookies, follows redirects and fills in the form that it is on.
type browser struct {
	t      *testing.T
	client *http.Client
	at     *url.URL // the address of the page
	page   string   // as a person reads it, with markup
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar}}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.show(b.client.Get(address))
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(r|once)" value="([^"]*)"`)

// submit posts the fields to the path, with the state that the page's form carries.
func (b *browser) submit(path string, fields url.Values) {
	b.t.Helper()
	if hidden := hiddenField.FindStringSubmatch(b.page); hidden != nil {
		fields.Set(hidden[1], hidden[2])
	}
	target := b.at.ResolveReference(&url.URL{Path: path})
	b.show(b.client.PostForm(target.String(), fields))
}

func (b *browser) show(answer *http.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.page = answer.Request.URL, html.UnescapeString(string(content))
}

func (b *browser) mustSee(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.page, text) {
			b.t.Fatalf("%s does not show %q:\n%s", b.at, text, b.page)
		}
	}
}

// signIn goes from the number page to the app.
func (b *browser) signIn(number string, pin func() string, scopes ...string) {
	b.t.Helper()
	b.mustSee(`id="phone_number"`)
	b.submit("/signin", url.Values{"phone_number": {number}})
	b.mustSee(`id="pin"`)
	b.submit("/signin/pin", url.Values{"pin": {pin()}})
	b.mustSee(`id="allow"`)
	b.submit("/consent", url.Values{"decision": {"allow"}, "scope": scopes})
}

var pinPattern = regexp.MustCompile(`^[0-9]{6}`)

// readPIN waits for the SMS to the number in the demo inbox.
func readPIN(t *testing.T, inbox, number string) string {
	t.Helper()
	for range 100 {
		answer, err := http.Get(inbox + "/messages?to=" + url.QueryEscape(number))
		if err != nil {
			t.Fatal(err)
		}
		var messages []struct{ Text string }
		err = json.NewDecoder(answer.Body).Decode(&messages)
		if closing := answer.Body.Close(); err != nil || closing != nil {
			t.Fatal(err, closing)
		}
		if len(messages) > 0 {
			return pinPattern.FindString(messages[0].Text)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no SMS to %s came within 2 s", number)
	return ""
}

func TestSomebodySignsInToTheExampleAppAndRemovesItAgain(t *testing.T) {
	t.Parallel()
	env, _, _ := startDemo(t, t.TempDir())
	b := newBrowser(t)
	b.open(env["INBOX_URL"] + "/app/login")
	b.signIn(env["TEST_PHONE"], func() string { return env["TEST_PIN"] }, smsScope)
	b.mustSee("Hello, "+env["TEST_PHONE"], smsScope, "Refresh the tokens")

	b.submit("/app/refresh", url.Values{})
	b.mustSee("Hello, " + env["TEST_PHONE"])

	b.submit("/app/remove", url.Values{})
	b.mustSee("Example app")
	b.submit("/revoke-consent", url.Values{"decision": {"remove"}})
	b.mustSee("The product is removed")
}

func TestAFjordSubscriberFindsThePINInTheInboxAndSignsOut(t *testing.T) {
	t.Parallel()
	env, _, _ := startDemo(t, t.TempDir())
	number := fjordNumbers()[3]
	b := newBrowser(t)
	b.open(env["INBOX_URL"] + "/app/login")
	b.signIn(number, func() string { return readPIN(t, env["INBOX_URL"], number) })
	b.mustSee("Hello, " + number)
	if strings.Contains(b.page, smsScope) {
		t.Error("an optional scope was granted without its box")
	}

	b.submit("/app/logout", url.Values{})
	b.mustSee("Sign in with your phone")
}

func TestACodeForTheWalkthroughIsShownForPasting(t *testing.T) {
	t.Parallel()
	env, printed, _ := startDemo(t, t.TempDir())
	b := newBrowser(t)
	b.open(regexp.MustCompile(`http://\S+/oauth2/auth\?\S+`).FindString(printed))
	b.signIn(env["TEST_PHONE"], func() string { return env["TEST_PIN"] })
	b.mustSee("CODE=dt_ac_", "phone offline_access", "walkthrough", env["ISSUER"])
}

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestFormPostReallyLeavesForTheApp(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]traits{"by script": {}, "by the button": {noScript: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			p := newPerson(t, d, how)
			p.open(d.authorize(url.Values{"response_mode": {"form_post"}}))
			p.givesNumber(d.phone)
			p.givesPIN(d.pin)
			p.at("/consent")
			p.clicks("#allow")
			if how.noScript {
				p.reads("If nothing happens, press the button.")
				p.press("#continue")
			}
			p.arrives(d.redirectURI)
			p.reads("Here is your code", "by-hand", d.issuer)
			if !p.asked("POST", d.redirectURI) || strings.Contains(p.address(), "code=") {
				t.Errorf("the answer was not posted: %s", p.address())
			}
		})
	}
}

func TestARefusalByFormPostReallyLeavesForTheApp(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.open(d.authorize(url.Values{"response_mode": {"form_post"}}))
	p.givesNumber(d.phone)
	p.givesPIN(d.pin)
	p.clicks("#deny")
	p.arrives(d.redirectURI)
	p.reads("access_denied", "by-hand")
}

// The policy of the consent page has no form-action, see docs/decisions/0005.
func TestTheConsentPageLeavesForAnAppOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	leavesFor(t, http.HandlerFunc(showHome))
}

// Chromium applies form-action to every redirect that follows a form, so also to those of the app: many apps turn the
// browser from their redirect URI to another of their hosts.
func TestTheConsentPageLeavesForAnAppThatRedirectsToAnotherOrigin(t *testing.T) {
	t.Parallel()
	home := httptest.NewServer(http.HandlerFunc(showHome))
	t.Cleanup(home.Close)
	leavesFor(t, http.RedirectHandler(home.URL+"/home", http.StatusFound), home.URL)
}

func showHome(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<!doctype html><link rel="icon" href="/home"><p>You are home.`)
}

// leavesFor refuses and signs in to an app whose redirect URI is served by the handler. Further origins may be visited.
func leavesFor(t *testing.T, redirectURI http.Handler, origins ...string) {
	t.Helper()
	d := startDemo(t)
	app := httptest.NewServer(redirectURI)
	t.Cleanup(app.Close)
	d.apply(t, `
clients:
  - id: client_elsewhere
    product: product_demo
    description: An app elsewhere
    redirect_uris: [`+app.URL+`/callback]
    secret_sha256: 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b
`)
	for _, button := range []string{"#deny", "#allow"} {
		p := newPerson(t, d, traits{})
		p.origins = append(p.origins, append(origins, app.URL)...)
		p.open(d.authorize(url.Values{"client_id": {"client_elsewhere"}, "redirect_uri": {app.URL + "/callback"}}))
		p.givesNumber(d.phone)
		p.givesPIN(d.pin)
		p.at("/consent")
		p.clicks(button)
		p.reads("You are home.")
		if !p.asked("GET", app.URL+"/callback?") {
			t.Errorf("after %s the browser did not pass the app's redirect URI", button)
		}
	}
}

func TestAPersonSignsOutInTheAppAndMustSignInAgain(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.signsIn()
	p.pages()
	p.press(`form[action="/app/logout"] button`)
	p.arrives(d.app)
	p.reads("Sign in with your phone")
	if shown := p.pages(); !slices.Equal(shown, []string{d.app}) {
		t.Errorf("the person saw %q, though the app proved whose session it ends", shown)
	}
	p.beginsAtTheApp()
}

func TestSigningOutWithoutProofAsksFirst(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.signsIn()
	logout := d.issuer + "/oauth2/sessions/logout?" +
		url.Values{"client_id": {d.clientID}, "post_logout_redirect_uri": {d.app}, "state": {"bye"}}.Encode()

	p.open(logout)
	p.reads("Do you want to sign out?")
	p.press("#stay")
	p.reads("You are still signed in")
	p.press("#back")
	p.arrives(d.app)
	p.open(d.box + "/app/login")
	p.greeted(d.phone)

	p.open(logout)
	p.press("#sign-out")
	p.arrives(d.app + "?state=bye")
	p.open(d.box + "/app/login")
	p.at("/signin")

	p.open(d.issuer + "/oauth2/sessions/logout")
	p.reads("You are not signed in here")
}

func TestAPersonKeepsTheProductAndThenRemovesIt(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.signsIn()

	p.press(`form[action="/app/remove"] button`)
	p.at("/revoke-consent")
	p.reads("Remove Example app from", "Cancel")
	p.press("#cancel")
	p.arrives(d.box + "/app/removed?error=access_denied&state=")
	p.reads("Nothing was removed")
	p.press(`main a[href="/app/"]`)
	p.press(`form[action="/app/refresh"] button`)
	p.greeted(d.phone)

	p.press(`form[action="/app/remove"] button`)
	link := p.address()
	p.press("#remove")
	p.arrives(d.box + "/app/removed?state=")
	p.reads("The product is removed")
	if status := p.open(link); status != http.StatusGone {
		t.Errorf("the used link answers %d, want 410", status)
	}
	p.reads("This link no longer works")

	// Still signed in here, but the product must be added anew.
	p.open(d.box + "/app/login")
	p.at("/consent")
	p.reads("Add Example app to")
}

func TestAWrongRedirectURIIsAPageAndNeverARedirect(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	status := p.open(d.authorize(url.Values{"redirect_uri": {d.redirectURI + "/"}}))
	p.reads("The app made a mistake", "Error id:", "er_")
	if status != http.StatusBadRequest || !strings.HasPrefix(p.address(), d.issuer) {
		t.Errorf("status %d at %s", status, p.address())
	}
}

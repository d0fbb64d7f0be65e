package browser

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// One developer goes to every page of the portal and looks at each on a large screen and on a phone, light and dark, in type as
// usual and twice as large.
func TestAxeFindsNothingOnThePortalsPages(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "grace.hopper@example.com")
	d.looksAtSignIn()
	d.looksAtANewProduct()
	d.looksAtClients()
	d.looksAtTheProduct()
	d.looksAtTraffic()
	d.looksAtTheOrganization()
	d.visits("/account")
	d.looks("account")
	d.visits("/nowhere")
	d.looks("nowhere")
}

func TestAxeFindsNothingInTheGuide(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "grace.hopper@example.com")
	d.comesIn()
	for _, path := range []string{
		"/docs", "/docs/endpoints", "/docs/scopes", "/docs/subject-identifiers", "/docs/consent", "/docs/errors", "/docs/management-api",
		"/docs/going-live", "/docs/security", "/docs/api", "/docs/search?q=redirect_uri", "/docs/search?q=nonsensical",
	} {
		if status := d.visits(path); status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
		}
		name := "docs" + url.PathEscape(path[len("/docs"):])
		if path == "/docs/api" {
			d.looksOnce(name)
			continue
		}
		d.looks(name)
	}
}

func (d *developer) looksAtSignIn() {
	d.t.Helper()
	d.visits("/")
	d.looks("front")
	d.visits("/signin")
	d.looks("signin")
	d.press("#signin .primary")
	d.looks("signin-problem")
	d.visits("/signin/company")
	d.looks("company")
	d.write("#organization", "org_nobody")
	d.press("main form .primary")
	d.looks("company-problem")
	d.visits("/signin/company/callback?code=x&state=y")
	d.looks("company-refused")
	d.visits("/signin")
	d.asksForCode()
	d.looks("code")
	d.givesCode("000000")
	d.looks("code-wrong")
	d.givesCode(d.mailedCode())
}

func (d *developer) looksAtANewProduct() {
	d.t.Helper()
	d.looks("organization-new")
	d.makesOrganization("Storytellers")
	d.looks("organization-created")
	d.visits("/")
	d.looks("home")
	d.visits(d.organization + "/products/new")
	d.clicks("main details summary")
	d.looks("product-new")
	d.press(`form[action$="/products/new"] .primary`)
	d.looks("product-new-problem")
	d.visits(d.organization)
	d.makesProduct("Storytime")
	d.looks("clients-empty")
	d.visits(d.product + "/try")
	d.looks("try-without-client")
}

func (d *developer) looksAtClients() {
	d.t.Helper()
	d.visits(d.product + "/clients")
	d.opensDialog("#new-client")
	d.looks("client-dialog")
	d.visits(d.product + "/clients/new")
	d.clicks("main details summary")
	d.looks("client-new")
	d.write("#redirect_uris", "http://example.com/callback")
	d.press(newClientForm + " .primary")
	d.looks("client-new-problem")
	d.visits(d.product + "/clients")
	d.makesClient()
	d.looks("client-created")
	// Its answer is a page with an error id; it is in Requests some seconds later.
	refused, err := http.Get(d.demo.issuer + "/oauth2/auth?response_type=code&client_id=" + d.clientID + "&redirect_uri=https://example.com/callbacks")
	if err != nil {
		d.t.Fatal(err)
	}
	refused.Body.Close()
	d.visits(d.product + "/clients")
	d.looks("clients")
	d.visits("/clients/" + d.clientID)
	d.clicks("main details summary")
	d.looks("client")
	d.press(`main a[href$="/revoke"]`)
	d.looks("secret-revoke")
	d.visits("/clients/" + d.clientID + "/delete")
	d.looks("client-delete")
	d.visits("/clients/" + d.clientID)
	d.clicks(".rotate summary")
	d.looks("client-rotate")
	d.press(".rotate .button")
	d.looks("secret-rotated")
	d.goesBack()
	d.waits("for the client's page", func() bool { return d.glance(`String(Boolean(document.querySelector(".rotate .button")))`) == "true" })
	if !d.has(".rotate .button") {
		d.clicks(".rotate summary")
	}
	d.press(".rotate .button")
	d.looks("secret-repeated")
}

func (d *developer) looksAtTheProduct() {
	d.t.Helper()
	d.visits(d.product)
	d.looks("general")
	d.write("#terms_url", "nonsense")
	d.press(`main form[data-preview] .primary`)
	d.looks("general-problem")
	d.visits(d.product)
	other := &developer{person: d.newTab()}
	other.visits(d.product)
	other.write("#subtitle", "Stories that find you")
	other.press(`main form[data-preview] .primary`)
	other.reads("Saved.")
	d.write("#subtitle", "Stories for the road")
	d.press(`main form[data-preview] .primary`)
	d.looks("general-conflict")
	d.visits(d.product + "/listing")
	d.looks("listing-empty")
	d.offersToTheSandbox()
	d.looks("listing")
	d.visits(d.product + "/scopes")
	d.looks("scopes-empty")
	d.enablesScopes("openid", "phone", "offline_access")
	d.looks("scopes")
	d.visits(d.product + "/submit")
	d.looks("submit")
}

func (d *developer) looksAtTraffic() {
	d.t.Helper()
	d.visits(d.product + "/try")
	d.looks("try")
	d.press("#begin")
	for d.has("#next") {
		if d.has("#step-consent.next") {
			d.looks("try-halfway")
		}
		d.press("#next")
	}
	d.reads("your client works")
	d.looks("try-over")
	d.visits(d.product + "/requests")
	d.waits("for the refused request", func() bool {
		if d.glance(`String(Boolean(document.querySelector(".refused li")))`) == "true" {
			return true
		}
		d.visits(d.product + "/requests")
		return false
	})
	d.looks("requests")
	d.visits("/requests?id=" + url.QueryEscape(d.said(".refused li p:last-child code")))
	d.looks("request-found")
	d.visits("/requests?id=nonsense")
	d.looks("request-not-found")
	d.visits(d.product + "/analytics")
	d.looks("analytics")
	d.visits(d.product + "/analytics?by=hour")
	d.clicks("main details summary")
	d.looksOnce("analytics-hours")
}

func (d *developer) looksAtTheOrganization() {
	d.t.Helper()
	d.visits("/")
	d.looks("home-full")
	d.visits(d.organization)
	d.looks("products")
	d.visits(d.organization + "/members")
	d.clicks("main details summary")
	d.looks("members")
	d.opensDialog("#invite")
	d.looks("invite-dialog")
	d.visits(d.organization + "/members/invite")
	d.looks("invite")
	d.press("main form .primary")
	d.looks("invite-problem")
	d.write("#email", "kim@example.com")
	d.press("main form .primary")
	d.looks("invited")
	link := d.said("#link")
	guest := newPerson(d.t, d.demo, traits{})
	guest.open(link)
	(&developer{person: guest}).looks("invitation")
	d.open(link)
	d.looks("invitation-not-yours")
	d.visits(d.organization + "/members")
	d.looks("members-invited")
	d.visits(d.organization + "/members/transfer")
	d.looks("transfer")
	d.visits(d.organization + "/keys")
	d.looks("keys-empty")
	d.visits(d.organization + "/keys/new")
	d.looks("key-new")
	d.press("main form .primary")
	d.looks("key-new-problem")
	d.write("#name", "deployment")
	d.clicks(`input[name="rights"]`)
	d.press("main form .primary")
	d.looks("key-shown")
	d.visits(d.organization + "/keys")
	d.looks("keys")
	d.visits(d.organization + "/activity")
	d.looks("activity")
	d.visits(d.organization + "/settings")
	d.looks("settings")
}

// looks lets axe-core look at the page in every size, light and dark.
func (d *developer) looks(name string) {
	d.t.Helper()
	d.inEverySize(func() { d.audits("portal-"+name, "light", "dark") })
}

// looksOnce is looks for a page so long that axe-core takes seconds over it: light on a large screen, and the dark colours on a
// phone.
func (d *developer) looksOnce(name string) {
	d.t.Helper()
	d.inEverySize(func() {
		scheme := "light"
		if d.phone {
			scheme = "dark"
		}
		d.audits("portal-"+name, scheme)
	})
}

// inEverySize takes every screen, checks that the page fits there in type as usual and twice as large, and audits it.
func (d *developer) inEverySize(audit func()) {
	d.t.Helper()
	if headings := evaluate[int](d.person, `document.querySelectorAll("h1").length`); headings != 1 {
		d.t.Errorf("%s has %d headings h1, want 1", d.address(), headings)
	}
	for _, phone := range []bool{false, true} {
		d.takes(phone)
		d.fits()
		audit()
		d.enlarges(200)
		d.fits()
		d.enlarges(100)
	}
	d.takes(false)
}

// takes another screen.
func (d *developer) takes(phone bool) {
	d.t.Helper()
	d.phone = phone
	d.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, screen(phone))
		return err
	}))
}

// enlarges the type, by per cent of the usual.
func (d *developer) enlarges(size int) {
	d.t.Helper()
	d.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.SetFontSizes, fonts(size))
		return err
	}))
}

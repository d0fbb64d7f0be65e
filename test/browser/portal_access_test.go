package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestADeveloperGetsAClientWithJavaScriptSwitchedOff(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{noScript: true}, "noscript@example.com")
	d.comesIn()
	d.makesOrganization("Storytellers")
	d.makesProduct("Storytime")
	d.makesClient()
	if d.has("[data-copy]") {
		t.Error("a copy button that does nothing is shown")
	}
	d.enablesScopes("openid", "phone", "offline_access")
	d.offersToTheSandbox()
	d.triesIt()
	d.visits(d.product)
	d.write("#subtitle", "Stories for the road")
	d.press("form[data-preview] .primary")
	d.reads("Saved.")
	d.visits("/account")
	d.reads("To add a passkey, switch on JavaScript")
	d.visits(d.organization + "/members")
	d.press(`main a[href$="/members/invite"]`)
	d.write("#email", "kim@example.com")
	d.press("main form .primary")
	d.reads("The invitation is on its way")
	d.goesOut()
	d.reads("Sign in")
	if scripts := d.scriptsRequested(); len(scripts) > 0 {
		t.Errorf("script was not off: %q was fetched", scripts)
	}
}

func TestADeveloperGetsAClientWithTheKeyboardOnly(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "joan@example.com")
	d.visits("/")
	d.skipsToThePage()
	d.tabsTo(`main a[href="/signin"]`)
	d.turn(enter)
	d.focusIsOn("#email")
	d.types(d.email)
	d.turn(enter)
	d.focusIsOn("#code")
	d.types(d.mailedCode())
	d.turn(enter)
	d.focusIsOn("#name")
	d.types("Storytellers")
	d.turn(enter)
	d.tabsTo(`main a[href$="/products/new"]`)
	d.turn(enter)
	d.focusIsOn("#name")
	d.types("Storytime")
	d.turn(enter)
	d.product = strings.TrimSuffix(d.path(), "/clients")

	d.tabsTo(`[data-dialog="#new-client"]`)
	d.do(enter)
	d.focusIsOn("#description")
	d.types("this is a test")
	d.tabsTo("#redirect_uris")
	d.types(callback)
	d.tabsTo("#post_revoke_redirect_uris")
	d.types(removed)
	d.tabsTo(newClientForm + " .primary")
	d.turn(enter)
	d.notesCredentials()
	d.tabsTo(`[data-copy="#client-secret"]`)
	d.do(enter)
	d.reads("Copied")

	for _, tab := range []string{"", "/listing", "/scopes", "/clients", "/submit", "/analytics", "/requests", "/try"} {
		d.tabsTo(`.tabs a[href="` + d.product + tab + `"]`)
		d.turn(enter)
		d.comesTo(d.product + tab)
		if current := d.said(".tabs [aria-current]"); current == "" {
			t.Errorf("%s does not say which tab it is", tab)
		}
	}
	d.visits(d.product + "/scopes")
	d.tabsTo(`input[name="enabled"][value="phone"]`)
	d.types(" ")
	d.tabsTo(".scopes-form .primary")
	d.turn(enter)
	d.reads("Saved.")

	// A refused form opens where something is to be put right, far below the top of the page.
	d.visits(d.product)
	d.tabsTo("#support")
	d.types("call us")
	d.turn(enter)
	d.focusIsOn("#support")
	d.leavesByTheMenu()
}

// skipsToThePage takes the first link of every page, past the bar.
func (d *developer) skipsToThePage() {
	d.t.Helper()
	d.tabsTo("a.skip")
	d.do(enter)
	d.waits("to be at the page's main part", func() bool { return d.glance("location.hash") == "#main" })
	d.do(chromedp.KeyEvent(kb.Tab))
	if !evaluate[bool](d.person, `document.activeElement.closest("main") !== null`) {
		d.t.Errorf("after the skip link the focus is at %s", d.glance("document.activeElement.outerHTML"))
	}
	d.visits("/")
}

func (d *developer) types(text string) {
	d.t.Helper()
	d.do(chromedp.KeyEvent(text))
}

// leavesByTheMenu opens the account's menu, closes it with Escape, opens it again and signs out.
func (d *developer) leavesByTheMenu() {
	d.t.Helper()
	d.visits("/")
	d.tabsTo("details.menu summary")
	d.do(enter)
	d.tabsTo(`details.menu a[href="/account"]`)
	d.do(chromedp.KeyEvent(kb.Escape))
	d.focusIsOn("details.menu summary")
	d.do(enter)
	d.tabsTo(`form[action="/signout"] button`)
	d.do(chromedp.KeyEvent(kb.Tab))
	if d.has("details.menu[open]") {
		d.t.Error("the menu lies over the page after one has left it")
	}
	d.visits("/")
	d.tabsTo("details.menu summary")
	d.do(enter)
	d.tabsTo(`form[action="/signout"] button`)
	d.turn(enter)
	d.reads("Sign in")
}

package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What the portal's script does better than the forms alone.
func TestThePortalHelpsWhileADeveloperTypes(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "linus@example.com")
	d.comesIn()
	d.makesOrganization("Storytellers")
	d.makesProduct("Storytime")
	d.closesTheDialogByKey()
	d.isToldOfAWrongRedirectURI()
	d.press(newClientForm + " .primary")
	d.notesCredentials()
	d.copies(`[data-copy="#client-secret"]`, d.secret)
	d.reloadsTheSecret()
	d.seesThePreviewFollow()
	d.editsBesideAnother()
}

func (d *developer) closesTheDialogByKey() {
	d.t.Helper()
	d.opensDialog("#new-client")
	d.focusIsOn("#description")
	d.do(chromedp.KeyEvent(kb.Escape))
	d.waits("for the dialog to close", func() bool { return d.glance(openDialog) == "" })
	d.focusIsOn(`[data-dialog="#new-client"]`)
	d.opensDialog("#new-client")
	d.clicks("#new-client [data-close]")
	d.waits("for the dialog to close", func() bool { return d.glance(openDialog) == "" })
	d.comesTo(d.product + "/clients")
}

const buttonTop = `document.querySelector('form[action$="/clients/new"] .primary').getBoundingClientRect().top`

func (d *developer) isToldOfAWrongRedirectURI() {
	d.t.Helper()
	d.opensDialog("#new-client")
	d.fillsInClient()
	d.write("#redirect_uris", "http://example.com/callback")
	d.waits("for the problem at the field", func() bool { return strings.Contains(d.said("#redirect_uris-problem"), "https") })
	if !d.has("#redirect_uris-problem") || !d.has(`#redirect_uris[aria-invalid="true"]`) {
		d.t.Error("the problem is not shown at its field")
	}
	before := evaluate[float64](d.person, buttonTop)
	d.write("#redirect_uris", callback)
	d.waits("for the problem to go", func() bool { return d.said("#redirect_uris-problem") == "" })
	seen := evaluate[bool](d.person, `document.querySelector("#redirect_uris-problem").checkVisibility({ visibilityProperty: true })`)
	if seen || d.has(`#redirect_uris[aria-invalid]`) {
		d.t.Error("a right address is still shown as wrong")
	}
	if after := evaluate[float64](d.person, buttonTop); after != before {
		d.t.Errorf("the button moved by %.0f px while the person was about to press it", after-before)
	}
}

// copies presses a copy button and looks into the clipboard.
func (d *developer) copies(button, want string) {
	d.t.Helper()
	d.permits("clipboard-read")
	d.clicks(button)
	d.reads("Copied")
	got := run(d.person, chromedp.Evaluate[string]("navigator.clipboard.readText()", chromedp.EvalAwaitPromise))
	if got != want {
		d.t.Errorf("the clipboard has %q, want %q", got, want)
	}
}

// permits gives the portal a permission in this browser.
func (d *developer) permits(permission string) {
	d.t.Helper()
	id := chromedp.FromContext(d.ctx).BrowserContextID
	_, err := cdp.Call(d.ctx, chromedp.FromContext(d.ctx).Browser, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: permission}, Setting: browser.PermissionSettingGranted,
		Origin: d.demo.portal, BrowserContextID: id,
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// reloadsTheSecret loads the page with the new secret again, which makes no second client.
func (d *developer) reloadsTheSecret() {
	d.t.Helper()
	status := d.turn(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.Reload, page.ReloadParams{})
		return err
	}))
	if status != 200 || !strings.Contains(d.text(), d.secret) {
		d.t.Errorf("the reload is answered with %d:\n%s", status, d.text())
	}
	d.visits(d.product + "/clients")
	if rows := evaluate[int](d.person, `document.querySelectorAll("main tbody tr").length`); rows != 1 {
		d.t.Errorf("there are %d clients, want 1", rows)
	}
}

func (d *developer) seesThePreviewFollow() {
	d.t.Helper()
	d.visits(d.product)
	d.write("#name", "Bedtime")
	d.write("#price", "49 kr a month")
	for part, want := range map[string]string{
		`#card [data-from="name"]`: "Bedtime", `#card [data-from="price"]`: "49 kr a month", `[data-initial]`: "B",
	} {
		if got := d.said(part); got != want || !d.has(part) {
			d.t.Errorf("the preview says %q, want %q", got, want)
		}
	}
	d.press("form[data-preview] .primary")
	d.reads("Saved.")
}

// editsBesideAnother has two people save the same product: the second one is told, and nothing is lost.
func (d *developer) editsBesideAnother() {
	d.t.Helper()
	d.visits(d.product)
	other := &developer{person: d.newTab()}
	other.visits(d.product)
	other.write("#subtitle", "Stories that find you")
	other.press("form[data-preview] .primary")
	other.reads("Saved.")
	d.write("#subtitle", "Stories for the road")
	if status := d.press("form[data-preview] .primary"); status != 409 {
		d.t.Errorf("the second save is answered with %d, want 409", status)
	}
	d.reads("Somebody else saved this", "Stories that find you")
	if kept := evaluate[string](d.person, `document.querySelector("#subtitle").value`); kept != "Stories for the road" {
		d.t.Errorf("the second person's text is now %q", kept)
	}
	d.clicks(`[data-take="subtitle"]`)
	if taken := evaluate[string](d.person, `document.querySelector("#subtitle").value`); taken != "Stories that find you" {
		d.t.Errorf("after taking the other one's text the field has %q", taken)
	}
	d.write("#subtitle", "Stories for the road that find you")
	d.press("form[data-preview] .primary")
	d.reads("Saved.")
}

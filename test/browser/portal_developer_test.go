package browser

import (
	"strings"
	"testing"
)

// developer is a person at the portal. The texts of what is made are those of the walkthrough.
type developer struct {
	*person
	email                 string
	organization, product string // the addresses of what was made, below the portal
	clientID, secret      string
}

const (
	callback      = "https://example.com/callback"
	removed       = "https://example.com/revoke"
	newClientForm = `form[action$="/clients/new"]`
)

// newDeveloper is somebody whom the portal does not know yet.
func newDeveloper(t *testing.T, d demo, how traits, email string) *developer {
	t.Helper()
	return &developer{person: newPerson(t, d, how), email: email}
}

// visits goes to an address of the portal and returns the status.
func (d *developer) visits(path string) int {
	d.t.Helper()
	return d.open(d.demo.portal + path)
}

// path is where the tab is, below the portal and without a query.
func (d *developer) path() string {
	d.t.Helper()
	path, _, _ := strings.Cut(strings.TrimPrefix(d.address(), d.demo.portal), "?")
	return path
}

// comesTo fails unless the tab is at the path of the portal.
func (d *developer) comesTo(path string) {
	d.t.Helper()
	if d.path() != path {
		d.t.Fatalf("the tab is not at %s:\n%s", path, d.situation())
	}
}

// mailedCode is the sign-in code that came last.
func (d *developer) mailedCode() string {
	d.t.Helper()
	var code string
	d.waits("for the e-mail with the code", func() bool {
		if texts := d.demo.texts(d.t, d.email); len(texts) > 0 {
			code = pinPattern.FindString(texts[0])
		}
		return code != ""
	})
	return code
}

// asksForCode begins a sign-in. A code of before must not be taken for the one that comes.
func (d *developer) asksForCode() {
	d.t.Helper()
	d.comesTo("/signin")
	before := len(d.demo.texts(d.t, d.email))
	d.write("#email", d.email)
	d.press("#signin .primary")
	d.comesTo("/signin/code")
	d.waits("for the e-mail", func() bool { return len(d.demo.texts(d.t, d.email)) > before })
}

func (d *developer) givesCode(code string) int {
	d.t.Helper()
	d.write("#code", code)
	return d.press(`form[action="/signin/code"] .primary`)
}

// comesIn signs in with a code by e-mail.
func (d *developer) comesIn() {
	d.t.Helper()
	d.visits("/signin")
	d.asksForCode()
	d.givesCode(d.mailedCode())
}

func (d *developer) goesOut() {
	d.t.Helper()
	d.clicks("details.menu summary")
	d.press(`form[action="/signout"] button`)
}

func (d *developer) makesOrganization(name string) {
	d.t.Helper()
	d.comesTo("/organizations/new")
	d.write("#name", name)
	d.press(`form[action="/organizations/new"] .primary`)
	d.organization = d.path()
}

func (d *developer) makesProduct(name string) {
	d.t.Helper()
	d.press(`main a[href="` + d.organization + `/products/new"]`)
	d.write("#name", name)
	d.press(`form[action$="/products/new"] .primary`)
	d.product = strings.TrimSuffix(d.path(), "/clients")
	d.reads("Product created")
}

// fillsInClient writes the three fields of the form that is open.
func (d *developer) fillsInClient() {
	d.t.Helper()
	d.write("#description", "this is a test")
	d.write("#redirect_uris", callback)
	d.write("#post_revoke_redirect_uris", removed)
}

// makesClient goes on from the product's clients and notes what is shown once.
func (d *developer) makesClient() {
	d.t.Helper()
	d.comesTo(d.product + "/clients")
	if d.noScript {
		d.press(`main a[href$="/clients/new"]`)
	} else {
		d.opensDialog("#new-client")
	}
	d.fillsInClient()
	d.press(newClientForm + " .primary")
	d.notesCredentials()
}

func (d *developer) notesCredentials() {
	d.t.Helper()
	d.reads("The secret is shown only once.")
	d.clientID = d.said("#client-id")
	d.secret = d.said("#client-secret")
}

func (d *developer) opensDialog(selector string) {
	d.t.Helper()
	d.clicks(`[data-dialog="` + selector + `"]`)
	d.waits("for the dialog", func() bool { return d.glance(openDialog) == strings.TrimPrefix(selector, "#") })
}

// openDialog is the id of the dialog that is open.
const openDialog = `(document.querySelector("dialog[open]") || { id: "" }).id`

func (d *developer) enablesScopes(names ...string) {
	d.t.Helper()
	d.press(`.tabs a[href="` + d.product + `/scopes"]`)
	for _, name := range names {
		d.clicks(`input[name="enabled"][value="` + name + `"]`)
	}
	d.press(".scopes-form .primary")
	d.reads("Saved.")
}

func (d *developer) offersToTheSandbox() {
	d.t.Helper()
	d.press(`.tabs a[href="` + d.product + `/listing"]`)
	d.press(`form:has(input[name="operator"][value="sandbox"]) button`)
	d.reads("enabled", "+46701740605")
}

// triesIt runs Try it to its end.
func (d *developer) triesIt() {
	d.t.Helper()
	d.press(`.tabs a[href="` + d.product + `/try"]`)
	d.press("#begin")
	for range 10 {
		if !d.has("#next") {
			break
		}
		d.press("#next")
		if !d.noScript && d.has("#next") && d.glance("document.activeElement.id") != "next" {
			d.t.Error("the next step of Try it has not the focus")
		}
	}
	d.reads("your client works")
}

// said is the text of an element.
func (p *person) said(selector string) string {
	p.t.Helper()
	return strings.TrimSpace(p.glance(`document.querySelector('` + selector + `').textContent`))
}

// has reports whether the page has the element and shows it.
func (p *person) has(selector string) bool {
	p.t.Helper()
	return evaluate[bool](p, `[...document.querySelectorAll('`+selector+`')].some((e) => e.checkVisibility())`)
}

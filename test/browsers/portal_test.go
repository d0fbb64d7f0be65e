package browsers

import (
	"errors"
	"fmt"
	"strings"
)

const (
	email         = "ada@example.com"
	callback      = "https://example.com/callback"
	removed       = "https://example.com/revoke"
	newClientForm = `form[action$="/clients/new"]`
)

// path is where the tab is, below the portal and without a query.
func (p *person) path() string {
	p.t.Helper()
	path, _, _ := strings.Cut(strings.TrimPrefix(p.address(), p.demo.portal), "?")
	return path
}

func (p *person) comesTo(path string) {
	p.t.Helper()
	p.waits("to be at "+path, func() error {
		if got := p.path(); got != path {
			return fmt.Errorf("the tab is at %s", got)
		}
		return nil
	})
}

func (p *person) asksForCode() {
	p.t.Helper()
	p.comesTo("/signin")
	p.write("#email", email)
	p.press("#signin .primary")
	p.comesTo("/signin/code")
}

func (p *person) givesCode(code string) {
	p.t.Helper()
	p.write("#code", code)
	p.press(`form[action="/signin/code"] .primary`)
}

// mailedCode waits for the first e-mail and returns its code.
func (p *person) mailedCode() string {
	p.t.Helper()
	var code string
	p.waits("for the e-mail with the code", func() error {
		if texts := p.demo.texts(p.t, email); len(texts) > 0 {
			code = pinPattern.FindString(texts[0])
		}
		if code == "" {
			return errors.New("it did not come")
		}
		return nil
	})
	return code
}

// makesProduct begins at an organization and returns the path of the product.
func (p *person) makesProduct(organization, name string) string {
	p.t.Helper()
	p.press(`main a[href="` + organization + `/products/new"]`)
	p.write("#name", name)
	p.press(`form[action$="/products/new"] .primary`)
	p.reads("Product created")
	return strings.TrimSuffix(p.path(), "/clients")
}

func (p *person) opensClientForm() {
	p.t.Helper()
	p.clicks(`[data-dialog="#new-client"]`)
	p.waits("for the dialog", func() error {
		open, err := ask[bool](p, `document.querySelector("#new-client").open`)
		if err == nil && !open {
			return errors.New("it is shut")
		}
		return err
	})
}

func (p *person) fillsInClient() {
	p.t.Helper()
	p.write("#description", "this is a test")
	p.write("#redirect_uris", callback)
	p.write("#post_revoke_redirect_uris", removed)
}

// The stories.

func getsToAClient(p *person) {
	p.open(p.demo.portal + "/")
	p.reads("Sign people in with their phone number")
	p.press(`main a[href="/signin"]`)
	p.asksForCode()
	code := p.mailedCode()
	wrong := "000000"
	if code == wrong {
		wrong = "111111"
	}
	p.givesCode(wrong)
	p.reads("tries left")
	p.givesCode(code)
	p.comesTo("/organizations/new")
	p.write("#name", "Storytellers")
	p.press(`form[action="/organizations/new"] .primary`)
	p.reads("Organization created")
	product := p.makesProduct(p.path(), "Storytime")
	p.opensClientForm()
	p.fillsInClient()
	p.press(newClientForm + " .primary")
	p.reads("The secret is shown only once.")
	id, secret := p.said("#client-id"), p.said("#client-secret")
	if !strings.HasPrefix(id, "client_") || !strings.HasPrefix(secret, "dt_cs_") {
		p.t.Errorf("the client is %q", id)
	}
	p.reloads()
	if again := p.said("#client-secret"); again != secret {
		p.t.Error("the page loaded again shows another secret")
	}
	p.open(p.demo.portal + product + "/clients")
	p.reads("this is a test", callback, id)
	p.doesNotRead(secret)
	p.open(p.demo.portal + "/clients/" + id)
	p.reads(id)
	p.doesNotRead(secret)

	p.press(`.tabs a[href="` + product + `/scopes"]`)
	p.clicks(`input[name="enabled"][value="phone"]`)
	p.press(".scopes-form .primary")
	p.reads("Saved.")
	p.clicks("details.menu summary")
	p.press(`form[action="/signout"] button`)
	p.open(p.demo.portal + product)
	p.comesTo("/signin")
	p.doesNotRead("Storytime")
}

// wandersInThePortal refuses, mends, goes on, back, forward and reloads at each step.
func wandersInThePortal(p *person) {
	p.open(p.demo.portal + "/signin")
	p.write("#email", "ada")
	p.press("#signin .primary")
	p.hasRefused("#email", "ada")
	p.asksForCode()
	p.goesBack()
	p.hasRefused("#email", "ada", email)
	p.goesForward()
	p.givesCode(p.mailedCode())
	p.comesTo("/organizations/new")
	p.goesBack()
	p.reloads()
	p.staysInThePortal()
	p.open(p.demo.portal + "/organizations/new")

	p.write("#name", " ")
	p.press(`form[action="/organizations/new"] .primary`)
	p.hasRefused("#name", " ")
	p.write("#name", "Storytellers")
	p.press(`form[action="/organizations/new"] .primary`)
	p.reads("Organization created")
	organization := p.path()
	p.reloads()
	p.reads("Storytellers")
	p.goesBack()
	p.hasRefused("#name", " ", "Storytellers")
	p.goesForward()
	p.comesTo(organization)

	p.press(`main a[href="` + organization + `/products/new"]`)
	p.write("#name", " ")
	p.press(`form[action$="/products/new"] .primary`)
	p.hasRefused("#name", " ")
	p.write("#name", "Storytime")
	p.press(`form[action$="/products/new"] .primary`)
	p.reads("Product created")
	product := strings.TrimSuffix(p.path(), "/clients")
	p.reloads()
	p.goesBack()
	p.hasRefused("#name", " ", "Storytime")
	p.goesForward()
	p.comesTo(product + "/clients")
	p.open(p.demo.portal + organization)
	p.counts(`main a[href^="/products/"]`, 1)

	p.open(p.demo.portal + product + "/clients")
	p.opensClientForm()
	p.fillsInClient()
	p.write("#redirect_uris", "http://example.com/callback")
	p.press(newClientForm + " .primary")
	p.hasRefused("#redirect_uris", "http://example.com/callback")
	p.write("#redirect_uris", callback)
	p.press(newClientForm + " .primary") // the problem goes meanwhile; the button stays where it is
	secret := p.said("#client-secret")
	p.goesBack()
	p.reloads() // WebKit shows the page as it was left, where the mistake is mended
	p.hasRefused("#redirect_uris", "http://example.com/callback", callback)
	p.goesForward()
	p.reads(secret)
	p.reloads()
	p.reads(secret)
	p.goesBack()
	p.reloads() // WebKit shows the page as it was left, where the mistake is mended
	p.hasRefused("#redirect_uris", "http://example.com/callback", callback)
	p.write("#redirect_uris", callback)
	p.press(newClientForm + " .primary") // the form that was taken already
	p.reads("This was done already")
	p.reloads()
	p.reads("This was done already")
	p.open(p.demo.portal + product + "/clients")
	p.counts("main tbody tr", 1)
}

// hasRefused waits for the problem at the field, which has what was typed, and reloads: the page stays as it is. After Back a
// browser may fill in what was typed last instead.
func (p *person) hasRefused(field string, typed ...string) {
	p.t.Helper()
	for range 2 {
		p.staysInThePortal()
		p.waits("for the problem at "+field, func() error {
			problem, err := ask[string](p, fmt.Sprintf(`document.querySelector('%s[aria-invalid="true"]') && document.querySelector('%s-problem').innerText`, field, field))
			if err == nil && problem == "" {
				return errors.New("there is none")
			}
			return err
		})
		p.holds(field, typed...)
		p.reloads()
	}
}

func (p *person) staysInThePortal() {
	p.t.Helper()
	p.arrives(p.demo.portal + "/")
	p.reads("Dialtone")
}

func (p *person) counts(selector string, want int) {
	p.t.Helper()
	p.waits(fmt.Sprintf("for %d %s", want, selector), func() error {
		got, err := ask[int](p, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
		if err == nil && got != want {
			return fmt.Errorf("there are %d", got)
		}
		return err
	})
}

package browser

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// portal are the portal's pages: before sign-in, everywhere that links lead to, what the forms answer to the longest texts and to
// those that are too long.
func portal(t *testing.T, d demo) *gallery {
	t.Helper()
	v := newVisitor(t, d.portal, "en")
	v.everywhere("/")
	v.open("/nowhere")
	v.open("/signin/company/callback?code=x&state=y")
	v.open("/docs/search?q=" + longLine)
	v.open("/docs/search?q=refresh")
	v.signsInToPortal(d, longEmail)
	v.open("/organizations/org_long")
	v.open("/account")
	v.send("/account", url.Values{"name": {longPerson}})
	v.makesEverything()
	v.meetsTheInvitation(d)
	v.savesOverAnother("/products/product_long", "/products/product_long", "subtitle")
	v.savesOverAnother("/clients/client_long", "/clients/client_long", "description")
	v.triesIt()
	v.waitsForARefusal(d)
	v.everywhere("/")
	v.writesTooMuch()
	return newGallery(t, "portal", v.pictures, from(v.client, d.portal))
}

// guestEmail is the address of the second member.
var guestEmail = "x" + longEmail[1:]

func (v *visitor) signsInToPortal(d demo, email string) {
	v.t.Helper()
	v.open("/signin")
	v.send("/signin", url.Values{"email": {email}})
	var code string
	for end := time.Now().Add(patience); code == "" && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if texts := d.texts(v.t, email); len(texts) > 0 {
			code = pinPattern.FindString(texts[0])
		}
	}
	v.send("/signin/code", url.Values{"code": {"000000"}})
	v.send("/signin/code", url.Values{"code": {code}})
}

// makesEverything goes through the forms whose answer is a page of its own.
func (v *visitor) makesEverything() {
	v.t.Helper()
	const client, product, organization = "/clients/client_long", "/products/product_long", "/organizations/org_long"
	v.open(client)
	form := v.form(client + "/secrets")
	v.send(client+"/secrets", url.Values{"name": {longSecret}})
	v.post(client+"/secrets", filledIn(form, url.Values{"name": {longSecret}})) // once more: Repeated
	v.open(product + "/clients/new")
	v.send(product+"/clients/new", url.Values{"description": {longLine[1:]}, "redirect_uris": {longRedirect}, "post_revoke_redirect_uris": {longRedirect}})
	v.open(organization + "/keys/new")
	v.send(organization+"/keys/new", url.Values{"name": {longSecret}, "rights": v.offered("rights")})
	v.open(organization + "/members/invite")
	v.send(organization+"/members/invite", url.Values{"email": {guestEmail}, "role": {"developer"}})
	v.open(product + "/submit")
	v.send(product+"/submit", url.Values{"operator": v.offered("operator")})
}

// meetsTheInvitation opens the link that was shown: as who it is not for, as nobody, and as who it is for, who joins.
func (v *visitor) meetsTheInvitation(d demo) {
	v.t.Helper()
	link := regexp.MustCompile(`>` + regexp.QuoteMeta(v.origin) + `(/invitations/[^<]+)<`)
	for _, p := range v.pictures {
		if match := link.FindSubmatch(p.html); match != nil {
			found := match[1]
			v.open(string(found))
			guest := newVisitor(v.t, v.origin, v.language)
			guest.open(string(found))
			guest.signsInToPortal(d, guestEmail)
			guest.open("/account")
			guest.send("/account", url.Values{"name": {longPerson}})
			guest.open(string(found))
			guest.send(string(found), nil)
			v.pictures = append(v.pictures, guest.pictures...)
			return
		}
	}
	v.t.Fatal("no page shows the invitation's link")
}

// savesOverAnother sends a form that somebody else has saved meanwhile.
func (v *visitor) savesOverAnother(page, action, field string) {
	v.t.Helper()
	v.open(page)
	form := v.form(action)
	v.send(action, url.Values{field: {longLine[2:]}})
	v.at.Path = page
	v.post(action, filledIn(form, url.Values{field: {longLine[3:]}}))
}

func (v *visitor) triesIt() {
	v.t.Helper()
	const address = "/products/product_long/try"
	v.open(address + "?client=client_long")
	v.send(address, nil)
	for range 12 {
		form := v.formWith("next")
		if form == nil {
			return
		}
		v.post(address, filledIn(form, nil))
	}
	v.t.Error("Try it has no end")
}

// waitsForARefusal makes a request with a fault, which the portal lists some seconds later.
func (v *visitor) waitsForARefusal(d demo) {
	v.t.Helper()
	faulty := url.Values{"response_type": {"code"}, "client_id": {"client_long"}, "redirect_uri": {longRedirect + "3"}}
	answer, err := http.Get(d.issuer + "/oauth2/auth?" + faulty.Encode())
	if err != nil {
		v.t.Fatal(err)
	}
	answer.Body.Close()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		before := len(v.pictures)
		v.open("/products/product_long/requests")
		if id := regexp.MustCompile(`er_\w{10,}`).Find(v.pictures[before].html); id != nil {
			v.open("/requests?id=" + string(id))
			return
		}
		v.pictures = v.pictures[:before]
	}
	v.t.Error("the refused request is not in Requests")
}

// writesTooMuch sends every form of the pages so far with texts that are too long, so that each problem is shown.
func (v *visitor) writesTooMuch() {
	v.t.Helper()
	sent := make(map[string]bool)
	for _, p := range slices.Clone(v.pictures) {
		root, err := html.Parse(strings.NewReader(string(p.html)))
		if err != nil {
			v.t.Fatal(err)
		}
		for form := range root.Descendants() {
			action := attribute(form, "action")
			if form.Data != "form" || attribute(form, "method") != "post" || attribute(form, "enctype") != "" || sent[action] {
				continue
			}
			if typed := tooMuch(form); len(typed) > 0 {
				sent[action] = true
				v.post(action, filledIn(form, typed))
			}
		}
	}
}

// tooMuch fills in every text of the form.
func tooMuch(form *html.Node) url.Values {
	typed := url.Values{}
	for node := range form.Descendants() {
		name := attribute(node, "name")
		writable := node.Data == "textarea" || node.Data == "input" && slices.Contains([]string{"text", "email", "url", "password"}, attribute(node, "type"))
		if writable && name != "" && !has(node, "readonly") {
			typed.Set(name, strings.Repeat("W", 5000))
		}
	}
	return typed
}

// formWith is the page's form around the element with the id, or nil.
func (v *visitor) formWith(id string) *html.Node {
	for node := range v.root.Descendants() {
		if attribute(node, "id") == id {
			for node != nil && node.Data != "form" {
				node = node.Parent
			}
			return node
		}
	}
	return nil
}

// offered are the values that can be ticked under a name.
func (v *visitor) offered(name string) (values []string) {
	for node := range v.root.Descendants() {
		if node.Data == "input" && attribute(node, "name") == name {
			values = append(values, attribute(node, "value"))
		}
	}
	return values
}

package browser

import (
	"net/url"
	"regexp"
	"testing"
)

// console are the console's pages: before sign-in, everywhere that links lead to, and what the forms answer to the longest texts and to
// those that are too long.
func console(t *testing.T, d demo) *gallery {
	t.Helper()
	v := newVisitor(t, d.console, "en")
	v.open("/")
	v.open("/nowhere")
	v.signsInToPortal(d, longEmail)
	v.open("/account")
	v.send("/account", url.Values{"name": {longPerson}})
	const at = "/operators/op_long"
	v.everywhere(at)
	v.everywhere("/installation")
	v.open(at + "/staff/invite")
	v.send(at+"/staff/invite", url.Values{"email": {"y" + longEmail[1:]}, "role": {"auditor"}})
	v.meetsTheStaffInvitation(d)
	v.open(at + "/products/product_long")
	v.send(at+"/products/product_long", url.Values{"state": {"enabled"}, "reason": {longText}})
	v.open(at + "/products/product_long")
	v.send(at+"/products/product_long", url.Values{"state": {"suspended"}, "reason": {longText + longText}})
	v.helpsASubscriber(at)
	v.open(at + "/audit")
	v.send(at+"/audit/verify", nil)
	v.everywhere(at)
	v.writesTooMuch()
	return newGallery(t, "console", v.pictures, from(v.client, d.console))
}

// helpsASubscriber finds a line, does what can be done with it, and is kept from it when it is sensitive.
func (v *visitor) helpsASubscriber(at string) {
	v.t.Helper()
	v.open(at + "/care")
	v.send(at+"/care", url.Values{"q": {longSecret}})
	v.send(at+"/care", url.Values{"q": {"+46 90 510 000"}})
	line := v.at.Path
	v.send(line+"/note", url.Values{"note": {longText}})
	v.send(line, url.Values{"act": {"reveal"}, "reason": {longLine}})
	v.send(line, url.Values{"act": {"block"}, "reason": {longLine}})
	v.send(line, url.Values{"act": {"sensitive"}, "reason": {longLine + longLine}})
	v.send(line, url.Values{"act": {"sensitive"}, "reason": {longLine}})
}

// meetsTheStaffInvitation opens the link that was shown: as who it is not for, as nobody, and as who it is for, who begins to work.
func (v *visitor) meetsTheStaffInvitation(d demo) {
	v.t.Helper()
	link := regexp.MustCompile(`>` + regexp.QuoteMeta(v.origin) + `(/invitations/[^<]+)<`)
	for _, p := range v.pictures {
		match := link.FindSubmatch(p.html)
		if match == nil {
			continue
		}
		found := string(match[1])
		v.open(found)
		guest := newVisitor(v.t, v.origin, v.language)
		guest.open(found)
		guest.signsInToPortal(d, "y"+longEmail[1:])
		guest.open(found)
		guest.send(found, nil)
		guest.open("/operators/op_long/staff/invite")
		v.pictures = append(v.pictures, guest.pictures...)
		return
	}
	v.t.Fatal("no page shows the invitation's link")
}

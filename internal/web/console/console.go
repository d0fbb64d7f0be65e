// Package console is the operators' face: it puts the rooms behind their addresses.
//
//	page/      what all rooms share beyond a desk (web/desk): its face, the operator of an address, tabs
//	office/    home, staff and invitations, settings; the installation     audit/   the audit log
//	product/   what is offered, review, decision                           care/    one subscriber
//	                                                                       signing in, one's own account: web/desk/account
//
// Each room renders its pages and asks the verbs; this package knows only which address belongs to which method. Every address
// stands in routes, below.
package console

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/origin"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/console/audit"
	"github.com/dialtone-id/dialtone/internal/web/console/care"
	"github.com/dialtone-id/dialtone/internal/web/console/office"
	"github.com/dialtone-id/dialtone/internal/web/console/product"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/desk/account"
)

// Config holds the rooms.
type Config struct {
	Origin string // the console's public address
	Desk   *desk.Desk
	Face   *desk.Face

	Account *account.Room
	Office  *office.Room
	Product *product.Room
	Care    *care.Room
	Audit   *audit.Room
}

// New returns the console.
func New(c Config) http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range c.routes() {
		mux.Handle(pattern, handler)
	}
	// Outside: what a page of another site sends leaves nothing in the database.
	return web.Protect(origin.Of(c.Origin), c.Desk.RefuseForeign, c.Desk.Keep(desk.WhereItStands(mux), mux))
}

// routes is the table of every address: who may come in, and the method that answers. What changes something is a POST.
func (c Config) routes() map[string]http.Handler {
	open, signed := c.Desk.Open, c.Desk.Signed
	who, at, goods, people, log := c.Account, c.Office, c.Product, c.Care, c.Audit
	return map[string]http.Handler{
		"GET /static/": c.Face.Assets,
		"GET /{$}":     open(at.ShowFront),
		"/":            open(c.showNothing),

		"GET /signin":                             open(who.ShowSignIn),
		"POST /signin":                            open(who.SendCode),
		"GET /signin/code":                        open(who.ShowCode),
		"POST /signin/code":                       open(who.VerifyCode),
		"POST /signin/passkey/begin":              open(who.BeginPasskey),
		"POST /signin/passkey/finish":             open(who.FinishPasskey),
		"POST /signout":                           open(who.SignOut),
		"GET /account":                            signed(who.ShowAccount),
		"POST /account":                           signed(who.Rename),
		"POST /account/passkeys/begin":            signed(who.BeginAddPasskey),
		"POST /account/passkeys/finish":           signed(who.FinishAddPasskey),
		"POST /account/passkeys/{passkey}":        signed(who.RenamePasskey),
		"POST /account/passkeys/{passkey}/remove": signed(who.RemovePasskey),
		"POST /account/sessions/{session}/end":    signed(who.EndSession),
		"POST /account/sessions/end-others":       signed(who.EndOtherSessions),

		"GET /installation":                                            signed(at.ShowInstallation),
		"GET /invitations/{link}":                                      open(at.ShowInvitation),
		"POST /invitations/{link}":                                     signed(at.Accept),
		"GET /operators/{operator}":                                    signed(at.ShowHome),
		"GET /operators/{operator}/staff":                              signed(at.ShowStaff),
		"POST /operators/{operator}/staff/{account}/role":              signed(at.ChangeRole),
		"POST /operators/{operator}/staff/{account}/sensitive":         signed(at.SetSensitive),
		"POST /operators/{operator}/staff/{account}/remove":            signed(at.RemoveStaff),
		"GET /operators/{operator}/staff/invite":                       signed(at.ShowInvite),
		"POST /operators/{operator}/staff/invite":                      signed(at.Invite),
		"POST /operators/{operator}/invitations/{invitation}/withdraw": signed(at.Withdraw),
		"GET /operators/{operator}/settings":                           signed(at.ShowSettings),
		"POST /operators/{operator}/settings":                          signed(at.SaveSettings),

		"GET /operators/{operator}/products":            signed(goods.ShowProducts),
		"GET /operators/{operator}/products/{product}":  signed(goods.ShowReview),
		"POST /operators/{operator}/products/{product}": signed(goods.Decide),
		"GET /asset/{asset}":                            signed(goods.ShowAsset),

		"GET /operators/{operator}/care":                                    signed(people.ShowSearch),
		"POST /operators/{operator}/care":                                   signed(people.Find),
		"GET /operators/{operator}/lines/{line}":                            signed(people.ShowLine),
		"POST /operators/{operator}/lines/{line}":                           signed(people.Act),
		"POST /operators/{operator}/lines/{line}/consents/{product}/remove": signed(people.RemoveConsent),
		"POST /operators/{operator}/lines/{line}/note":                      signed(people.Note),

		"GET /operators/{operator}/audit":         signed(log.ShowLog),
		"GET /operators/{operator}/audit.csv":     signed(log.DownloadCSV),
		"GET /operators/{operator}/audit.jsonl":   signed(log.DownloadLines),
		"POST /operators/{operator}/audit/verify": signed(log.Verify),
	}
}

// showNothing answers for addresses that are not in the table.
func (c Config) showNothing(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c.Desk.Fail(w, r, v, dialtone.ErrNotFound)
}

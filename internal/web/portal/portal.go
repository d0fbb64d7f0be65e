// Package portal is the developers' face: it puts the rooms behind their addresses.
//
//	page/           what all rooms share beyond a desk (web/desk): its face, tabs, words of the log
//	organization/   organizations, members, API keys, activity, settings     signing in, one's own account: web/desk/account
//	product/        General … Submit, clients          traffic/        Analytics, Requests
//	try/            Try it, programs to copy           guide/          the documentation
//
// Each room renders its pages and asks the verbs; this package knows only which address belongs to which method. Every address
// stands in routes, below.
package portal

import (
	"embed"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/origin"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/desk/account"
	"github.com/dialtone-id/dialtone/internal/web/portal/guide"
	"github.com/dialtone-id/dialtone/internal/web/portal/organization"
	"github.com/dialtone-id/dialtone/internal/web/portal/product"
	"github.com/dialtone-id/dialtone/internal/web/portal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/portal/try"
)

//go:embed templates
var files embed.FS

// Config holds the rooms, and what the front page needs.
type Config struct {
	Origin  string // the portal's public address
	Desk    *desk.Desk
	Face    *desk.Face
	Catalog Catalog // for the front page
	Reports Reports // for the front page

	Account      *account.Room
	Organization *organization.Room
	Product      *product.Room
	Traffic      *traffic.Room
	Try          *try.Room
	Guide        *guide.Room
}

type portal struct {
	Config
	pages *desk.Room
}

// New returns the portal.
func New(c Config) (http.Handler, error) {
	pages, err := c.Face.Room(files)
	if err != nil {
		return nil, err
	}
	p := &portal{Config: c, pages: pages}
	mux := http.NewServeMux()
	for pattern, handler := range p.routes() {
		mux.Handle(pattern, handler)
	}
	// Outside: what a page of another site sends leaves nothing in the database.
	return web.Protect(origin.Of(c.Origin), c.Desk.RefuseForeign, c.Desk.Keep(desk.WhereItStands(mux), mux)), nil
}

// routes is the table of every address: who may come in, and the method that answers. What changes something is a POST.
func (p *portal) routes() map[string]http.Handler {
	open, signed := p.Desk.Open, p.Desk.Signed
	who, team, goods, figures := p.Account, p.Organization, p.Product, p.Traffic
	return map[string]http.Handler{
		"GET /static/": p.Face.Assets,
		"GET /{$}":     open(p.showFront),
		"/":            open(p.showNothing),

		"GET /signin":                             open(who.ShowSignIn),
		"POST /signin":                            open(who.SendCode),
		"GET /signin/code":                        open(who.ShowCode),
		"POST /signin/code":                       open(who.VerifyCode),
		"POST /signin/passkey/begin":              open(who.BeginPasskey),
		"POST /signin/passkey/finish":             open(who.FinishPasskey),
		"GET /signin/company":                     open(who.ShowCompany),
		"POST /signin/company":                    open(who.FindCompany),
		"GET /signin/company/{organization}":      open(who.AskCompany),
		"GET " + company.Callback:                 open(who.FinishCompany),
		"POST /signout":                           open(who.SignOut),
		"GET /account":                            signed(who.ShowAccount),
		"POST /account":                           signed(who.Rename),
		"POST /account/passkeys/begin":            signed(who.BeginAddPasskey),
		"POST /account/passkeys/finish":           signed(who.FinishAddPasskey),
		"POST /account/passkeys/{passkey}":        signed(who.RenamePasskey),
		"POST /account/passkeys/{passkey}/remove": signed(who.RemovePasskey),
		"POST /account/sessions/{session}/end":    signed(who.EndSession),
		"POST /account/sessions/end-others":       signed(who.EndOtherSessions),

		"GET /organizations/new":                                               signed(team.ShowNew),
		"POST /organizations/new":                                              signed(team.Create),
		"GET /organizations/{organization}":                                    signed(team.ShowProducts),
		"GET /organizations/{organization}/members":                            signed(team.ShowMembers),
		"POST /organizations/{organization}/members/{account}/role":            signed(team.ChangeRole),
		"POST /organizations/{organization}/members/{account}/remove":          signed(team.RemoveMember),
		"GET /organizations/{organization}/members/transfer":                   signed(team.ShowTransfer),
		"POST /organizations/{organization}/members/transfer":                  signed(team.Transfer),
		"GET /organizations/{organization}/members/invite":                     signed(team.ShowInvite),
		"POST /organizations/{organization}/members/invite":                    signed(team.Invite),
		"POST /organizations/{organization}/invitations/{invitation}/withdraw": signed(team.Withdraw),
		"GET /invitations/{link}":                                              open(team.ShowInvitation),
		"POST /invitations/{link}":                                             signed(team.Accept),
		"GET /organizations/{organization}/keys":                               signed(team.ShowKeys),
		"GET /organizations/{organization}/keys/new":                           signed(team.ShowNewKey),
		"POST /organizations/{organization}/keys/new":                          signed(team.CreateKey),
		"POST /organizations/{organization}/keys/{key}/revoke":                 signed(team.RevokeKey),
		"GET /organizations/{organization}/activity":                           signed(team.ShowActivity),
		"GET /organizations/{organization}/settings":                           signed(team.ShowSettings),
		"POST /organizations/{organization}/settings":                          signed(team.Rename),
		"POST /organizations/{organization}/settings/company":                  signed(team.SetCompany),
		"POST /organizations/{organization}/settings/company/remove":           signed(team.RemoveCompany),

		"GET /organizations/{organization}/products/new":  signed(goods.ShowNewProduct),
		"POST /organizations/{organization}/products/new": signed(goods.CreateProduct),
		"GET /products/{product}":                         signed(goods.ShowGeneral),
		"POST /products/{product}":                        signed(goods.SaveGeneral),
		"POST /products/{product}/icon":                   signed(goods.SaveIcon),
		"POST /products/{product}/impact":                 signed(goods.ShowImpact),
		"GET /asset/{asset}":                              signed(goods.ShowAsset),
		"GET /products/{product}/listing":                 signed(goods.ShowListing),
		"POST /products/{product}/listing":                signed(goods.OfferListing),
		"GET /products/{product}/scopes":                  signed(goods.ShowScopes),
		"POST /products/{product}/scopes":                 signed(goods.SaveScopes),
		"GET /products/{product}/clients":                 signed(goods.ShowClients),
		"GET /products/{product}/clients/new":             signed(goods.ShowNewClient),
		"POST /products/{product}/clients/new":            signed(goods.CreateClient),
		"GET /check/redirect-uri":                         signed(goods.CheckRedirectURI),
		"GET /clients/{client}":                           signed(goods.ShowClient),
		"POST /clients/{client}":                          signed(goods.SaveClient),
		"GET /clients/{client}/delete":                    signed(goods.ShowDeleteClient),
		"POST /clients/{client}/delete":                   signed(goods.DeleteClient),
		"POST /clients/{client}/secrets":                  signed(goods.CreateSecret),
		"POST /clients/{client}/secrets/{secret}/rotate":  signed(goods.RotateSecret),
		"GET /clients/{client}/secrets/{secret}/revoke":   signed(goods.ShowRevokeSecret),
		"POST /clients/{client}/secrets/{secret}/revoke":  signed(goods.RevokeSecret),
		"GET /products/{product}/submit":                  signed(goods.ShowSubmit),
		"POST /products/{product}/submit":                 signed(goods.SendSubmit),
		"GET /products/{product}/analytics":               signed(figures.ShowAnalytics),
		"GET /products/{product}/analytics.csv":           signed(figures.DownloadAnalytics),
		"GET /products/{product}/requests":                signed(figures.ShowRequests),
		"GET /requests":                                   signed(figures.FindRequest),
		"GET /products/{product}/try":                     signed(p.Try.ShowTry),
		"POST /products/{product}/try":                    signed(p.Try.Step),

		"GET /docs":        open(p.Guide.ShowDocs),
		"GET /docs/{page}": open(p.Guide.ShowDocs),
		"GET /docs/search": open(p.Guide.Search),
		"GET /docs/api":    open(p.Guide.ShowReference),
	}
}

// showNothing answers for addresses that are not in the table.
func (p *portal) showNothing(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p.Desk.Fail(w, r, v, dialtone.ErrNotFound)
}

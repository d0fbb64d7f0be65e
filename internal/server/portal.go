package server

import (
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/docs"
	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/api"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/outbound"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	deskaccount "github.com/dialtone-id/dialtone/internal/web/desk/account"
	"github.com/dialtone-id/dialtone/internal/web/portal"
	"github.com/dialtone-id/dialtone/internal/web/portal/guide"
	"github.com/dialtone-id/dialtone/internal/web/portal/organization"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
	"github.com/dialtone-id/dialtone/internal/web/portal/product"
	portaltraffic "github.com/dialtone-id/dialtone/internal/web/portal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/portal/try"
)

// portal builds the developers' face and the management API, which share a listener. Identity is the handler that Try it sends
// its requests to. And how a request is refused that is not text.
func (s *Server) portal(identity http.Handler) (http.Handler, refusal, error) {
	secrets := s.keyring.Secret()
	mail, err := s.mailer()
	if err != nil {
		return nil, nil, err
	}
	origin := s.config.PortalURL
	s.accounts, err = account.New(account.Config{
		Store: s.db, Keys: secrets, Mail: mail, Policy: account.DefaultPolicy, Log: s.log, Budgets: s.metrics.budgets, Origin: origin,
	})
	if err != nil {
		return nil, nil, err
	}
	onThisMachine := strings.HasPrefix(origin, "http://") // then so may a company's provider be, in the demo
	companies := company.New(company.Config{
		Owners: company.Organizations{Store: s.db, Sessions: s.accounts}, Spender: s.db, Keys: secrets, Log: s.log, Callback: origin + company.Callback,
		HTTP: outbound.New(outbound.Config{AllowLoopback: onThisMachine}), AllowLoopback: onThisMachine,
	})
	rooms, err := s.portalRooms(secrets, identity, mail, companies)
	if err != nil {
		return nil, nil, err
	}
	machines := api.New(api.Config{
		Portal: origin, Catalog: s.catalog, Traffic: rooms.reports, Inviter: rooms.Organization, Store: s.db, Keys: secrets,
		Log: s.log, Budgets: s.metrics.budgets, Now: clock,
	})
	rooms.Guide, err = guide.New(guide.Config{
		Desk: rooms.Desk, Face: rooms.Face, Catalog: s.catalog, Guide: docs.Guide, OpenAPI: machines.OpenAPI(),
		Issuer: s.config.Issuer, Portal: origin,
	})
	if err != nil {
		return nil, nil, err
	}
	people, err := portal.New(rooms.Config)
	if err != nil {
		return nil, nil, err
	}
	refuse := func(w http.ResponseWriter, r *http.Request, status int) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			machines.Illegible(w, r, status)
			return
		}
		rooms.Desk.Illegible(w, r, status)
	}
	host := web.Host{
		Address: origin, Contacts: s.config.SecurityContacts, Open: []string{"/$", "/docs", "/static/", "/openapi."}, Account: "/account", Now: clock,
	}
	return routes(host.Routes(), map[string]http.Handler{
		"/api/":             machines,
		"GET /openapi.json": machines,
		"GET /openapi.yaml": machines,
		"/":                 people,
	}), refuse, nil
}

// portalLimit is the longest body of a request to the portal. An icon may be longer than a form; one that is far too long is still
// read, up to a point, because a browser shows an answer only after it has sent everything.
func portalLimit(r *http.Request) int64 {
	if !strings.HasSuffix(r.URL.Path, "/icon") {
		return maxBody
	}
	return product.MostIconForm + product.MostIconDrained
}

// rooms are the parts of the portal's face.
type rooms struct {
	portal.Config
	reports *traffic.Reports
}

// portalRooms builds all of them but the guide, which shows what the management API says of itself.
func (s *Server) portalRooms(secrets *secret.Keys, identity http.Handler, mail organization.Mailer, companies *company.SignIn) (r rooms, err error) {
	issuer, origin := s.config.Issuer, s.config.PortalURL
	if r.Face, err = page.NewFace(); err != nil {
		return r, err
	}
	errorPages, err := r.Face.Room()
	if err != nil {
		return r, err
	}
	r.Origin, r.Catalog = origin, s.catalog
	r.reports = &traffic.Reports{Store: s.db, Catalog: s.catalog, Keys: secrets}
	r.Reports = r.reports
	r.Desk = &desk.Desk{
		Accounts: s.accounts, Cookies: web.NewCookies(origin), ClientIP: clientIP(s.config.TrustedProxies), Log: s.log, Now: clock, Room: errorPages,
		Budgets: s.metrics.budgets,
		Pages:   s.db, Seals: secrets,
	}
	r.Account, err = deskaccount.New(deskaccount.Config{
		Desk: r.Desk, Face: r.Face, People: s.accounts, Companies: companies, Activities: s.db, Keys: secrets,
		SessionLifetime: account.DefaultPolicy.SessionLifetime, Colleagues: "the members of your organizations", Inbox: s.config.InboxURL,
	})
	if err != nil {
		return r, err
	}
	r.Organization, err = organization.New(organization.Config{
		Desk: r.Desk, Face: r.Face, Catalog: s.catalog, Store: s.db, Mail: mail, Secrets: company.Secrets{Keys: secrets}, Origin: origin,
	})
	if err != nil {
		return r, err
	}
	r.Product, err = product.New(product.Config{
		Desk: r.Desk, Face: r.Face, Catalog: s.catalog, Traffic: r.reports, Store: s.db, Issuer: issuer,
	})
	if err != nil {
		return r, err
	}
	r.Traffic, err = portaltraffic.New(portaltraffic.Config{Desk: r.Desk, Face: r.Face, Catalog: s.catalog, Reports: r.reports})
	if err != nil {
		return r, err
	}
	r.Try, err = try.New(try.Config{
		Desk: r.Desk, Face: r.Face, Catalog: s.catalog, Keys: secrets, Issuer: issuer, Identity: identity,
	})
	return r, err
}

// mailer is how e-mails leave: the demo's inbox, or the mail server.
func (s *Server) mailer() (account.Mailer, error) {
	if s.config.Inbox != nil {
		return s.config.Inbox, nil
	}
	return message.NewSMTP(s.config.SMTP)
}

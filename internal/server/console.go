package server

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/audit"
	"github.com/dialtone-id/dialtone/internal/care"
	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/console"
	consoleaudit "github.com/dialtone-id/dialtone/internal/web/console/audit"
	consolecare "github.com/dialtone-id/dialtone/internal/web/console/care"
	"github.com/dialtone-id/dialtone/internal/web/console/office"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/console/product"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	deskaccount "github.com/dialtone-id/dialtone/internal/web/desk/account"
)

// console builds the operators' face. And how a request is refused that is not text.
func (s *Server) console() (http.Handler, refusal, error) {
	origin, secrets := s.config.consoleURL(), s.keyring.Secret()
	mail, err := s.mailer()
	if err != nil {
		return nil, nil, err
	}
	// Staff are accounts as developers are, but a passkey belongs to the host that it was made on, and mails name the console.
	s.staff, err = account.New(account.Config{
		Store: s.db, Keys: secrets, Mail: mail, Policy: account.DefaultPolicy, Log: s.log, Budgets: s.metrics.budgets, Origin: origin,
	})
	if err != nil {
		return nil, nil, err
	}
	c := console.Config{Origin: origin}
	if c.Face, err = page.NewFace(); err != nil {
		return nil, nil, err
	}
	errorPages, err := c.Face.Room()
	if err != nil {
		return nil, nil, err
	}
	c.Desk = &desk.Desk{
		Accounts: s.staff, Cookies: web.NewCookies(origin), ClientIP: clientIP(s.config.TrustedProxies), Log: s.log, Now: clock, Room: errorPages,
		Budgets: s.metrics.budgets, Pages: s.db, Seals: secrets,
	}
	rules := operator.New(s.db, s.catalog)
	c.Account, err = deskaccount.New(deskaccount.Config{
		Desk: c.Desk, Face: c.Face, People: s.staff, Activities: s.db, Keys: secrets, SessionLifetime: account.DefaultPolicy.SessionLifetime,
		Colleagues: "your colleagues", Inbox: s.config.InboxURL,
	})
	if err != nil {
		return nil, nil, err
	}
	if c.Office, err = office.New(office.Config{Desk: c.Desk, Face: c.Face, Office: rules, Mail: mail, Origin: origin}); err != nil {
		return nil, nil, err
	}
	c.Product, err = product.New(product.Config{
		Desk: c.Desk, Face: c.Face, Office: rules, Scopes: s.catalog, Store: s.db, Mail: mail, Portal: s.config.servedPortal(),
	})
	if err != nil {
		return nil, nil, err
	}
	c.Audit, err = consoleaudit.New(consoleaudit.Config{
		Desk: c.Desk, Face: c.Face, Office: rules, Book: &audit.Log{Store: s.db, Office: rules},
	})
	if err != nil {
		return nil, nil, err
	}
	c.Care, err = consolecare.New(consolecare.Config{
		Desk: c.Desk, Face: c.Face, Office: rules, Scopes: s.catalog,
		Care: &care.Desk{Store: s.db, Office: rules, Book: consent.Book{Store: s.db, Traffic: s.traffic}, Region: s.config.Region},
	})
	if err != nil {
		return nil, nil, err
	}
	host := web.Host{Address: origin, Account: "/account", Now: clock} // inside a network: no stranger reports anything there
	return routes(host.Routes(), map[string]http.Handler{"/": console.New(c)}), c.Desk.Illegible, nil
}

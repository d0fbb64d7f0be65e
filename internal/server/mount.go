package server

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/protocol"
	"github.com/dialtone-id/dialtone/internal/signin"
	"github.com/dialtone-id/dialtone/internal/token"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// messageSpread is the longest random delay of an SMS: nobody notices it in a telephone, and it hides which numbers get one.
const messageSpread = 200 * time.Millisecond

// mount makes every part from the parts below it and puts the faces on their listeners:
//
//	identity   protocol (machines) and subscriber (people), /healthz, /readyz
//	portal     the developers' pages and the management API (portal.go)
//	console    the operators' pages (console.go)
//	metrics    /metrics, /healthz, /readyz; always plain http, for the inside of a network
func (s *Server) mount(ctx context.Context) error {
	c := s.config
	health := map[string]http.Handler{
		"GET /healthz": http.HandlerFunc(s.healthz),
		"GET /readyz":  http.HandlerFunc(s.readyz),
	}
	identity, refuse, err := s.identity(health)
	if err != nil {
		return err
	}
	public, err := s.tlsConfig(ctx)
	if err != nil {
		return err
	}
	https := strings.HasPrefix(c.Issuer, "https://")
	s.add(listener{
		name: "identity", address: c.IdentityListen, tls: public, https: https, refuse: refuse, readsItself: readsParameters, handler: identity,
	})
	if c.PortalListen != "" {
		portal, refuse, err := s.portal(identity)
		if err != nil {
			return fmt.Errorf("portal: %w", err)
		}
		https := strings.HasPrefix(c.PortalURL, "https://")
		s.add(listener{name: "portal", address: c.PortalListen, tls: public, https: https, limit: portalLimit, refuse: refuse, handler: portal})
	}
	if c.ConsoleListen != "" {
		console, refuse, err := s.console()
		if err != nil {
			return fmt.Errorf("console: %w", err)
		}
		https := strings.HasPrefix(c.consoleURL(), "https://")
		s.add(listener{name: "console", address: c.ConsoleListen, tls: public, https: https, refuse: refuse, handler: console})
	}
	s.add(listener{
		name: "metrics", address: c.MetricsListen, refuse: refusePlainly,
		handler: routes(health, map[string]http.Handler{"GET /metrics": s.metrics.handler()}),
	})
	return nil
}

// identity builds the identity host: the endpoints and the subscriber's pages, from the parts below them. And how it refuses a
// request that is not text.
func (s *Server) identity(health map[string]http.Handler) (http.Handler, refusal, error) {
	c := s.config
	secrets, signing := s.keyring.Secret(), s.keyring.Signing()
	minter := token.NewMinter(secrets, signing, c.Issuer)
	router, err := s.router()
	if err != nil {
		return nil, nil, err
	}
	s.dispatcher = message.NewDispatcher(message.DispatcherConfig{Router: router, Store: s.db, Log: s.log, Spread: messageSpread})
	signIn := signin.New(signin.Config{
		Store: s.db, Keys: secrets, Dispatcher: s.dispatcher, Operators: s.catalog,
		Traffic: s.traffic, Policy: c.PINPolicy.policy(), Log: s.log, Budgets: s.metrics.budgets, Sandbox: c.Sandbox,
		DailySMSLimit: c.DailySMSLimit,
	})
	authorization := &flow.Flow{
		Issuer: c.Issuer, Store: s.db, Keys: secrets, Minter: minter, Clients: s.catalog, Policy: flow.DefaultPolicy,
	}
	renderer, err := pages.NewRenderer()
	if err != nil {
		return nil, nil, err
	}
	people := subscriber.New(subscriber.Config{
		Issuer: c.Issuer, Portal: c.servedPortal(), Flow: authorization, Signin: signIn, Store: s.db, Catalog: s.catalog, Minter: minter,
		Consents: consent.Book{Store: s.db, Traffic: s.traffic}, Traffic: s.traffic, Keys: secrets,
		Renderer: renderer, Cookies: web.NewCookies(c.Issuer), Region: c.Region,
		ClientIP: clientIP(c.TrustedProxies), Log: s.log, Now: clock,
	})
	machines := protocol.Routes(protocol.Config{
		Issuer: c.Issuer, Languages: web.Languages, Flow: authorization, Minter: minter, Signing: signing, Clients: s.catalog, People: people, Traffic: s.traffic,
		Log: s.log, Now: clock,
	})
	reports, err := s.reportRoutes()
	if err != nil {
		return nil, nil, err
	}
	host := web.Host{Address: c.Issuer, Contacts: c.SecurityContacts, Account: "/", Now: clock}
	refuse := func(w http.ResponseWriter, r *http.Request, status int) {
		if forMachines(r.URL.Path) {
			protocol.Illegible(w, status)
			return
		}
		people.Illegible(w, r, status)
	}
	return routes(health, reports, host.Routes(), machines, map[string]http.Handler{
		"GET /static/":            renderer.Static(),
		"/oauth2/sessions/logout": people, // RP-Initiated Logout is a page
		"/":                       people,
	}), refuse, nil
}

// servedPortal is the portal's address; empty if this node serves none.
func (c Config) servedPortal() string {
	if c.PortalListen == "" {
		return ""
	}
	return c.PortalURL
}

// forMachines reports whether a path is for programs, which do not read pages.
func forMachines(path string) bool {
	if path == "/oauth2/auth" || path == "/oauth2/sessions/logout" {
		return false // people's browsers come here
	}
	return slices.ContainsFunc([]string{"/oauth2/", "/userinfo", "/ext-api/", "/.well-known/", "/sms/"}, func(begin string) bool {
		return strings.HasPrefix(path, begin)
	})
}

// readsParameters reports whether a request of the identity host is one whose handler says of each parameter what is wrong with
// it, as OAuth wants: package oauth reads them.
func readsParameters(r *http.Request) bool {
	path := r.URL.Path
	return path == "/oauth2/auth" || strings.HasPrefix(path, "/oauth2/") && forMachines(path) || path == "/userinfo" || strings.HasPrefix(path, "/ext-api/")
}

// add keeps a listener that is configured; one without an address is switched off.
func (s *Server) add(l listener) {
	if l.address != "" {
		s.listeners = append(s.listeners, l)
	}
}

// routes joins patterns of http.ServeMux into one handler.
func routes(tables ...map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, table := range tables {
		for pattern, handler := range table {
			mux.Handle(pattern, handler)
		}
	}
	return mux
}

// routes are the names that an operator's SMS route can have; nil: there is none.
func (c Config) routes() []string {
	names := slices.Sorted(maps.Keys(c.SMSRoutes))
	if c.Inbox != nil {
		names = append(names, c.Inbox.Name())
	}
	return names
}

// router knows the ways on which an SMS can leave, by the name that an operator's route has.
func (s *Server) router() (message.Router, error) {
	router := make(message.Router)
	for name, config := range s.config.SMSRoutes {
		sender, err := message.NewHTTP(name, config)
		if err != nil {
			return nil, fmt.Errorf("SMS route %s: %w", name, err)
		}
		router[name] = sender
	}
	if s.config.Inbox != nil {
		router[s.config.Inbox.Name()] = s.config.Inbox
	}
	return router, nil
}

// reportRoutes are the addresses to which SMS gateways post what became of a message.
func (s *Server) reportRoutes() (map[string]http.Handler, error) {
	reports := make(map[string]http.Handler)
	for name, config := range s.config.SMSRoutes {
		if config.Status.Secret == "" {
			continue // a gateway that reports nothing
		}
		handler, err := message.NewStatusHandler(name, config.Status, s.db, s.log)
		if err != nil {
			return nil, fmt.Errorf("SMS route %s: %w", name, err)
		}
		reports["/sms/status/"+name] = handler
	}
	return reports, nil
}

func clock() time.Time { return time.Now().UTC() }

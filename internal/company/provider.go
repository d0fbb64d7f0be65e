package company

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// provider is what an issuer says of itself (OpenID Connect Discovery §3).
type provider struct {
	*oidc.Provider
	issuer      string
	namesItself bool // RFC 9207 §3: every answer has the parameter iss
	authMethods []string
}

// checkIssuer refuses an answer of another provider, which would have been sent our code for it (RFC 9207 §2.4, mix-up).
func (p *provider) checkIssuer(a answer) error {
	if a.issuer == "" && !p.namesItself {
		return nil
	}
	if a.issuer != p.issuer {
		return failed(ProblemMismatch, errors.New("the answer comes from another issuer"))
	}
	return nil
}

// authStyle is how we show our secret at the token endpoint. Error: ErrInvalid if the provider takes it neither way.
func (p *provider) authStyle() (oauth2.AuthStyle, error) {
	switch {
	case len(p.authMethods) == 0 || slices.Contains(p.authMethods, "client_secret_basic"): // Discovery §3: the default
		return oauth2.AuthStyleInHeader, nil
	case slices.Contains(p.authMethods, "client_secret_post"):
		return oauth2.AuthStyleInParams, nil
	default:
		return 0, fmt.Errorf("the provider takes no client secret: %w", dialtone.ErrInvalid)
	}
}

const (
	maxProviders     = 500
	providerLifetime = 10 * time.Minute // keys are fetched again as soon as one is missing, whatever this says
	absenceLifetime  = 5 * time.Second  // a provider that is away is not asked again for each person
)

// providers remembers what issuers say of themselves. One question at a time goes to each.
type providers struct {
	http          *http.Client
	allowLoopback bool

	mu    sync.Mutex
	known map[string]*discovery
}

func newProviders(client *http.Client, allowLoopback bool) *providers {
	return &providers{http: client, allowLoopback: allowLoopback}
}

// discovery is a question to an issuer, and its answer once done is closed.
type discovery struct {
	done     chan struct{}
	provider *provider
	err      error
	until    time.Time // zero: not answered yet
}

// find returns the issuer's provider, asking it if that was not done lately.
func (p *providers) find(ctx context.Context, issuer string, now time.Time) (*provider, error) {
	d := p.ask(issuer, now)
	select {
	case <-d.done:
		return d.provider, d.err
	case <-ctx.Done():
		return nil, fmt.Errorf("ask the provider: %w", ctx.Err())
	}
}

func (p *providers) ask(issuer string, now time.Time) *discovery {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.known[issuer]; d != nil && (d.until.IsZero() || now.Before(d.until)) {
		return d
	}
	if p.known == nil || len(p.known) >= maxProviders {
		p.known = make(map[string]*discovery) // asking them all again now and then is cheaper than to keep count
	}
	d := &discovery{done: make(chan struct{})}
	p.known[issuer] = d
	go p.answer(d, issuer, now)
	return d
}

// answer outlives whoever asked first, since others may wait for it, too. The client's timeout ends it.
func (p *providers) answer(d *discovery, issuer string, now time.Time) {
	found, err := p.discover(context.Background(), issuer)
	lifetime := providerLifetime
	if err != nil {
		lifetime = absenceLifetime
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d.provider, d.err, d.until = found, err, now.Add(lifetime)
	close(d.done)
}

func (p *providers) discover(ctx context.Context, issuer string) (*provider, error) {
	if err := p.checkAddress("issuer", issuer); err != nil {
		return nil, err
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.http), issuer)
	if err != nil {
		return nil, inShort(err)
	}
	var says struct {
		NamesItself bool     `json:"authorization_response_iss_parameter_supported"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		JWKS        string   `json:"jwks_uri"`
	}
	if err := found.Claims(&says); err != nil {
		return nil, inShort(err)
	}
	for name, address := range map[string]string{
		"authorization_endpoint": found.Endpoint().AuthURL, "token_endpoint": found.Endpoint().TokenURL, "jwks_uri": says.JWKS,
	} {
		if err := p.checkAddress(name, address); err != nil {
			return nil, err
		}
	}
	return &provider{Provider: found, issuer: issuer, namesItself: says.NamesItself, authMethods: says.AuthMethods}, nil
}

// checkAddress refuses what is not https. The guarded client would not fetch it, but the browser would go where the
// authorization endpoint leads, "javascript:" included.
func (p *providers) checkAddress(name, address string) error {
	parsed, err := url.Parse(address)
	if err == nil && parsed.User == nil && parsed.Hostname() != "" && parsed.Fragment == "" {
		if parsed.Scheme == "https" || p.allowLoopback && parsed.Scheme == "http" && dialtone.LoopbackHost(parsed.Hostname()) {
			return nil
		}
	}
	return fmt.Errorf("the provider's %s is no https address: %w", name, dialtone.ErrInvalid)
}

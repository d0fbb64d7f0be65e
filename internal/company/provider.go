package company

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/maypok86/otter/v2"
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

// providers remembers what issuers say of themselves. Those who wait for the same issuer share one question.
type providers struct {
	http          *http.Client
	allowLoopback bool
	known         *otter.Cache[string, discovery]
}

// discovery is what an issuer said, or that it said nothing.
type discovery struct {
	provider *provider
	err      error
	until    time.Time
}

func newProviders(client *http.Client, allowLoopback bool) *providers {
	return &providers{http: client, allowLoopback: allowLoopback, known: otter.Must(&otter.Options[string, discovery]{MaximumSize: maxProviders})}
}

// find returns the issuer's provider, asking it if that was not done lately.
func (p *providers) find(ctx context.Context, issuer string, now time.Time) (*provider, error) {
	ask := otter.LoaderFunc[string, discovery](func(ctx context.Context, issuer string) (discovery, error) {
		// It outlives whoever asked first, since others may wait for it, too. The client's timeout ends it.
		found, err := p.discover(context.WithoutCancel(ctx), issuer)
		if err != nil {
			return discovery{err: err, until: now.Add(absenceLifetime)}, nil
		}
		return discovery{provider: found, until: now.Add(providerLifetime)}, nil
	})
	for {
		d, err := p.known.Get(ctx, issuer, ask)
		switch {
		case err != nil:
			return nil, fmt.Errorf("ask the provider: %w", err)
		case now.Before(d.until):
			return d.provider, d.err
		}
		p.known.Invalidate(issuer)
	}
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

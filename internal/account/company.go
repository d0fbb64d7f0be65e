package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// CompanyStore is what company sign-in needs of the database.
type CompanyStore interface {
	// CompanySignIn returns an organization's provider. ErrNotFound if it has none.
	CompanySignIn(ctx context.Context, organizationID string) (dialtone.CompanySignIn, error)
	// CompanyAccount finds, links or makes the account of the person whom the provider calls subject, and says whether it is new.
	// ErrForbidden if the person may not join; ErrNotFound if the organization has no provider any more.
	CompanyAccount(ctx context.Context, organizationID, subject, email string, accountIfNew dialtone.Account, role dialtone.Role,
		now time.Time) (dialtone.Account, bool, error)
	// Spend takes one of each budget, or *BudgetError and none.
	Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error
	// SpendToken uses an id up. ErrConflict the second time.
	SpendToken(ctx context.Context, id string, expires time.Time) error
}

// Sessions starts a session that is confined to an organization, and returns its cookie: a *Service does.
type Sessions interface {
	signIn(ctx context.Context, account dialtone.Account, method dialtone.SignInMethod, organizationID, agent string, now time.Time) (SignedIn, error)
}

// CompanyConfig is what company sign-in needs.
type CompanyConfig struct {
	Store    CompanyStore
	Sessions Sessions
	Keys     *secret.Keys
	Log      *slog.Logger
	// Origin is the portal's address, without a path: the provider sends people back to CompanyCallback below it.
	Origin string
	// HTTP asks the providers. Their addresses are chosen by organizations: it must be a guarded client (package outbound).
	HTTP *http.Client
	// AllowLoopback lets a provider on this machine be reached over plain http: for the demo and for tests.
	AllowLoopback bool
}

// CompanyCallback is the path that people come back to from their company's provider.
const CompanyCallback = "/signin/company/callback"

// Company signs people in at their organization's own OpenID Connect provider. It is safe for concurrent use.
//
//	BeginCompany ─▶ discovery ─▶ browser goes to the provider (state, nonce, PKCE S256)
//	FinishCompany ◀─ browser comes back ◀┘
//	   └▶ state: ours, this browser's, in time ─▶ spent ─▶ code for ID token ─▶ token checked ─▶ account ─▶ confined session
//
// The provider's word counts inside its organization and nowhere else: the account is found by organization, issuer and subject,
// and the session is confined to the organization.
type Company struct {
	CompanyConfig
	providers providers
}

// NewCompany returns company sign-in.
func NewCompany(c CompanyConfig) *Company {
	c.Origin = strings.TrimSuffix(c.Origin, "/")
	return &Company{CompanyConfig: c, providers: providers{http: c.HTTP, allowLoopback: c.AllowLoopback}}
}

// BeginCompany returns the provider's address that the browser is sent to, and the state that FinishCompany wants back from the same
// browser within ten minutes. Errors: *CompanyError with ProblemNotSetUp, also if there is no such organization, or
// ProblemProviderAway.
func (c *Company) BeginCompany(ctx context.Context, organizationID, browserID string, now time.Time) (address, state string, err error) {
	if browserID == "" {
		return "", "", companyError(ProblemOtherBrowser, errors.New("the browser has no id"))
	}
	settings, err := c.settings(ctx, organizationID)
	if err != nil {
		return "", "", err
	}
	p, err := c.providers.find(ctx, settings.Issuer, now)
	if err != nil {
		return "", "", companyError(ProblemProviderAway, err)
	}
	way := newCompanyWay(settings, browserID, now)
	client, err := c.client(p, settings)
	if err != nil {
		return "", "", err
	}
	return client.AuthCodeURL(way.ID, way.request()...), c.sealWay(way), nil
}

// FinishCompany takes what the provider sent the browser back with, and signs the person in. A person who comes for the first time
// and is a member by the same e-mail address keeps that account; who is none joins with the organization's role for that.
//
// Errors: *CompanyError; *BudgetError if the organization's people, or this person, come too often; ErrUnavailable from the database.
func (c *Company) FinishCompany(ctx context.Context, state, browserID string, query url.Values, agent string, now time.Time) (SignedIn, error) {
	signedIn, err := c.finish(ctx, state, browserID, query, agent, now)
	if refused, ok := errors.AsType[*CompanyError](err); ok && refused.suspicious() {
		c.Log.Warn("company sign-in refused", "problem", refused.Problem, "error", err)
	}
	return signedIn, err
}

func (c *Company) finish(ctx context.Context, state, browserID string, query url.Values, agent string, now time.Time) (SignedIn, error) {
	way, err := c.openWay(state, browserID, now)
	if err != nil {
		return SignedIn{}, err
	}
	answer, err := parseCompanyAnswer(query, way.ID)
	if err != nil {
		return SignedIn{}, err
	}
	settings, err := c.settings(ctx, way.OrganizationID)
	if err != nil {
		return SignedIn{}, err
	}
	if settings.Issuer != way.Issuer || settings.ClientID != way.ClientID {
		return SignedIn{}, companyError(ProblemExpired, errors.New("the organization has changed its provider meanwhile"))
	}
	p, err := c.providers.find(ctx, settings.Issuer, now)
	if err != nil {
		return SignedIn{}, companyError(ProblemProviderAway, err)
	}
	if err := p.checkIssuer(answer); err != nil {
		return SignedIn{}, err
	}
	if err := c.Store.SpendToken(ctx, way.ID, way.expires()); errors.Is(err, dialtone.ErrConflict) {
		return SignedIn{}, companyError(ProblemExpired, errors.New("the answer came a second time"))
	} else if err != nil {
		return SignedIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	if answer.errorCode != "" {
		return SignedIn{}, refusedBy(answer.errorCode)
	}
	who, err := c.identify(ctx, p, settings, way, answer.code, now)
	if err != nil {
		return SignedIn{}, err
	}
	return c.admit(ctx, settings, who, agent, now)
}

// hourlyCompany is how many people one organization's provider may sign in within an hour. A provider is whatever an organization
// says it is: without an end it could make up people, each with an account, a membership and a session.
const hourlyCompany = 1000

// admit finds the person's account and starts the session.
func (c *Company) admit(ctx context.Context, settings dialtone.CompanySignIn, who colleague, agent string, now time.Time) (SignedIn, error) {
	if err := c.Store.Spend(ctx, []dialtone.Budget{dialtone.BudgetCompanySignIns.Hourly(settings.OrganizationID, hourlyCompany)}, now); err != nil {
		return SignedIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	// Without an address: the provider's word for one does not prove it outside of the organization.
	newcomer := dialtone.Account{ID: secret.ID("acc"), Name: who.name, Created: now}
	account, isNew, err := c.Store.CompanyAccount(ctx, settings.OrganizationID, who.subject, who.email, newcomer, settings.JoinAs, now)
	switch {
	case errors.Is(err, dialtone.ErrForbidden):
		return SignedIn{}, companyError(ProblemNotInvited, err)
	case errors.Is(err, dialtone.ErrNotFound):
		return SignedIn{}, companyError(ProblemNotSetUp, err)
	case err != nil:
		return SignedIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	signedIn, err := c.Sessions.signIn(ctx, account, dialtone.SignInCompany, settings.OrganizationID, agent, now)
	if err != nil {
		return SignedIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	signedIn.New = isNew
	return signedIn, nil
}

// settings returns what the organization has set up.
func (c *Company) settings(ctx context.Context, organizationID string) (dialtone.CompanySignIn, error) {
	settings, err := c.Store.CompanySignIn(ctx, organizationID)
	if errors.Is(err, dialtone.ErrNotFound) {
		return dialtone.CompanySignIn{}, companyError(ProblemNotSetUp, err)
	}
	if err != nil {
		return dialtone.CompanySignIn{}, fmt.Errorf("company sign-in: %w", err)
	}
	return settings, nil
}

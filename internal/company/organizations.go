package company

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/account"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Callback is the path below the portal's address that people come back to from their organization's provider.
const Callback = "/signin/company/callback"

// OrganizationStore is what Organizations need of the database.
type OrganizationStore interface {
	// CompanySignIn returns an organization's provider. ErrNotFound if it has none.
	CompanySignIn(ctx context.Context, organizationID string) (dialtone.CompanySignIn, error)
	// CompanyAccount finds, links or makes the account of a person, and says whether it is new. ErrForbidden if the person may not
	// join; ErrNotFound if the organization has no such provider any more.
	CompanyAccount(ctx context.Context, p dialtone.CompanyPerson, now time.Time) (dialtone.Account, bool, error)
	// Spend takes one of each budget, or *BudgetError and none.
	Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error
}

// Sessions starts the session of somebody who has proved an account. Error: *BudgetError.
type Sessions interface {
	StartSession(ctx context.Context, proved account.Proved, now time.Time) (account.SignedIn, error)
}

// Organizations are the developers' organizations as owners of providers. A person who comes for the first time and is a member
// by the same e-mail address keeps that account; who is none joins with the organization's role for that, if it has one. The
// session is confined to the organization.
type Organizations struct {
	Store    OrganizationStore
	Sessions Sessions
}

// RegistrationOf is what an organization has set up.
func RegistrationOf(c dialtone.CompanySignIn) Registration {
	return Registration{Owner: c.OrganizationID, Issuer: c.Issuer, ClientID: c.ClientID, SealedSecret: c.SealedSecret}
}

// Registration returns what the organization has set up. ErrNotFound if that is nothing.
func (o Organizations) Registration(ctx context.Context, organizationID string) (Registration, error) {
	c, err := o.Store.CompanySignIn(ctx, organizationID)
	if err != nil {
		return Registration{}, err
	}
	return RegistrationOf(c), nil
}

// hourlyPeople is how many people one organization's provider may sign in within an hour. Without an end it could make up people,
// each with an account, a membership and a session.
const hourlyPeople = 1000

// Admit finds the person's account and starts the session. Errors: as Owners says.
func (o Organizations) Admit(ctx context.Context, at Registration, who Person, now time.Time) (account.SignedIn, error) {
	budget := dialtone.BudgetCompanySignIns.Hourly(at.Owner, hourlyPeople)
	if err := o.Store.Spend(ctx, []dialtone.Budget{budget}, now); err != nil {
		return account.SignedIn{}, err
	}
	found, isNew, err := o.Store.CompanyAccount(ctx, dialtone.CompanyPerson{
		OrganizationID: at.Owner, Issuer: at.Issuer, Subject: who.Subject, Email: who.Email,
		// Without an address: the provider's word for one does not prove it outside of the organization.
		IfNew: dialtone.Account{ID: secret.ID("acc"), Name: who.Name, Created: now},
	}, now)
	if err != nil {
		return account.SignedIn{}, err
	}
	in, err := o.Sessions.StartSession(ctx, account.Proved{
		Account: found, Method: dialtone.SignInCompany, OrganizationID: at.Owner, Agent: who.Agent,
	}, now)
	if errors.Is(err, dialtone.ErrForbidden) {
		err = fmt.Errorf("%w: the provider was taken away meanwhile: %v", dialtone.ErrNotFound, err)
	}
	if err != nil {
		return account.SignedIn{}, err
	}
	in.New = isNew
	return in, nil
}

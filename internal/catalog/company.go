package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type companyStore interface {
	CompanySignIn(ctx context.Context, organizationID string) (dialtone.CompanySignIn, error)
	PutCompanySignIn(ctx context.Context, c dialtone.CompanySignIn, a dialtone.Activity) error
	DeleteCompanySignIn(ctx context.Context, organizationID string, a dialtone.Activity) error
}

// CompanyEdit is what a form says of an organization's own OpenID provider.
type CompanyEdit struct {
	Issuer       string // https
	ClientID     string
	SealedSecret string        // sealed by the face; "": as it is, or none
	JoinAs       dialtone.Role // for people who come without an invitation; "": they are refused
}

// CompanySignIn returns the organization's own provider. Errors: ErrNotFound if it has none; as May.
func (c *Catalog) CompanySignIn(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.CompanySignIn, error) {
	if _, err := c.allow(ctx, actor, organizationID, WriteCompany); err != nil {
		return dialtone.CompanySignIn{}, err
	}
	company, err := c.store.CompanySignIn(ctx, organizationID)
	if err != nil {
		return dialtone.CompanySignIn{}, fmt.Errorf("company sign-in of organization %s: %w", organizationID, err)
	}
	return company, nil
}

// SetCompanySignIn sets the organization's own provider. Errors: dialtone.FieldErrors on issuer, client_id, client_secret and
// join_as; as May.
func (c *Catalog) SetCompanySignIn(ctx context.Context, actor dialtone.Actor, organizationID string, edit CompanyEdit, now time.Time) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteCompany); err != nil {
		return err
	}
	before, err := c.store.CompanySignIn(ctx, organizationID)
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("set company sign-in of organization %s: %w", organizationID, err)
	}
	after, err := edit.apply(before)
	if err != nil {
		return err
	}
	after.OrganizationID, after.Updated = organizationID, tick(before.Updated, now)
	var what changes
	what.note("issuer", before.Issuer != after.Issuer)
	what.note("client id", before.ClientID != after.ClientID)
	what.note("client secret", before.SealedSecret != after.SealedSecret)
	what.note("role of new people", before.JoinAs != after.JoinAs)
	if len(what) == 0 {
		return nil
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: organizationID, Action: "company.set", Target: organizationID, Detail: what.String(),
	}, after.Updated)
	if err := c.store.PutCompanySignIn(ctx, after, a); err != nil {
		return fmt.Errorf("set company sign-in of organization %s: %w", organizationID, err)
	}
	return nil
}

// RemoveCompanySignIn takes the provider away and ends the sessions that came through it. Errors: ErrNotFound if there is none;
// as May.
func (c *Catalog) RemoveCompanySignIn(ctx context.Context, actor dialtone.Actor, organizationID string, now time.Time) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteCompany); err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{OrganizationID: organizationID, Action: "company.remove", Target: organizationID}, now)
	if err := c.store.DeleteCompanySignIn(ctx, organizationID, a); err != nil {
		return fmt.Errorf("remove company sign-in of organization %s: %w", organizationID, err)
	}
	return nil
}

func (e CompanyEdit) apply(before dialtone.CompanySignIn) (dialtone.CompanySignIn, error) {
	var f fields
	after := before
	after.Issuer = f.issuer("issuer", e.Issuer)
	after.ClientID = f.line(line{field: "client_id", words: "the client id that the provider gave you", longest: 255, required: true}, e.ClientID)
	after.JoinAs = e.JoinAs
	if e.JoinAs != "" && e.JoinAs != dialtone.RoleDeveloper && e.JoinAs != dialtone.RoleViewer {
		f.refuse("join_as", "Choose developer, viewer or nobody. Owners are made by owners.")
	}
	switch {
	case e.SealedSecret != "":
		after.SealedSecret = e.SealedSecret
	case before.SealedSecret != "" && (before.Issuer != after.Issuer || before.ClientID != after.ClientID):
		// The secret must not be sent to a provider that it was not made for: whoever sets the issuer could read it there. It is
		// sealed for the issuer and the client id.
		f.refuse("client_secret", "The provider or the client id is another one now: write the secret that belongs to it.")
	}
	return after, f.err()
}

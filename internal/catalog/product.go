package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type productStore interface {
	Products(ctx context.Context, organizationID, after, search string, limit int) ([]dialtone.Product, error)
	CreateProduct(ctx context.Context, p dialtone.Product, a dialtone.Activity) error
	SaveProduct(ctx context.Context, p dialtone.Product, seen time.Time, a dialtone.Activity, lines ...dialtone.ListingChange) error
}

// ProductEdit is what a form says of a product. Every field but the name may be empty; Readiness says what an operator wants
// to see filled in.
type ProductEdit struct {
	Name        string // 1 to 80 characters
	Subtitle    string // up to 120
	Description string // up to 4000, several lines
	Price       string // up to 40, as subscribers read it
	TermsURL    string
	PrivacyURL  string
	Support     string // https address or e-mail address
}

// EditOf returns what a form shows of a product.
func EditOf(p dialtone.Product) ProductEdit {
	return ProductEdit{
		Name: p.Name, Subtitle: p.Subtitle, Description: p.Description, Price: p.Price,
		TermsURL: p.TermsURL, PrivacyURL: p.PrivacyURL, Support: p.Support,
	}
}

// ProductQuery chooses products of an organization.
type ProductQuery struct {
	After  string // id of the last product of the page before; empty: from the start
	Search string // part of the name; empty: all
	Limit  int    // 0: 50; at most MostProducts
}

// MostProducts is how many products one page holds at most.
const MostProducts = 200

// Products returns the products of an organization, the newest first.
func (c *Catalog) Products(ctx context.Context, actor dialtone.Actor, organizationID string, q ProductQuery) ([]dialtone.Product, error) {
	if _, err := c.allow(ctx, actor, organizationID, ReadProducts); err != nil {
		return nil, err
	}
	var f fields
	search := f.line(line{field: "search", words: "a part of the name", longest: 80}, q.Search)
	if err := f.err(); err != nil {
		return nil, err
	}
	if q.After != "" {
		// Another organization's product would tell by the answer when it was made.
		if last, err := c.store.Product(ctx, q.After); err != nil || last.OrganizationID != organizationID {
			return nil, errors.Join(fmt.Errorf("products after %s: %w", q.After, dialtone.ErrNotFound), unlessNotFound(err))
		}
	}
	list, err := c.store.Products(ctx, organizationID, q.After, search, pageSize(q.Limit, MostProducts))
	if err != nil {
		return nil, fmt.Errorf("products of organization %s: %w", organizationID, err)
	}
	return list, nil
}

// Product returns a product and the actor's role in its organization. Errors: ErrNotFound if there is none or it is another
// organization's; *dialtone.ForbiddenError.
func (c *Catalog) Product(ctx context.Context, actor dialtone.Actor, productID string) (dialtone.Product, dialtone.Role, error) {
	return c.product(ctx, actor, productID, ReadProducts)
}

// product returns a product that the actor may do the action with.
func (c *Catalog) product(
	ctx context.Context, actor dialtone.Actor, productID string, action Action,
) (dialtone.Product, dialtone.Role, error) {
	p, err := c.store.Product(ctx, productID)
	if err != nil {
		return dialtone.Product{}, "", fmt.Errorf("product %s: %w", productID, err)
	}
	role, err := c.allow(ctx, actor, p.OrganizationID, action)
	if errors.Is(err, dialtone.ErrNotFound) {
		err = fmt.Errorf("product %s: %w", productID, dialtone.ErrNotFound) // not even whose it is
	}
	if err != nil {
		return dialtone.Product{}, "", err
	}
	return p, role, nil
}

// CreateProduct makes a product. Errors: dialtone.FieldErrors; as May.
func (c *Catalog) CreateProduct(
	ctx context.Context, actor dialtone.Actor, organizationID string, edit ProductEdit, now time.Time,
) (dialtone.Product, error) {
	if _, err := c.allow(ctx, actor, organizationID, WriteProducts); err != nil {
		return dialtone.Product{}, err
	}
	edit, err := edit.check()
	if err != nil {
		return dialtone.Product{}, err
	}
	if err := c.checkNaming(ctx, edit.Name); err != nil {
		return dialtone.Product{}, err
	}
	now = tick(time.Time{}, now)
	p := edit.apply(dialtone.Product{ID: secret.ID("product"), OrganizationID: organizationID, ConsentVersion: 1, Created: now, Updated: now})
	a := signed(actor, dialtone.Activity{OrganizationID: organizationID, Action: "product.create", Target: p.ID, Detail: p.Name}, now)
	if err := c.store.CreateProduct(ctx, p, a); err != nil {
		return dialtone.Product{}, fmt.Errorf("create product: %w", err)
	}
	return p, nil
}

// SaveProduct changes what a form says of a product. Seen is the Updated that the form was made from. Errors:
// dialtone.FieldErrors; *dialtone.ConflictError with the product as it is now; as Product.
func (c *Catalog) SaveProduct(
	ctx context.Context, actor dialtone.Actor, productID string, edit ProductEdit, seen, now time.Time,
) (dialtone.Product, error) {
	return c.ChangeProduct(ctx, actor, productID, func(e *ProductEdit) { *e = edit }, seen, now)
}

// ChangeProduct is SaveProduct for who names only what changes: change gets what the form shows now.
func (c *Catalog) ChangeProduct(
	ctx context.Context, actor dialtone.Actor, productID string, change func(*ProductEdit), seen, now time.Time,
) (dialtone.Product, error) {
	before, _, err := c.product(ctx, actor, productID, WriteProducts)
	if err != nil {
		return dialtone.Product{}, err
	}
	edit := EditOf(before)
	change(&edit)
	if edit, err = edit.check(); err != nil {
		return dialtone.Product{}, err
	}
	if edit.Name != before.Name {
		if err := c.checkNaming(ctx, edit.Name); err != nil {
			return dialtone.Product{}, err
		}
	}
	return c.saveProduct(ctx, actor, productChange{before: before, after: edit.apply(before), seen: seen, action: "product.update"}, now)
}

// productChange is a product before and after an edit that began when it was last changed at seen.
type productChange struct {
	before, after dialtone.Product
	seen          time.Time
	action        string // in the log
}

// saveProduct writes a change and counts the consent version. What changes nothing writes nothing.
func (c *Catalog) saveProduct(ctx context.Context, actor dialtone.Actor, change productChange, now time.Time) (dialtone.Product, error) {
	before, after := change.before, change.after
	switch {
	case !before.Updated.Equal(change.seen.Truncate(time.Microsecond)):
		return dialtone.Product{}, fmt.Errorf("save product %s: %w", before.ID, &dialtone.ConflictError{Current: before})
	case same(after, before):
		return before, nil
	}
	if again, _ := ConsentImpact(before, after); again {
		after.ConsentVersion++
	}
	after.Updated = tick(before.Updated, now)
	a := signed(actor, dialtone.Activity{
		OrganizationID: after.OrganizationID, Action: change.action, Target: after.ID, Detail: productChanges(before, after),
	}, after.Updated)
	lines, err := c.linesForStaff(ctx, actor, before, after)
	if err != nil {
		return dialtone.Product{}, fmt.Errorf("save product %s: %w", after.ID, err)
	}
	err = c.store.SaveProduct(ctx, after, before.Updated, a, lines...)
	switch {
	case errors.Is(err, dialtone.ErrConflict):
		current, readErr := c.store.Product(ctx, after.ID)
		if readErr != nil {
			return dialtone.Product{}, fmt.Errorf("save product %s: %w", after.ID, readErr)
		}
		return dialtone.Product{}, fmt.Errorf("save product %s: %w", after.ID, &dialtone.ConflictError{Current: current})
	case err != nil:
		return dialtone.Product{}, fmt.Errorf("save product %s: %w", after.ID, err)
	}
	c.registrations.Drop()
	return after, nil
}

func productChanges(before, after dialtone.Product) string {
	var what changes
	what.note("name", before.Name != after.Name)
	what.note("subtitle", before.Subtitle != after.Subtitle)
	what.note("description", before.Description != after.Description)
	what.note("price", before.Price != after.Price)
	what.note("terms", before.TermsURL != after.TermsURL)
	what.note("privacy policy", before.PrivacyURL != after.PrivacyURL)
	what.note("support address", before.Support != after.Support)
	what.note("icon", before.IconID != after.IconID)
	what.note("scopes", !same(before.Scopes, after.Scopes))
	detail := what.String()
	if before.ConsentVersion != after.ConsentVersion {
		detail += fmt.Sprintf("; subscribers are asked again (consent version %d)", after.ConsentVersion)
	}
	return detail
}

// CheckProduct holds a product that did not come from a form against the rules of the form. Error: dialtone.FieldErrors.
func CheckProduct(p dialtone.Product) error {
	_, err := EditOf(p).check()
	return err
}

// check returns the edit as it is kept.
func (e ProductEdit) check() (ProductEdit, error) {
	var f fields
	e.Name = f.line(line{field: "name", words: "the product's name, as subscribers will know it", longest: 80, required: true}, e.Name)
	e.Subtitle = f.line(line{field: "subtitle", longest: 120}, e.Subtitle)
	e.Description = f.text(line{field: "description", longest: 4000}, e.Description)
	e.Price = f.line(line{field: "price", longest: 40}, e.Price)
	e.TermsURL = f.address("terms_url", e.TermsURL)
	e.PrivacyURL = f.address("privacy_url", e.PrivacyURL)
	e.Support = f.support("support", e.Support)
	return e, f.err()
}

// apply returns the product with what the edit says.
func (e ProductEdit) apply(p dialtone.Product) dialtone.Product {
	p.Name, p.Subtitle, p.Description, p.Price = e.Name, e.Subtitle, e.Description, e.Price
	p.TermsURL, p.PrivacyURL, p.Support = e.TermsURL, e.PrivacyURL, e.Support
	return p
}

// ConsentImpact says whether a change asks everybody again who agreed to the product as it was, and why, in words for the
// developer: "price", "scope phone is new". Asking for less needs no new consent.
func ConsentImpact(before, after dialtone.Product) (asksAgain bool, why []string) {
	if before.Name != after.Name {
		why = append(why, "name")
	}
	if before.Price != after.Price {
		why = append(why, "price")
	}
	if before.TermsURL != after.TermsURL {
		why = append(why, "terms")
	}
	for _, s := range after.Scopes {
		earlier, had := before.Scope(s.Name)
		switch {
		case s.Optional:
		case !had:
			why = append(why, "scope "+s.Name+" is new")
		case earlier.Optional:
			why = append(why, "scope "+s.Name+" is no longer optional")
		}
	}
	return len(why) > 0, why
}

// unlessNotFound returns the error if it says anything but that something is not there.
func unlessNotFound(err error) error {
	if errors.Is(err, dialtone.ErrNotFound) {
		return nil
	}
	return err
}

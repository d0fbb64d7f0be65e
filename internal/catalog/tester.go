package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type testerStore interface {
	Testers(ctx context.Context, productID string) ([]dialtone.Tester, error)
	PutTester(ctx context.Context, t dialtone.Tester, a dialtone.Activity, now time.Time) error
	EndTester(ctx context.Context, productID, subscriptionID string, a dialtone.Activity) error
}

// NameTester names a line to try a product with, or changes until when. The product's developers see that a number was named, and not
// which. Errors: ErrInvalid if the time is over or too long; ErrNotFound, ErrConflict and ErrExhausted as of the store's PutTester.
func (c *Catalog) NameTester(ctx context.Context, t dialtone.Tester, actor string, now time.Time) error {
	if err := t.Validate(now); err != nil {
		return err
	}
	t.Named, t.NamedBy = now, actor
	a, err := c.testerLine(ctx, t, dialtone.Activity{Action: "tester.name", Detail: "until " + t.Until.UTC().Format(time.DateOnly), At: now})
	if err == nil {
		err = c.store.PutTester(ctx, t, a, now)
	}
	if err != nil {
		return fmt.Errorf("name a tester of product %s: %w", t.ProductID, err)
	}
	c.registrations.Drop()
	return nil
}

// EndTester takes a line from those that try a product: its tokens for the product stop. Error: ErrNotFound if it is none of them.
func (c *Catalog) EndTester(ctx context.Context, t dialtone.Tester, now time.Time) error {
	a, err := c.testerLine(ctx, t, dialtone.Activity{Action: "tester.end", At: now})
	if err == nil {
		err = c.store.EndTester(ctx, t.ProductID, t.SubscriptionID, a)
	}
	if err != nil {
		return fmt.Errorf("end a tester of product %s: %w", t.ProductID, err)
	}
	c.registrations.Drop()
	return nil
}

// testerLine is the line in the organization's log, which says that it was the operator: who of its staff is the operator's matter.
func (c *Catalog) testerLine(ctx context.Context, t dialtone.Tester, a dialtone.Activity) (dialtone.Activity, error) {
	p, err := c.store.Product(ctx, t.ProductID)
	if err != nil {
		return dialtone.Activity{}, err
	}
	operator, err := c.Operator(ctx, t.OperatorID)
	switch {
	case err != nil:
		return dialtone.Activity{}, err
	case operator.Sandbox:
		return dialtone.Activity{}, fmt.Errorf("%w: the sandbox's numbers try every product that is offered there", dialtone.ErrInvalid)
	}
	a.ID, a.OrganizationID, a.Target = secret.ID("activity"), p.OrganizationID, p.ID
	a.ActorID, a.ActorName = operator.ID, operator.Name
	return a, nil
}

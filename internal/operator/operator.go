// Package operator is what an operator's staff decide and who they are: the rules behind the console.
//
// It owns who works for an operator and what each role may do (permission.go), which products reach the subscribers, and the
// administrators, who look after all operators. It refuses to hold the catalogue, which belongs to catalog, and what happened, which
// package audit reads; but nothing is done here without its line in the operator's audit log, in the same transaction.
//
//	May            ── every verb begins with it: role × action, and how the person signed in
//	staff.go       ── who works for the operator      invitation.go ── how they come
//	product.go     ── what is offered, and what was decided
//	settings.go    ── approval, passkeys
//	administrator.go ── the installation: its operators, and who looks after it
package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Store is what the rules here need of the database. What only one file needs is declared there.
type Store interface {
	// Post returns what an account does for an operator. ErrNotFound if nothing.
	Post(ctx context.Context, operatorID, accountID string) (dialtone.Post, error)
	Posts(ctx context.Context, accountID string) ([]dialtone.Post, error)
	Account(ctx context.Context, id string) (dialtone.Account, error)
	// Spend takes one of each budget, or *BudgetError and none.
	Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error

	staffStore
	invitationStore
	productStore
	administratorStore
}

// Catalog is where operators are kept, and what must forget a listing at once.
type Catalog interface {
	Operator(ctx context.Context, id string) (dialtone.Operator, error)
	Operators(ctx context.Context) ([]dialtone.Operator, error)
	// Drop makes the next request read listings and operators anew.
	Drop()
}

// Office keeps the rules. Safe for concurrent use.
type Office struct {
	store   Store
	catalog Catalog
}

// New returns the office of all operators in the store.
func New(store Store, catalog Catalog) *Office { return &Office{store: store, catalog: catalog} }

// Desk is an operator with what the person who looks does there.
type Desk struct {
	Operator  dialtone.Operator
	Role      dialtone.StaffRole
	Sensitive bool // the person may open sensitive lines
}

// Desks returns the operators for which the actor works, by id. An operator that asks for a passkey is among them, however the actor
// signed in.
func (o *Office) Desks(ctx context.Context, actor dialtone.Actor) ([]Desk, error) {
	if !person(actor) {
		return nil, nil
	}
	posts, err := o.store.Posts(ctx, actor.AccountID)
	if err != nil {
		return nil, fmt.Errorf("desks: %w", err)
	}
	var desks []Desk
	for _, p := range posts {
		operator, err := o.catalog.Operator(ctx, p.OperatorID)
		if errors.Is(err, dialtone.ErrNotFound) {
			continue // made a moment ago on another node
		}
		if err != nil {
			return nil, fmt.Errorf("desks: %w", err)
		}
		desks = append(desks, Desk{operator, p.Role, p.Sensitive})
	}
	return desks, nil
}

// May says whether the actor may do the action at the operator, and returns the operator with the actor's role. Errors: ErrNotFound if
// the actor does not work for it, and so may not know that it exists; *dialtone.ForbiddenError.
func (o *Office) May(ctx context.Context, actor dialtone.Actor, operatorID string, action Action) (Desk, error) {
	outside := fmt.Errorf("operator %s: %w", operatorID, dialtone.ErrNotFound)
	if !person(actor) || operatorID == "" {
		return Desk{}, outside
	}
	post, err := o.store.Post(ctx, operatorID, actor.AccountID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return Desk{}, outside
	case err != nil:
		return Desk{}, fmt.Errorf("permission to %s: %w", action, err)
	}
	at, err := o.catalog.Operator(ctx, operatorID)
	if err != nil {
		return Desk{}, fmt.Errorf("permission to %s: %w", action, err)
	}
	desk := Desk{at, post.Role, post.Sensitive}
	switch {
	case at.PasskeyRequired && !actor.ByPasskey:
		return desk, &dialtone.ForbiddenError{
			Right: string(action), Why: at.Name + " asks its staff to sign in with a passkey. Add one under Your account, sign out, and sign in with it.",
		}
	case !RoleMay(post.Role, action):
		return desk, refuseRole(post.Role, action)
	}
	return desk, nil
}

// person reports whether the actor is somebody who proved an account of their own. An API key is none, and a session that came through
// an organization's provider counts in that organization only: its provider could be anybody on that word.
func person(actor dialtone.Actor) bool {
	return actor.AccountID != "" && actor.APIKeyID == "" && actor.OrganizationID == ""
}

// Line is a line of the operator's audit log about what the person at the desk does.
func (d Desk) Line(actor dialtone.Actor, action, target string, words dialtone.AuditWords, now time.Time) dialtone.AuditEntry {
	words.Actor, words.Role, words.Salt = actor.Name, string(d.Role), secret.ID("salt")
	return dialtone.AuditEntry{
		ID: secret.ID("audit"), OperatorID: d.Operator.ID, ActorID: actor.ID(), Action: action, Target: target, Words: words,
		At: now.UTC().Truncate(time.Microsecond),
	}
}

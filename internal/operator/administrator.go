package operator

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type administratorStore interface {
	Administrator(ctx context.Context, accountID string) (bool, error)
	AddAdministrator(ctx context.Context, accountIfNew dialtone.Account, now time.Time, e dialtone.AuditEntry) error
	AddStaff(ctx context.Context, operatorID string, accountIfNew dialtone.Account, role dialtone.StaffRole, now time.Time, e dialtone.AuditEntry) error
	SetOperatorSettings(ctx context.Context, operatorID string, approval dialtone.ApprovalPolicy, passkey bool, seen, now time.Time, e dialtone.AuditEntry) error
	AuditTimes(ctx context.Context) (map[string]time.Time, error)
}

// Administrator reports whether the actor looks after the whole installation.
func (o *Office) Administrator(ctx context.Context, actor dialtone.Actor) (bool, error) {
	if !person(actor) {
		return false, nil
	}
	is, err := o.store.Administrator(ctx, actor.AccountID)
	if err != nil {
		return false, fmt.Errorf("administrator: %w", err)
	}
	return is, nil
}

// Standing is an operator as an administrator sees it.
type Standing struct {
	Operator dialtone.Operator
	Products map[dialtone.ListingState]int
	Staff    int
	Admins   int
	LastSeen time.Time // when its staff last did something; zero: never
}

// Installation returns every operator, by id. Error: ErrNotFound for who is no administrator.
func (o *Office) Installation(ctx context.Context, actor dialtone.Actor) ([]Standing, error) {
	is, err := o.Administrator(ctx, actor)
	if err == nil && !is {
		err = dialtone.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("installation: %w", err)
	}
	operators, err := o.catalog.Operators(ctx)
	if err != nil {
		return nil, fmt.Errorf("installation: %w", err)
	}
	times, err := o.store.AuditTimes(ctx)
	if err != nil {
		return nil, fmt.Errorf("installation: %w", err)
	}
	list := make([]Standing, len(operators))
	for i, one := range operators {
		list[i] = Standing{Operator: one, LastSeen: times[one.ID]}
		if list[i].Products, err = o.store.ListingCounts(ctx, one.ID); err != nil {
			return nil, fmt.Errorf("installation: %w", err)
		}
		staff, err := o.store.Staff(ctx, one.ID)
		if err != nil {
			return nil, fmt.Errorf("installation: %w", err)
		}
		list[i].Staff = len(staff)
		for _, s := range staff {
			if s.Role == dialtone.StaffAdmin {
				list[i].Admins++
			}
		}
	}
	return list, nil
}

// AddAdministrator has whoever proves the e-mail address look after the installation. The log says that it was by, which is no account.
func (o *Office) AddAdministrator(ctx context.Context, email, by string, now time.Time) error {
	if err := o.store.AddAdministrator(ctx, newAccount(email, now), now, outsideLine("", by, "administrator.add", "", now)); err != nil {
		return fmt.Errorf("add administrator: %w", err)
	}
	return nil
}

// AddAdmin has whoever proves the e-mail address work for an operator as its admin, whom no one of its staff could invite. The log says
// that it was by, which is no account.
func (o *Office) AddAdmin(ctx context.Context, operatorID, email, by string, now time.Time) error {
	e := outsideLine(operatorID, by, "staff.add", "as admin", now)
	if err := o.store.AddStaff(ctx, operatorID, newAccount(email, now), dialtone.StaffAdmin, now, e); err != nil {
		return fmt.Errorf("add admin of operator %s: %w", operatorID, err)
	}
	return nil
}

func newAccount(email string, now time.Time) dialtone.Account {
	return dialtone.Account{ID: secret.ID("account"), Email: email, Created: now}
}

// outsideLine is a line about what was done from outside of the console; what it was done to is known only when it is done.
func outsideLine(operatorID, by, action, detail string, now time.Time) dialtone.AuditEntry {
	return dialtone.AuditEntry{
		ID: secret.ID("audit"), OperatorID: operatorID, ActorID: by, Action: action,
		Words: dialtone.AuditWords{Actor: by, Detail: detail, Salt: secret.ID("salt")}, At: now.UTC().Truncate(time.Microsecond),
	}
}

package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type staffStore interface {
	Staff(ctx context.Context, operatorID string) ([]dialtone.Staff, error)
	ChangeStaffRole(ctx context.Context, operatorID, accountID string, role dialtone.StaffRole, e dialtone.AuditEntry) error
	RemoveStaff(ctx context.Context, operatorID, accountID string, e dialtone.AuditEntry) error
	SetMayOpenSensitive(ctx context.Context, operatorID, accountID string, may bool, e dialtone.AuditEntry) error
}

// LastAdminError says that an operator would be left without an admin who can sign in. It wraps ErrConflict.
type LastAdminError struct{ OperatorID string }

func (e *LastAdminError) Error() string {
	return fmt.Sprintf("operator %s: %v: its last admin cannot go", e.OperatorID, dialtone.ErrConflict)
}

// Unwrap makes errors.Is(err, ErrConflict) true.
func (e *LastAdminError) Unwrap() error { return dialtone.ErrConflict }

// Staff returns who works for the operator. Errors: as May.
func (o *Office) Staff(ctx context.Context, actor dialtone.Actor, operatorID string) ([]dialtone.Staff, error) {
	if _, err := o.May(ctx, actor, operatorID, ReadStaff); err != nil {
		return nil, err
	}
	list, err := o.store.Staff(ctx, operatorID)
	if err != nil {
		return nil, fmt.Errorf("staff of operator %s: %w", operatorID, err)
	}
	return list, nil
}

// ChangeRole gives one of the staff another role. Errors: dialtone.FieldErrors on role; ErrNotFound if the account is none of them;
// *LastAdminError; as May.
func (o *Office) ChangeRole(ctx context.Context, actor dialtone.Actor, operatorID, accountID string, role dialtone.StaffRole, now time.Time) error {
	desk, err := o.May(ctx, actor, operatorID, WriteStaff)
	if err != nil {
		return err
	}
	if err := checkRole(role); err != nil {
		return err
	}
	one, err := o.one(ctx, operatorID, accountID)
	if err != nil || one.Role == role {
		return err
	}
	e := desk.Line(actor, "staff.role", accountID, dialtone.AuditWords{Target: one.Account.Display(), Detail: fmt.Sprintf("%s, was %s", role, one.Role)}, now)
	return lastAdmin(o.store.ChangeStaffRole(ctx, operatorID, accountID, role, e), operatorID, "change role")
}

// Remove ends somebody's work for the operator; everybody may end their own. Open invitations that the person made are withdrawn. Errors:
// ErrNotFound if the account is none of the staff; *LastAdminError; as May.
func (o *Office) Remove(ctx context.Context, actor dialtone.Actor, operatorID, accountID string, now time.Time) error {
	needs, action := WriteStaff, "staff.remove"
	if accountID != "" && actor.AccountID == accountID {
		needs, action = ReadStaff, "staff.leave"
	}
	desk, err := o.May(ctx, actor, operatorID, needs)
	if err != nil {
		return err
	}
	one, err := o.one(ctx, operatorID, accountID)
	if err != nil {
		return err
	}
	e := desk.Line(actor, action, accountID, dialtone.AuditWords{Target: one.Account.Display(), Detail: "was " + string(one.Role)}, now)
	return lastAdmin(o.store.RemoveStaff(ctx, operatorID, accountID, e), operatorID, "remove staff")
}

// SetSensitive says whether one of the staff may open sensitive lines. Errors: ErrNotFound if the account is none of them; as May.
func (o *Office) SetSensitive(ctx context.Context, actor dialtone.Actor, operatorID, accountID string, may bool, now time.Time) error {
	desk, err := o.May(ctx, actor, operatorID, WriteStaff)
	if err != nil {
		return err
	}
	one, err := o.one(ctx, operatorID, accountID)
	if err != nil || one.Sensitive == may {
		return err
	}
	detail := map[bool]string{true: "may open sensitive lines", false: "may not open sensitive lines any more"}[may]
	e := desk.Line(actor, "staff.sensitive", accountID, dialtone.AuditWords{Target: one.Account.Display(), Detail: detail}, now)
	if err := o.store.SetMayOpenSensitive(ctx, operatorID, accountID, may, e); err != nil {
		return fmt.Errorf("change staff: %w", err)
	}
	return nil
}

// one returns one of the staff. ErrNotFound if the account is none of them.
func (o *Office) one(ctx context.Context, operatorID, accountID string) (dialtone.Staff, error) {
	list, err := o.store.Staff(ctx, operatorID)
	if err != nil {
		return dialtone.Staff{}, fmt.Errorf("staff of operator %s: %w", operatorID, err)
	}
	i := slices.IndexFunc(list, func(s dialtone.Staff) bool { return s.Account.ID == accountID })
	if i < 0 {
		return dialtone.Staff{}, fmt.Errorf("staff %s: %w", accountID, dialtone.ErrNotFound)
	}
	return list[i], nil
}

func checkRole(role dialtone.StaffRole) error {
	if role.Valid() {
		return nil
	}
	return dialtone.FieldErrors{{Field: "role", Problem: "Choose admin, product, care or auditor."}}
}

// lastAdmin gives the database's only conflict about staff its name.
func lastAdmin(err error, operatorID, what string) error {
	if errors.Is(err, dialtone.ErrConflict) {
		err = &LastAdminError{OperatorID: operatorID}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

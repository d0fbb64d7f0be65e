package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Settings are what an operator's admins decide about the operator as a whole.
type Settings struct {
	Approval        dialtone.ApprovalPolicy
	PasskeyRequired bool
}

// SetSettings changes them. Errors: dialtone.FieldErrors on approval and passkey; ErrConflict if somebody else changed the operator since
// seen; as May.
func (o *Office) SetSettings(ctx context.Context, actor dialtone.Actor, operatorID string, s Settings, seen, now time.Time) error {
	desk, err := o.May(ctx, actor, operatorID, WriteOperator)
	if err != nil {
		return err
	}
	switch {
	case s.Approval != dialtone.ApprovalManual && s.Approval != dialtone.ApprovalAutomatic:
		return dialtone.FieldErrors{{Field: "approval", Problem: "Choose whether staff decide or every product is enabled at once."}}
	case s.PasskeyRequired && !actor.ByPasskey:
		return dialtone.FieldErrors{{Field: "passkey", Problem: "Sign in with a passkey yourself first: otherwise this page would be closed to you."}}
	}
	before := desk.Operator
	var changed []string
	if before.Approval != s.Approval {
		changed = append(changed, fmt.Sprintf("approval: %s, was %s", s.Approval, before.Approval))
	}
	if before.PasskeyRequired != s.PasskeyRequired {
		changed = append(changed, map[bool]string{true: "staff need a passkey", false: "staff need no passkey"}[s.PasskeyRequired])
	}
	if len(changed) == 0 {
		return nil
	}
	e := desk.Line(actor, "operator.settings", operatorID, dialtone.AuditWords{Target: before.Name, Detail: strings.Join(changed, "; ")}, now)
	err = o.store.SetOperatorSettings(ctx, operatorID, s.Approval, s.PasskeyRequired, seen, later(before.Updated, now), e)
	if errors.Is(err, dialtone.ErrConflict) || errors.Is(err, dialtone.ErrNotFound) {
		return fmt.Errorf("settings of operator %s: %w", operatorID, err)
	}
	if err != nil {
		return fmt.Errorf("settings of operator %s: %w", operatorID, err)
	}
	o.catalog.Drop()
	return nil
}

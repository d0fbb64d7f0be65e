package server

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Past is what a demo shows of the days before it was started. All of it is made up.
type Past struct {
	Tallies  []dialtone.Tally
	Requests []dialtone.FailedRequest
	Members  []PastMember // of the organization
	Staff    []PastStaff
	Listings []dialtone.Listing // what became of other products, the oldest first
}

// PastStaff is somebody who works for an operator, as a PastMember does for an organization.
type PastStaff struct {
	OperatorID, Email, Name string
	Role                    dialtone.StaffRole
}

// PastMember is a colleague; nobody signs in as one unless they ask for a code to that address.
type PastMember struct {
	Email, Name string
	Role        dialtone.Role
}

// Pretend gives a product a past, once: one that was counted already keeps what it has.
func (s *Server) Pretend(ctx context.Context, product dialtone.Product, p Past, now time.Time) error {
	counted, err := s.db.DayTallies(ctx, product.ID, now.AddDate(-1, 0, 0), now.AddDate(0, 0, 1))
	if err != nil || len(counted) > 0 {
		return err
	}
	for _, m := range p.Members {
		account := dialtone.Account{ID: secret.ID("acc"), Email: m.Email, Name: m.Name, Created: now}
		a := dialtone.Activity{ID: secret.ID("activity"), OrganizationID: product.OrganizationID, ActorName: "demo", Action: "member.add", Detail: m.Name, At: now}
		if err := s.db.AddOwner(ctx, product.OrganizationID, account, now, a); err != nil {
			return fmt.Errorf("colleague %s: %w", m.Name, err)
		}
		if account, err = s.db.AccountByEmail(ctx, m.Email); err != nil {
			return fmt.Errorf("colleague %s: %w", m.Name, err)
		}
		a.ID, a.Action, a.Target, a.Detail = secret.ID("activity"), "member.role", account.ID, string(m.Role)
		if err := s.db.ChangeRole(ctx, product.OrganizationID, account.ID, m.Role, a); err != nil {
			return fmt.Errorf("colleague %s: %w", m.Name, err)
		}
	}
	for _, m := range p.Staff {
		account := dialtone.Account{ID: secret.ID("acc"), Email: m.Email, Name: m.Name, Created: now}
		e := dialtone.AuditEntry{
			ID: secret.ID("audit"), OperatorID: m.OperatorID, ActorID: "demo", Action: "staff.add", At: now,
			Words: dialtone.AuditWords{Actor: "demo", Detail: "as " + string(m.Role), Salt: secret.ID("salt")},
		}
		if err := s.db.AddStaff(ctx, m.OperatorID, account, m.Role, now, e); err != nil {
			return fmt.Errorf("staff %s: %w", m.Name, err)
		}
	}
	for _, l := range p.Listings {
		if err := s.db.PutListing(ctx, l, l.OperatorID); err != nil {
			return err
		}
	}
	if err := s.db.PutFailedRequests(ctx, p.Requests); err != nil {
		return err
	}
	return s.db.AddTallies(ctx, p.Tallies) // last: it says that all is done
}

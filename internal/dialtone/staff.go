package dialtone

import (
	"slices"
	"time"
)

// StaffRole is what a member of an operator's staff may do. operator/permission.go says what that is.
type StaffRole string

const (
	StaffAdmin   StaffRole = "admin"   // everything, and who else is staff
	StaffProduct StaffRole = "product" // which products reach the subscribers, and how the pages look
	StaffCare    StaffRole = "care"    // helps single subscribers
	StaffAuditor StaffRole = "auditor" // reads everything that was done, and changes nothing
)

// StaffRoles are all roles, in the order of a page.
var StaffRoles = []StaffRole{StaffAdmin, StaffProduct, StaffCare, StaffAuditor}

// Valid reports whether there is such a role.
func (r StaffRole) Valid() bool { return slices.Contains(StaffRoles, r) }

// Staff is an account that works for an operator.
type Staff struct {
	OperatorID string
	Account    Account
	Role       StaffRole
	Joined     time.Time
	Sensitive  bool // may open sensitive lines
	Passkeys   int  // how many the account has: at an operator that asks for one, an account without cannot get in
}

// Post is an operator as one of its staff sees it.
type Post struct {
	OperatorID string
	Role       StaffRole
	Sensitive  bool // may open sensitive lines
}

// StaffInvitation asks the owner of an e-mail address to work for an operator. The link holds the id and a secret, the row the
// secret's hash.
type StaffInvitation struct {
	ID         string
	OperatorID string
	Email      string
	Role       StaffRole
	SecretHash string
	InvitedBy  string // as the invited person reads it
	InviterID  string // account; empty: `dialtone apply`
	Created    time.Time
	Expires    time.Time
	Accepted   time.Time // zero: not yet
	Withdrawn  time.Time // zero: it stands
}

// Open reports whether the invitation can be accepted at now.
func (i StaffInvitation) Open(now time.Time) bool {
	return i.Accepted.IsZero() && i.Withdrawn.IsZero() && now.Before(i.Expires) && !FromTheFuture(i.Created, now)
}

package dialtone

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Organization is a company of developers; it owns products.
type Organization struct {
	ID      string
	Name    string
	Created time.Time
}

// Validate says what is wrong with the organization, as an error that wraps ErrInvalid.
func (o Organization) Validate() error {
	switch {
	case !ValidID(o.ID):
		return fmt.Errorf("organization %q: %w: %s", o.ID, ErrInvalid, IDRule)
	case strings.TrimSpace(o.Name) == "":
		return fmt.Errorf("organization %s: %w: name is empty", o.ID, ErrInvalid)
	}
	return nil
}

// CompanySignIn is an organization's own OpenID Connect provider.
type CompanySignIn struct {
	OrganizationID string
	Issuer         string
	ClientID       string
	SealedSecret   string // the client secret, sealed; empty: a public client
	// JoinAs is the role that people get who come for the first time without an invitation; empty: they are refused.
	JoinAs  Role
	Updated time.Time
}

// CompanyPerson is somebody whom an organization's provider signed in.
type CompanyPerson struct {
	OrganizationID string
	Issuer         string
	Subject        string  // the issuer's name for them
	Email          string  // proved by the issuer; may be empty
	IfNew          Account // for who comes for the first time
}

// Role is what a member may do in an organization. catalog/permission.go says what that is.
type Role string

const (
	RoleOwner     Role = "owner"
	RoleDeveloper Role = "developer"
	RoleViewer    Role = "viewer"
)

// Roles are all roles, the mightiest first.
var Roles = []Role{RoleOwner, RoleDeveloper, RoleViewer}

// Valid reports whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Member is an account in an organization.
type Member struct {
	OrganizationID string
	Account        Account
	Role           Role
	Joined         time.Time
}

// Membership is an organization as one of its members sees it.
type Membership struct {
	Organization Organization
	Role         Role
}

// Invitation asks the owner of an e-mail address into an organization. The link holds the id and a secret, the row the
// secret's hash.
type Invitation struct {
	ID             string
	OrganizationID string
	Email          string
	Role           Role
	SecretHash     string
	InvitedBy      string // as the invited person reads it
	InviterID      string // account; empty: an API key invited
	Created        time.Time
	Expires        time.Time
	Accepted       time.Time // zero: not yet
	Withdrawn      time.Time // zero: it stands
}

// Open reports whether the invitation can be accepted at now.
func (i Invitation) Open(now time.Time) bool {
	return i.Accepted.IsZero() && i.Withdrawn.IsZero() && now.Before(i.Expires) && !FromTheFuture(i.Created, now)
}

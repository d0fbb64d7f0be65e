package operator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Action is something that staff may do at their operator.
type Action string

// The actions. What a role may do stands in permissions and nowhere else.
const (
	ReadOperator   Action = "operator:read"
	WriteOperator  Action = "operator:write"
	ReadProducts   Action = "products:read"
	DecideProducts Action = "products:decide"
	ReadStaff      Action = "staff:read"
	WriteStaff     Action = "staff:write"
	ReadAudit      Action = "audit:read"
	ReadLines      Action = "lines:read"
	WriteLines     Action = "lines:write"
)

// Permission says who may do an action.
type Permission struct {
	Action Action
	Roles  []dialtone.StaffRole
	Words  string // what it is, as the rest of "may …"
}

var (
	everybody  = dialtone.StaffRoles
	admin      = []dialtone.StaffRole{dialtone.StaffAdmin}
	forProduct = []dialtone.StaffRole{dialtone.StaffAdmin, dialtone.StaffProduct}
	forCare    = []dialtone.StaffRole{dialtone.StaffAdmin, dialtone.StaffCare}
	forLines   = []dialtone.StaffRole{dialtone.StaffAdmin, dialtone.StaffCare, dialtone.StaffAuditor}
	forAudit   = []dialtone.StaffRole{dialtone.StaffAdmin, dialtone.StaffAuditor}
)

var permissions = []Permission{
	{ReadOperator, everybody, "see what waits, and how many sign in"},
	{WriteOperator, admin, "change how products are approved and how staff sign in"},
	{ReadProducts, everybody, "see which products were offered, and what was decided"},
	{DecideProducts, forProduct, "enable, decline and suspend products"},
	{ReadStaff, everybody, "see who works here"},
	{WriteStaff, admin, "invite and remove staff, and change their roles"},
	{ReadLines, forLines, "find a subscriber, with consents and sessions"},
	{WriteLines, forCare, "reveal numbers, take consents back, end sessions, block lines"},
	{ReadAudit, forAudit, "read the audit log, and take it along"},
}

// Permissions returns the whole table.
func Permissions() []Permission { return slices.Clone(permissions) }

// RoleMay reports whether staff in the role may do the action, so that a page can leave out what would be refused.
func RoleMay(role dialtone.StaffRole, action Action) bool {
	i := slices.IndexFunc(permissions, func(p Permission) bool { return p.Action == action })
	return i >= 0 && slices.Contains(permissions[i].Roles, role)
}

// RoleWords say what a role may do, for the page where it is chosen.
func RoleWords(role dialtone.StaffRole) string {
	var words []string
	for _, p := range permissions {
		if slices.Contains(p.Roles, role) && len(p.Roles) < len(everybody) {
			words = append(words, p.Words)
		}
	}
	if len(words) == 0 {
		return "May see everything but the audit log, and change nothing."
	}
	return "May " + strings.Join(words, "; ") + "."
}

func refuseRole(role dialtone.StaffRole, action Action) error {
	needs := ""
	for _, p := range permissions {
		if p.Action == action {
			for _, r := range p.Roles {
				needs += " or " + string(r)
			}
		}
	}
	return &dialtone.ForbiddenError{
		Right: string(action),
		Why:   fmt.Sprintf("Your role here is %s; this needs the role %s. Ask an admin of the operator.", role, strings.TrimPrefix(needs, " or ")),
	}
}

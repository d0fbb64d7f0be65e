package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type members interface {
	Members(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.Member, error)
	ChangeRole(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, role dialtone.Role, now time.Time) error
	RemoveMember(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, now time.Time) error
}

func (a *API) memberOperations() {
	register(a, operation{
		id: "list-members", method: http.MethodGet, path: "/members", tag: tagOrganization,
		summary: "List the members", description: "Everybody who is in the organization, with the role of each.",
		right: catalog.ReadMembers, status: http.StatusOK,
	}, a.listMembers)
	register(a, operation{
		id: "get-member", method: http.MethodGet, path: "/members/{account_id}", tag: tagOrganization,
		summary: "Get a member", description: "One of those who are in the organization, with the role.",
		right: catalog.ReadMembers, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.getMember)
	register(a, operation{
		id: "change-role", method: http.MethodPut, path: "/members/{account_id}", tag: tagOrganization,
		summary:     "Change a member's role",
		description: "Gives a member the role developer or viewer. Making an owner, and changing one, is for people in the portal.",
		right:       catalog.WriteMembers, status: http.StatusNoContent, problems: []Kind{kindNotFound, kindConflict},
		example: example{body: `{"role": "viewer"}`},
	}, a.changeRole)
	register(a, operation{
		id: "remove-member", method: http.MethodDelete, path: "/members/{account_id}", tag: tagOrganization,
		summary:     "Remove a member",
		description: "Takes somebody out of the organization. Products, clients and API keys of that person stay; open invitations from that person are withdrawn. Removing an owner is for people in the portal.",
		right:       catalog.WriteMembers, status: http.StatusNoContent, problems: []Kind{kindNotFound, kindConflict},
	}, a.removeMember)
}

type member struct {
	AccountID string        `json:"account_id"`
	Name      string        `json:"name,omitempty" doc:"Absent until the person gives one"`
	Email     string        `json:"email,omitempty" doc:"Absent for a person who is known by the company's own sign-in only"`
	Role      dialtone.Role `json:"role" enum:"owner,developer,viewer"`
	JoinedAt  time.Time     `json:"joined_at"`
}

func (a *API) listMembers(ctx context.Context, v *visit, _ *none) (*listAnswer[member], error) {
	all, err := a.Catalog.Members(ctx, v.actor, v.organization())
	if err != nil {
		return nil, err
	}
	return whole(all, showMember), nil
}

// AccountPath names a member.
type AccountPath struct {
	AccountID string `path:"account_id" doc:"The member's account" maxLength:"100"`
}

type memberAnswer struct{ Body member }

func (a *API) getMember(ctx context.Context, v *visit, in *AccountPath) (*memberAnswer, error) {
	all, err := a.Catalog.Members(ctx, v.actor, v.organization())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(m dialtone.Member) bool { return m.Account.ID == in.AccountID })
	if i < 0 {
		return nil, fmt.Errorf("member %s: %w", in.AccountID, dialtone.ErrNotFound)
	}
	return &memberAnswer{Body: showMember(all[i])}, nil
}

type changeRoleRequest struct {
	AccountPath
	Body struct {
		Role dialtone.Role `json:"role" enum:"owner,developer,viewer" doc:"With owner the answer is 403: owners are made by people in the portal"`
	}
}

func (a *API) changeRole(ctx context.Context, v *visit, in *changeRoleRequest) (*none, error) {
	return new(none), a.Catalog.ChangeRole(ctx, v.actor, v.organization(), in.AccountID, in.Body.Role, v.now)
}

func (a *API) removeMember(ctx context.Context, v *visit, in *AccountPath) (*none, error) {
	return new(none), a.Catalog.RemoveMember(ctx, v.actor, v.organization(), in.AccountID, v.now)
}

func showMember(m dialtone.Member) member {
	return member{AccountID: m.Account.ID, Name: m.Account.Name, Email: m.Account.Email, Role: m.Role, JoinedAt: m.Joined.UTC()}
}

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type invitations interface {
	Invite(ctx context.Context, actor dialtone.Actor, organizationID, email string, role dialtone.Role, now time.Time) (catalog.Invited, error)
	Invitations(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.Invitation, error)
	WithdrawInvitation(ctx context.Context, actor dialtone.Actor, organizationID, id string, now time.Time) error
}

// Inviter mails an invitation to the address that it is for, with its link.
type Inviter interface {
	SendInvitation(ctx context.Context, invited catalog.Invited) error
}

func (a *API) invitationOperations() {
	register(a, operation{
		id: "list-invitations", method: http.MethodGet, path: "/invitations", tag: tagOrganization,
		summary: "List the invitations", description: "Open invitations and past ones, the newest first.",
		right: catalog.ReadMembers, status: http.StatusOK,
	}, a.listInvitations)
	register(a, operation{
		id: "create-invitation", method: http.MethodPost, path: "/invitations", tag: tagOrganization,
		summary: "Invite somebody",
		description: "Sends an e-mail with a link that makes its owner a member. An open invitation to the same address is withdrawn by it. " +
			"In its first 7 days an organization sends 10 invitations a day, later 100. Inviting an owner is for people in the portal. Where the answer is 503, the mail server may be away: send the request again.",
		right: catalog.WriteMembers, status: http.StatusCreated, problems: []Kind{kindConflict},
		example: example{body: `{"email": "kim@tern.example", "role": "developer"}`},
	}, a.createInvitation)
	register(a, operation{
		id: "withdraw-invitation", method: http.MethodDelete, path: "/invitations/{invitation_id}", tag: tagOrganization,
		summary: "Withdraw an invitation", description: "The link in the e-mail does not work any more.",
		right: catalog.WriteMembers, status: http.StatusNoContent, problems: []Kind{kindNotFound, kindConflict},
	}, a.withdrawInvitation)
}

type invitation struct {
	ID          string        `json:"id"`
	Email       string        `json:"email"`
	Role        dialtone.Role `json:"role" enum:"owner,developer,viewer"`
	State       string        `json:"state" enum:"open,accepted,withdrawn,expired"`
	InvitedBy   string        `json:"invited_by"`
	CreatedAt   time.Time     `json:"created_at"`
	ExpiresAt   time.Time     `json:"expires_at"`
	AcceptedAt  *time.Time    `json:"accepted_at,omitempty"`
	WithdrawnAt *time.Time    `json:"withdrawn_at,omitempty"`
}

type invitationAnswer struct{ Body invitation }

func (a *API) listInvitations(ctx context.Context, v *visit, _ *none) (*listAnswer[invitation], error) {
	all, err := a.Catalog.Invitations(ctx, v.actor, v.organization())
	if err != nil {
		return nil, err
	}
	return whole(all, v.showInvitation), nil
}

type createInvitationRequest struct {
	Body struct {
		Email string        `json:"email" doc:"Where the link is sent. Only an account with this address can use it"`
		Role  dialtone.Role `json:"role" enum:"owner,developer,viewer" doc:"With owner the answer is 403: owners are made by people in the portal"`
	}
}

func (a *API) createInvitation(ctx context.Context, v *visit, in *createInvitationRequest) (*invitationAnswer, error) {
	invited, err := a.Catalog.Invite(ctx, v.actor, v.organization(), in.Body.Email, in.Body.Role, v.now)
	if err != nil {
		return nil, err
	}
	if err := a.Inviter.SendInvitation(ctx, invited); err != nil {
		return nil, err
	}
	return &invitationAnswer{Body: v.showInvitation(invited.Invitation)}, nil
}

type invitationPath struct {
	InvitationID string `path:"invitation_id" maxLength:"100" doc:"The invitation's id"`
}

func (a *API) withdrawInvitation(ctx context.Context, v *visit, in *invitationPath) (*none, error) {
	return new(none), a.Catalog.WithdrawInvitation(ctx, v.actor, v.organization(), in.InvitationID, v.now)
}

func (v *visit) showInvitation(i dialtone.Invitation) invitation {
	state := "expired"
	switch {
	case !i.Accepted.IsZero():
		state = "accepted"
	case !i.Withdrawn.IsZero():
		state = "withdrawn"
	case i.Open(v.now):
		state = "open"
	}
	return invitation{
		ID: i.ID, Email: i.Email, Role: i.Role, State: state, InvitedBy: i.InvitedBy, CreatedAt: i.Created.UTC(), ExpiresAt: i.Expires.UTC(),
		AcceptedAt: optional(i.Accepted), WithdrawnAt: optional(i.Withdrawn),
	}
}

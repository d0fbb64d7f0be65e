package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type organizations interface {
	Organization(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.Membership, error)
	RenameOrganization(ctx context.Context, actor dialtone.Actor, organizationID, name string, now time.Time) error
}

func (a *API) organizationOperations() {
	register(a, operation{
		id: "get-organization", method: http.MethodGet, path: "/organization", tag: tagOrganization,
		summary: "Get the organization", description: "The organization that the API key belongs to.",
		right: catalog.ReadOrganization, status: http.StatusOK,
	}, a.getOrganization)
	register(a, operation{
		id: "rename-organization", method: http.MethodPut, path: "/organization", tag: tagOrganization,
		summary: "Rename the organization", description: "Gives the organization another name. Members see it in the portal, and subscribers when they sign in to its products.",
		right: catalog.WriteOrganization, status: http.StatusNoContent,
		example: example{body: `{"name": "Tern Software"}`},
	}, a.renameOrganization)
}

type organization struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

type organizationAnswer struct{ Body organization }

func (a *API) getOrganization(ctx context.Context, v *visit, _ *none) (*organizationAnswer, error) {
	membership, err := a.Catalog.Organization(ctx, v.actor, v.organization())
	if err != nil {
		return nil, err
	}
	o := membership.Organization
	return &organizationAnswer{Body: organization{ID: o.ID, Name: o.Name, CreatedAt: o.Created.UTC()}}, nil
}

type renameOrganizationRequest struct {
	Body struct {
		Name string `json:"name" doc:"1 to 80 characters"`
	}
}

func (a *API) renameOrganization(ctx context.Context, v *visit, in *renameOrganizationRequest) (*none, error) {
	return new(none), a.Catalog.RenameOrganization(ctx, v.actor, v.organization(), in.Body.Name, v.now)
}

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type apiKeys interface {
	APIKeys(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.APIKey, error)
}

func (a *API) apiKeyOperations() {
	register(a, operation{
		id: "list-api-keys", method: http.MethodGet, path: "/api-keys", tag: tagOrganization,
		summary: "List the API keys",
		description: "Their names, rights and times. The keys themselves are not kept. Creating and revoking API keys is for people in the portal: " +
			"a key that makes keys would outlive its own revocation.",
		right: catalog.ReadKeys, status: http.StatusOK,
	}, a.listAPIKeys)
}

type apiKeyView struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Rights     []string   `json:"rights" nullable:"false"`
	Live       bool       `json:"live" doc:"It is accepted now"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"Absent: never"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"Exact to a minute; absent: never"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

func (a *API) listAPIKeys(ctx context.Context, v *visit, _ *none) (*listAnswer[apiKeyView], error) {
	all, err := a.Catalog.APIKeys(ctx, v.actor, v.organization())
	if err != nil {
		return nil, err
	}
	return whole(all, v.showAPIKey), nil
}

func (v *visit) showAPIKey(k dialtone.APIKey) apiKeyView {
	return apiKeyView{
		ID: k.ID, Name: k.Name, Rights: present(k.Rights), Live: k.Live(v.now), CreatedBy: k.CreatedBy, CreatedAt: k.Created.UTC(),
		ExpiresAt: optional(k.Expires), LastUsedAt: optional(k.LastUsed), RevokedAt: optional(k.Revoked),
	}
}

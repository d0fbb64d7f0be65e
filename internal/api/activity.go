package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type activities interface {
	Activities(ctx context.Context, actor dialtone.Actor, organizationID string, before time.Time, beforeID string, limit int) ([]dialtone.Activity, error)
}

func (a *API) activityOperations() {
	register(a, operation{
		id: "list-activity", method: http.MethodGet, path: "/activity", tag: tagOrganization,
		summary: "List the activity", description: "What members and API keys did, the newest first.",
		right: catalog.ReadActivity, status: http.StatusOK, example: example{query: "limit=1"},
	}, a.listActivity)
}

type activity struct {
	ID        string    `json:"id"`
	ActorID   string    `json:"actor_id" doc:"An account, an API key or an operator"`
	ActorName string    `json:"actor_name"`
	Action    string    `json:"action"`
	Target    string    `json:"target,omitempty" doc:"Id of what it was done to"`
	Detail    string    `json:"detail,omitempty"`
	At        time.Time `json:"at"`
}

func (a *API) listActivity(ctx context.Context, v *visit, in *Paging) (*listAnswer[activity], error) {
	before, beforeID, err := parseTimeCursor(in.After)
	if err != nil {
		return nil, err
	}
	lines, err := a.Catalog.Activities(ctx, v.actor, v.organization(), before, beforeID, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return part(a, v, *in, lines, showActivity, func(l dialtone.Activity) string { return timeCursor(l.At, l.ID) }), nil
}

func showActivity(l dialtone.Activity) activity {
	return activity{ID: l.ID, ActorID: l.ActorID, ActorName: l.ActorName, Action: l.Action, Target: l.Target, Detail: l.Detail, At: l.At.UTC()}
}

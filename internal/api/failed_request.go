package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

type failedRequests interface {
	FailedRequests(ctx context.Context, actor dialtone.Actor, productID string, q traffic.FailureQuery) ([]traffic.Failure, error)
	FailedRequest(ctx context.Context, actor dialtone.Actor, id string) (traffic.Failure, error)
}

func (a *API) failedRequestOperations() {
	register(a, operation{
		id: "list-failed-requests", method: http.MethodGet, path: "/products/{product_id}/failed-requests", tag: tagTraffic,
		summary: "List a product's failed requests",
		description: "Requests of the product's clients that were refused, the newest first: the last 1000 of the last 7 days, with what to change. " +
			"They hold no personal data.",
		right: catalog.ReadTraffic, status: http.StatusOK, problems: []Kind{kindNotFound}, example: example{query: "limit=1"},
	}, a.listFailedRequests)
	register(a, operation{
		id: "get-failed-request", method: http.MethodGet, path: "/failed-requests/{error_id}", tag: tagTraffic,
		summary: "Get a failed request", description: "Finds a refused request by the error id that the error page showed.",
		right: catalog.ReadTraffic, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.getFailedRequest)
}

type failedRequest struct {
	ErrorID     string    `json:"error_id"`
	ProductID   string    `json:"product_id"`
	ClientID    string    `json:"client_id"`
	Endpoint    string    `json:"endpoint" doc:"authorize, token, userinfo, introspect, revoke or revoke-link"`
	Error       string    `json:"error" doc:"The OAuth error code"`
	Description string    `json:"description" doc:"As the client was told"`
	Detail      string    `json:"detail,omitempty" doc:"The exact mismatch"`
	Hint        string    `json:"hint" doc:"What to change"`
	At          time.Time `json:"at"`
}

type failedRequestAnswer struct{ Body failedRequest }

type listFailedRequest struct {
	ProductPath
	Paging
	ClientID string `query:"client_id" maxLength:"100" doc:"Of this client only"`
}

func (a *API) listFailedRequests(ctx context.Context, v *visit, in *listFailedRequest) (*listAnswer[failedRequest], error) {
	before, beforeID, err := parseTimeCursor(in.After)
	if err != nil {
		return nil, err
	}
	found, err := a.Traffic.FailedRequests(ctx, v.actor, in.ProductID, traffic.FailureQuery{
		ClientID: in.ClientID, Before: before, BeforeID: beforeID, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return part(a, v, in.Paging, found, showFailure, func(f traffic.Failure) string { return timeCursor(f.At, f.ID) }), nil
}

type errorPath struct {
	ErrorID string `path:"error_id" maxLength:"100" doc:"As the error page showed it"`
}

func (a *API) getFailedRequest(ctx context.Context, v *visit, in *errorPath) (*failedRequestAnswer, error) {
	found, err := a.Traffic.FailedRequest(ctx, v.actor, in.ErrorID)
	if err != nil {
		return nil, err
	}
	return &failedRequestAnswer{Body: showFailure(found)}, nil
}

func showFailure(f traffic.Failure) failedRequest {
	return failedRequest{
		ErrorID: f.ID, ProductID: f.ProductID, ClientID: f.ClientID, Endpoint: f.Endpoint, Error: f.Code, Description: f.Description,
		Detail: f.Detail, Hint: f.Hint, At: f.At.UTC(),
	}
}

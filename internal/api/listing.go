package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type listings interface {
	Operators(ctx context.Context) ([]dialtone.Operator, error)
	OperatorListings(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) ([]catalog.OperatorListing, error)
	Offer(ctx context.Context, actor dialtone.Actor, productID, operatorID string, now time.Time) (dialtone.Listing, error)
	Readiness(ctx context.Context, actor dialtone.Actor, productID string) ([]catalog.ReadinessItem, error)
}

func (a *API) listingOperations() {
	register(a, operation{
		id: "list-operators", method: http.MethodGet, path: "/operators", tag: tagListings,
		summary: "List the operators", description: "The operators that a product can be offered to.",
		right: catalog.ReadProducts, status: http.StatusOK,
	}, a.listOperators)
	register(a, operation{
		id: "list-listings", method: http.MethodGet, path: "/products/{product_id}/listings", tag: tagListings,
		summary: "List a product's listings", description: "Every operator, with the state of the product there, what became of it so far, and how many numbers try it.",
		right: catalog.ReadProducts, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.listListings)
	register(a, operation{
		id: "offer-product", method: http.MethodPost, path: "/products/{product_id}/listings", tag: tagListings,
		summary: "Offer a product to an operator",
		description: "The sandbox and operators with approval automatic enable it at once, as it is. Others look at it first, and want it complete: see its readiness. " +
			"What was declined may be offered again. Offering what is offered or enabled already changes nothing.",
		right: catalog.WriteProducts, status: http.StatusOK, problems: []Kind{kindNotFound, kindConflict, kindIncomplete},
		example: example{body: `{"operator_id": "sandbox"}`},
	}, a.offerProduct)
	register(a, operation{
		id: "get-readiness", method: http.MethodGet, path: "/products/{product_id}/readiness", tag: tagListings,
		summary: "Get a product's readiness", description: "What an operator who reviews products wants to see, item by item.",
		right: catalog.ReadProducts, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.getReadiness)
}

type operator struct {
	ID       string                  `json:"id"`
	Name     string                  `json:"name" doc:"As subscribers know it"`
	Approval dialtone.ApprovalPolicy `json:"approval" enum:"automatic,manual" doc:"Whether a product is enabled at once or looked at first"`
	Sandbox  bool                    `json:"sandbox" doc:"It has test numbers only"`
}

func (a *API) listOperators(ctx context.Context, v *visit, _ *none) (*listAnswer[operator], error) {
	if err := a.Catalog.May(ctx, v.actor, v.organization(), catalog.ReadProducts); err != nil {
		return nil, err
	}
	all, err := a.Catalog.Operators(ctx)
	if err != nil {
		return nil, err
	}
	return whole(all, showOperator), nil
}

func showOperator(o dialtone.Operator) operator {
	return operator{ID: o.ID, Name: o.Name, Approval: o.Approval, Sandbox: o.Sandbox}
}

type listing struct {
	OperatorID string                `json:"operator_id"`
	State      dialtone.ListingState `json:"state" enum:"offered,enabled,declined,suspended"`
	Reason     string                `json:"reason,omitempty" doc:"What the operator says to it"`
	UpdatedAt  time.Time             `json:"updated_at"`
}

type listingAnswer struct{ Body listing }

type operatorListing struct {
	Operator operator        `json:"operator"`
	Listing  *listing        `json:"listing,omitempty" doc:"Absent: it was never offered there"`
	History  []listingChange `json:"history" nullable:"false"`
	Testers  []tester        `json:"testers" nullable:"false" doc:"Numbers that the operator named to try the product with, whatever the listing says"`
}

type tester struct {
	Until   time.Time `json:"until"`
	NamedAt time.Time `json:"named_at"`
}

type listingChange struct {
	State  dialtone.ListingState `json:"state" enum:"offered,enabled,declined,suspended"`
	Reason string                `json:"reason,omitempty"`
	Actor  string                `json:"actor,omitempty" doc:"Id of the account or API key that did it"`
	At     time.Time             `json:"at"`
}

func (a *API) listListings(ctx context.Context, v *visit, in *ProductPath) (*listAnswer[operatorListing], error) {
	all, err := a.Catalog.OperatorListings(ctx, v.actor, in.ProductID, v.now)
	if err != nil {
		return nil, err
	}
	return whole(all, showOperatorListing), nil
}

type offerRequest struct {
	ProductPath
	Body struct {
		OperatorID string `json:"operator_id"`
	}
}

func (a *API) offerProduct(ctx context.Context, v *visit, in *offerRequest) (*listingAnswer, error) {
	offered, err := a.Catalog.Offer(ctx, v.actor, in.ProductID, in.Body.OperatorID, v.now)
	if err != nil {
		return nil, err
	}
	return &listingAnswer{Body: showListing(offered)}, nil
}

type readinessAnswer struct{ Body readiness }

type readiness struct {
	Complete bool            `json:"complete"`
	Items    []readinessItem `json:"items" nullable:"false"`
}

type readinessItem struct {
	Name    string `json:"name"`
	Done    bool   `json:"done"`
	Problem string `json:"problem,omitempty" doc:"What to do"`
}

func (a *API) getReadiness(ctx context.Context, v *visit, in *ProductPath) (*readinessAnswer, error) {
	items, err := a.Catalog.Readiness(ctx, v.actor, in.ProductID)
	if err != nil {
		return nil, err
	}
	answer := &readinessAnswer{Body: readiness{Complete: true, Items: make([]readinessItem, len(items))}}
	for i, item := range items {
		answer.Body.Items[i] = readinessItem{Name: item.Name, Done: item.Done, Problem: item.Problem}
		answer.Body.Complete = answer.Body.Complete && item.Done
	}
	return answer, nil
}

func showListing(l dialtone.Listing) listing {
	return listing{OperatorID: l.OperatorID, State: l.State, Reason: l.Reason, UpdatedAt: l.Updated.UTC()}
}

func showOperatorListing(l catalog.OperatorListing) operatorListing {
	shown := operatorListing{Operator: showOperator(l.Operator), History: make([]listingChange, len(l.History)), Testers: make([]tester, len(l.Testers))}
	for i, t := range l.Testers {
		shown.Testers[i] = tester{Until: t.Until.UTC(), NamedAt: t.Named.UTC()}
	}
	if l.Listing.State != "" {
		now := showListing(l.Listing)
		shown.Listing = &now
	}
	for i, change := range l.History {
		shown.History[i] = listingChange{State: change.Listing.State, Reason: change.Listing.Reason, Actor: change.Actor, At: change.Listing.Updated.UTC()}
	}
	return shown
}

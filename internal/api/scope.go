package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type scopes interface {
	Scopes(ctx context.Context) (map[string]dialtone.Scope, error)
	SetScopes(ctx context.Context, actor dialtone.Actor, productID string, scopes []dialtone.ProductScope, seen, now time.Time) (dialtone.Product, error)
	May(ctx context.Context, actor dialtone.Actor, organizationID string, action catalog.Action) error
}

func (a *API) scopeOperations() {
	register(a, operation{
		id: "list-scopes", method: http.MethodGet, path: "/scopes", tag: tagProducts,
		summary: "List the scope catalogue", description: "Every scope that a product can enable here, by category and name.",
		right: catalog.ReadProducts, status: http.StatusOK,
	}, a.listScopes)
	register(a, operation{
		id: "get-product-scopes", method: http.MethodGet, path: "/products/{product_id}/scopes", tag: tagProducts,
		summary: "Get the scopes of a product", description: "The scopes that the product enables.",
		right: catalog.ReadProducts, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.getProductScopes)
	register(a, operation{
		id: "set-product-scopes", method: http.MethodPut, path: "/products/{product_id}/scopes", tag: tagProducts,
		summary: "Set the scopes of a product",
		description: "Replaces the scopes that the product enables. A required scope more makes a new consent version: subscribers are asked for the difference. " +
			"If-Match takes the ETag of the scopes or of the product: they are the same.",
		right: catalog.WriteProducts, status: http.StatusOK, problems: []Kind{kindNotFound, kindChanged, kindPrecondition},
		example: example{body: `{"scopes": [{"name": "openid"}, {"name": "phone"}, {"name": "offline_access", "optional": true}]}`},
	}, a.setProductScopes)
}

type scope struct {
	Name        string `json:"name"`
	Category    string `json:"category"`
	Description string `json:"description" doc:"For developers"`
	Subscriber  string `json:"subscriber" doc:"What subscribers read on the consent page, in English"`
}

func (a *API) listScopes(ctx context.Context, v *visit, _ *none) (*listAnswer[scope], error) {
	if err := a.Catalog.May(ctx, v.actor, v.organization(), catalog.ReadProducts); err != nil {
		return nil, err
	}
	known, err := a.Catalog.Scopes(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.SortedFunc(maps.Values(known), func(x, y dialtone.Scope) int {
		return cmp.Or(cmp.Compare(x.Category, y.Category), cmp.Compare(x.Name, y.Name))
	})
	return whole(all, func(s dialtone.Scope) scope {
		return scope{Name: s.Name, Category: s.Category, Description: s.Developer, Subscriber: s.Sentence("en")}
	}), nil
}

type productScope struct {
	Name     string `json:"name" doc:"A name of the scope catalogue"`
	Optional bool   `json:"optional,omitempty" doc:"The subscriber may leave it out"`
}

type productScopes struct {
	Scopes []productScope `json:"scopes" nullable:"false"`
}

type scopesAnswer = tagged[productScopes]

func (a *API) getProductScopes(ctx context.Context, v *visit, in *ProductPath) (*scopesAnswer, error) {
	found, _, err := a.Catalog.Product(ctx, v.actor, in.ProductID)
	return answerScopes(found, err)
}

type setScopesRequest struct {
	ProductPath
	Matching
	Body productScopes
}

func (a *API) setProductScopes(ctx context.Context, v *visit, in *setScopesRequest) (*scopesAnswer, error) {
	seen, err := in.seen(a.productVersion(ctx, v, in.ProductID))
	if err != nil {
		return nil, err
	}
	chosen := make([]dialtone.ProductScope, len(in.Body.Scopes))
	for i, s := range in.Body.Scopes {
		chosen[i] = dialtone.ProductScope(s)
	}
	return answerScopes(a.Catalog.SetScopes(ctx, v.actor, in.ProductID, chosen, seen, v.now))
}

func answerScopes(p dialtone.Product, err error) (*scopesAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &scopesAnswer{ETag: etag(p.Updated), Body: productScopes{Scopes: showScopes(p.Scopes)}}, nil
}

func showScopes(scopes []dialtone.ProductScope) []productScope {
	shown := make([]productScope, len(scopes))
	for i, s := range scopes {
		shown[i] = productScope(s)
	}
	return shown
}

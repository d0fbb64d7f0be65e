package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type products interface {
	Products(ctx context.Context, actor dialtone.Actor, organizationID string, q catalog.ProductQuery) ([]dialtone.Product, error)
	Product(ctx context.Context, actor dialtone.Actor, productID string) (dialtone.Product, dialtone.Role, error)
	CreateProduct(ctx context.Context, actor dialtone.Actor, organizationID string, edit catalog.ProductEdit, now time.Time) (dialtone.Product, error)
	SaveProduct(ctx context.Context, actor dialtone.Actor, productID string, edit catalog.ProductEdit, seen, now time.Time) (dialtone.Product, error)
	ChangeProduct(ctx context.Context, actor dialtone.Actor, productID string, change func(*catalog.ProductEdit), seen, now time.Time) (dialtone.Product, error)
}

func (a *API) productOperations() {
	register(a, operation{
		id: "list-products", method: http.MethodGet, path: "/products", tag: tagProducts,
		summary: "List the products", description: "The newest first. `search` keeps those whose name contains it, in capital or small letters.",
		right: catalog.ReadProducts, status: http.StatusOK, example: example{query: "limit=1"},
	}, a.listProducts)
	register(a, operation{
		id: "create-product", method: http.MethodPost, path: "/products", tag: tagProducts,
		summary:     "Create a product",
		description: "A new product has no scopes, no clients and no operator. What an operator wants to see of it is said by its readiness.",
		right:       catalog.WriteProducts, status: http.StatusCreated,
		example: example{body: productExample},
	}, a.createProduct)
	register(a, operation{
		id: "get-product", method: http.MethodGet, path: "/products/{product_id}", tag: tagProducts,
		summary: "Get a product", description: "The product with its scopes.",
		right: catalog.ReadProducts, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.getProduct)
	register(a, operation{
		id: "update-product", method: http.MethodPut, path: "/products/{product_id}", tag: tagProducts,
		summary: "Update a product",
		description: "Replaces everything but icon and scopes: what is not sent is emptied. Another name, price or terms make a new consent version: " +
			"subscribers are asked again.",
		right: catalog.WriteProducts, status: http.StatusOK, problems: []Kind{kindNotFound, kindChanged, kindPrecondition},
		example: example{body: productExample},
	}, a.updateProduct)
	register(a, operation{
		id: "change-product", method: http.MethodPatch, path: "/products/{product_id}", tag: tagProducts,
		summary: "Change a part of a product",
		description: "A member that is absent stays as it is; null empties it. The body may be application/merge-patch+json, too. " +
			"What it means for subscribers is as with PUT.",
		right: catalog.WriteProducts, status: http.StatusOK, problems: []Kind{kindNotFound, kindChanged, kindPrecondition},
		example: example{body: `{"subtitle": "The weather, twice a day"}`},
	}, a.changeProduct)
}

const productExample = `{
  "name": "Tern Weather",
  "subtitle": "The weather, by text",
  "description": "Sends the forecast of the place where you are.",
  "price": "Free",
  "terms_url": "https://tern.example/terms",
  "privacy_url": "https://tern.example/privacy",
  "support": "help@tern.example"
}`

type product struct {
	ID             string         `json:"id"`
	OrganizationID string         `json:"organization_id"`
	Name           string         `json:"name"`
	Subtitle       string         `json:"subtitle"`
	Description    string         `json:"description"`
	Price          string         `json:"price" doc:"As subscribers read it"`
	TermsURL       string         `json:"terms_url"`
	PrivacyURL     string         `json:"privacy_url"`
	Support        string         `json:"support" doc:"An https address or an e-mail address, for the product's users"`
	IconID         string         `json:"icon_id,omitempty" doc:"SHA-256 of the icon in hex; absent: it has none"`
	Scopes         []productScope `json:"scopes" nullable:"false"`
	ConsentVersion int            `json:"consent_version" doc:"Grows with each change that subscribers are asked about again"`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
}

type productEdit struct {
	Name        string `json:"name" doc:"1 to 80 characters"`
	Subtitle    string `json:"subtitle,omitempty" doc:"Up to 120 characters"`
	Description string `json:"description,omitempty" doc:"Up to 4000 characters, several lines"`
	Price       string `json:"price,omitempty" doc:"Up to 40 characters, as subscribers read it"`
	TermsURL    string `json:"terms_url,omitempty" doc:"An https address"`
	PrivacyURL  string `json:"privacy_url,omitempty" doc:"An https address"`
	Support     string `json:"support,omitempty" doc:"An https address or an e-mail address"`
}

type productAnswer = tagged[product]

type listProductsRequest struct {
	Paging
	Search string `query:"search" maxLength:"80" doc:"A part of the name"`
}

func (a *API) listProducts(ctx context.Context, v *visit, in *listProductsRequest) (*listAnswer[product], error) {
	found, err := a.Catalog.Products(ctx, v.actor, v.organization(), catalog.ProductQuery{
		After: in.After, Search: in.Search, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return part(a, v, in.Paging, found, showProduct, func(p dialtone.Product) string { return p.ID }), nil
}

type createProductRequest struct{ Body productEdit }

func (a *API) createProduct(ctx context.Context, v *visit, in *createProductRequest) (*productAnswer, error) {
	return answerProduct(a.Catalog.CreateProduct(ctx, v.actor, v.organization(), catalog.ProductEdit(in.Body), v.now))
}

// ProductPath names a product.
type ProductPath struct {
	ProductID string `path:"product_id" maxLength:"100" doc:"The product's id"`
}

func (a *API) getProduct(ctx context.Context, v *visit, in *ProductPath) (*productAnswer, error) {
	found, _, err := a.Catalog.Product(ctx, v.actor, in.ProductID)
	return answerProduct(found, err)
}

type updateProductRequest struct {
	ProductPath
	Matching
	Body productEdit
}

func (a *API) updateProduct(ctx context.Context, v *visit, in *updateProductRequest) (*productAnswer, error) {
	seen, err := in.seen(a.productVersion(ctx, v, in.ProductID))
	if err != nil {
		return nil, err
	}
	return answerProduct(a.Catalog.SaveProduct(ctx, v.actor, in.ProductID, catalog.ProductEdit(in.Body), seen, v.now))
}

// productVersion is for Matching.seen.
func (a *API) productVersion(ctx context.Context, v *visit, productID string) func() (time.Time, error) {
	return func() (time.Time, error) {
		current, _, err := a.Catalog.Product(ctx, v.actor, productID)
		return current.Updated, err
	}
}

// productChange is a productEdit whose members may be absent.
type productChange struct {
	Name        change[string] `json:"name,omitempty"`
	Subtitle    change[string] `json:"subtitle,omitempty"`
	Description change[string] `json:"description,omitempty"`
	Price       change[string] `json:"price,omitempty"`
	TermsURL    change[string] `json:"terms_url,omitempty"`
	PrivacyURL  change[string] `json:"privacy_url,omitempty"`
	Support     change[string] `json:"support,omitempty"`
}

func (c productChange) onto(e *catalog.ProductEdit) {
	c.Name.onto(&e.Name)
	c.Subtitle.onto(&e.Subtitle)
	c.Description.onto(&e.Description)
	c.Price.onto(&e.Price)
	c.TermsURL.onto(&e.TermsURL)
	c.PrivacyURL.onto(&e.PrivacyURL)
	c.Support.onto(&e.Support)
}

type changeProductRequest struct {
	ProductPath
	Matching
	Body productChange
}

func (a *API) changeProduct(ctx context.Context, v *visit, in *changeProductRequest) (*productAnswer, error) {
	seen, err := in.seen(a.productVersion(ctx, v, in.ProductID))
	if err != nil {
		return nil, err
	}
	return answerProduct(a.Catalog.ChangeProduct(ctx, v.actor, in.ProductID, in.Body.onto, seen, v.now))
}

func answerProduct(p dialtone.Product, err error) (*productAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &productAnswer{ETag: etag(p.Updated), Body: showProduct(p)}, nil
}

func showProduct(p dialtone.Product) product {
	return product{
		ID: p.ID, OrganizationID: p.OrganizationID, Name: p.Name, Subtitle: p.Subtitle, Description: p.Description, Price: p.Price,
		TermsURL: p.TermsURL, PrivacyURL: p.PrivacyURL, Support: p.Support, IconID: p.IconID, Scopes: showScopes(p.Scopes),
		ConsentVersion: p.ConsentVersion, CreatedAt: p.Created.UTC(), UpdatedAt: p.Updated.UTC(),
	}
}

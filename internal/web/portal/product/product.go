// Package product is the portal's room for a product and its clients: the tabs General, Listing, Scopes, Clients and Submit.
//
//	GET  POST /organizations/{organization}/products/new   product_new.go     ShowNewProduct, CreateProduct
//	GET  POST /products/{product}                          general_*.go       ShowGeneral, SaveGeneral
//	POST      /products/{product}/icon                     icon_*.go          SaveIcon
//	GET       /asset/{asset}                               icon_show.go       ShowAsset
//	POST      /products/{product}/impact                   impact_show.go     ShowImpact (JSON)
//	GET  POST /products/{product}/scopes                   scopes_*.go        ShowScopes, SaveScopes
//	GET  POST /products/{product}/listing                  listing_*.go       ShowListing, OfferListing
//	GET  POST /products/{product}/submit                   submit_*.go        ShowSubmit, SendSubmit
//	GET       /products/{product}/clients                  clients_show.go    ShowClients
//	GET  POST /products/{product}/clients/new              client_new.go      ShowNewClient, CreateClient
//	GET  POST /clients/{client}                            client_*.go        ShowClient, SaveClient
//	GET  POST /clients/{client}/delete                     client_delete.go   ShowDeleteClient, DeleteClient
//	POST      /clients/{client}/secrets                    secret_new.go      CreateSecret
//	POST      /clients/{client}/secrets/{secret}/rotate    secret_rotate.go   RotateSecret
//	GET  POST /clients/{client}/secrets/{secret}/revoke    secret_revoke.go   ShowRevokeSecret, RevokeSecret
//	GET       /check/redirect-uri                          redirect_uri.go    CheckRedirectURI (JSON)
//
// All of them are for people who are signed in. The rules, who may do what above all, stand in catalog; this room parses,
// asks and shows. A secret is shown on the page that its form leads to, for some minutes in that session (desk.Desk.Keep): once.go.
package product

import (
	"context"
	"embed"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates
var files embed.FS

// Catalog is what the room needs of the catalogue.
type Catalog interface {
	May(ctx context.Context, actor dialtone.Actor, organizationID string, action catalog.Action) error
	Organization(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.Membership, error)
	Scopes(ctx context.Context) (map[string]dialtone.Scope, error)

	Product(ctx context.Context, actor dialtone.Actor, productID string) (dialtone.Product, dialtone.Role, error)
	CreateProduct(ctx context.Context, actor dialtone.Actor, organizationID string, edit catalog.ProductEdit, now time.Time) (dialtone.Product, error)
	SaveProduct(ctx context.Context, actor dialtone.Actor, productID string, edit catalog.ProductEdit, seen, now time.Time) (dialtone.Product, error)
	SetIcon(ctx context.Context, actor dialtone.Actor, productID string, body []byte, now time.Time) (dialtone.Product, error)
	SetScopes(ctx context.Context, actor dialtone.Actor, productID string, scopes []dialtone.ProductScope, seen, now time.Time) (dialtone.Product, error)

	OperatorListings(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) ([]catalog.OperatorListing, error)
	Offer(ctx context.Context, actor dialtone.Actor, productID, operatorID string, now time.Time) (dialtone.Listing, error)
	Readiness(ctx context.Context, actor dialtone.Actor, productID string) ([]catalog.ReadinessItem, error)

	Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error)
	Client(ctx context.Context, actor dialtone.Actor, clientID string) (dialtone.Client, dialtone.Product, dialtone.Role, error)
	CreateClient(ctx context.Context, actor dialtone.Actor, productID string, edit catalog.ClientEdit, now time.Time) (dialtone.Client, secret.Text, error)
	SaveClient(ctx context.Context, actor dialtone.Actor, clientID string, edit catalog.ClientEdit, seen, now time.Time) (dialtone.Client, error)
	DeleteClient(ctx context.Context, actor dialtone.Actor, clientID string, now time.Time) error
	IssueSecret(ctx context.Context, actor dialtone.Actor, clientID, name string, expires, now time.Time) (dialtone.ClientSecret, secret.Text, error)
	RotateSecret(ctx context.Context, actor dialtone.Actor, clientID, secretID string, overlap time.Duration, now time.Time) (dialtone.ClientSecret, secret.Text, error)
	RevokeSecret(ctx context.Context, actor dialtone.Actor, clientID, secretID string, now time.Time) error
}

// Store is what the room needs of the database.
type Store interface {
	Asset(ctx context.Context, id string) (dialtone.Asset, error)
	// SpendToken uses an id up until it expires. ErrConflict the second time.
	SpendToken(ctx context.Context, id string, expires time.Time) error
}

// Config is what the room needs.
type Config struct {
	Desk    *desk.Desk
	Face    *desk.Face
	Catalog Catalog
	Traffic Traffic
	Store   Store
	Issuer  string // without a slash at the end
}

// Room shows and changes products and clients.
type Room struct {
	Config
	pages *desk.Room
}

// New returns the room.
func New(c Config) (*Room, error) {
	pages, err := c.Face.Room(files)
	if err != nil {
		return nil, err
	}
	return &Room{Config: c, pages: pages}, nil
}

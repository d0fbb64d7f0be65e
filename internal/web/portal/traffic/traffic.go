// Package traffic is the portal's room for what a product's clients do: the tabs Analytics and Requests.
//
//	GET /products/{product}/analytics       analytics_show.go   ShowAnalytics
//	GET /products/{product}/analytics.csv   analytics_csv.go    DownloadAnalytics
//	GET /products/{product}/requests        requests_show.go    ShowRequests
//	GET /requests                           request_find.go     FindRequest: ?id= an error id, whichever product's it is
//
// All of them are for people who are signed in. A plot is an SVG of bars without any text in it, so that it can be stretched to
// every width (plot.go); the words around it are HTML, and a table beside it says the same to everybody.
package traffic

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

//go:embed templates
var files embed.FS

// Reports is where the figures come from.
type Reports interface {
	Summary(ctx context.Context, actor dialtone.Actor, productID string, in traffic.Range, now time.Time) (traffic.Summary, error)
	FailedRequests(ctx context.Context, actor dialtone.Actor, productID string, q traffic.FailureQuery) ([]traffic.Failure, error)
	FailedRequest(ctx context.Context, actor dialtone.Actor, id string) (traffic.Failure, error)
}

// Catalog is what the room needs of the catalogue: names.
type Catalog interface {
	Organization(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.Membership, error)
	Product(ctx context.Context, actor dialtone.Actor, productID string) (dialtone.Product, dialtone.Role, error)
	Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error)
}

// Config is what the room needs.
type Config struct {
	Desk    *desk.Desk
	Face    *desk.Face
	Reports Reports
	Catalog Catalog
}

// Room shows traffic.
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

// Names of the tabs, as page.ProductTabs wants them.
const (
	tabAnalytics = "analytics"
	tabRequests  = "requests"
)

// shell is the frame of a tab of the product.
func (m *Room) shell(r *http.Request, v desk.Visit, product dialtone.Product, tab string) (desk.Shell, error) {
	membership, err := m.Catalog.Organization(r.Context(), v.Actor, product.OrganizationID)
	return desk.Shell{
		Title: product.Name, Crumbs: page.ProductCrumbs(membership.Organization), Tabs: page.ProductTabs(product.ID, tab), Wide: true,
	}, err
}

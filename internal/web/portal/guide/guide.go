// Package guide is the documentation inside the portal.
//
//	GET /docs              docs_show.go         the first page of the guide
//	GET /docs/{page}       docs_show.go         a page, with the reader's own client in its examples
//	GET /docs/search       docs_search.go       every section that has the words
//	GET /docs/api          docs_reference.go    the management API, from its OpenAPI document
//
// The text is Markdown, in docs/guide, and is rendered once, at the start (markdown.go). What differs from reader to reader are
// the values in curly braces, {issuer} and {client_id} for example, which are put in when a page is shown (values.go).
package guide

import (
	"context"
	"embed"
	"io/fs"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates
var files embed.FS

// Catalog finds the reader's own client.
type Catalog interface {
	Organizations(ctx context.Context, actor dialtone.Actor) ([]dialtone.Membership, error)
	Products(ctx context.Context, actor dialtone.Actor, organizationID string, query catalog.ProductQuery) ([]dialtone.Product, error)
	Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error)
}

// Config is what the room needs.
type Config struct {
	Desk    *desk.Desk
	Face    *desk.Face
	Catalog Catalog
	Guide   fs.FS  // guide/NN-name.md
	OpenAPI []byte // the management API's document, JSON
	Issuer  string // without a slash at the end, as the next
	Portal  string
}

// Room is the documentation.
type Room struct {
	Config
	pages      *desk.Room
	guide      []article
	operations []group // of the management API
	shared     desk.Shared
}

// New reads and renders the guide.
func New(c Config) (*Room, error) {
	pages, err := c.Face.Room(files)
	if err != nil {
		return nil, err
	}
	m := &Room{Config: c, pages: pages}
	if m.guide, err = readGuide(c.Guide); err != nil {
		return nil, err
	}
	m.operations, err = readOpenAPI(c.OpenAPI)
	return m, err
}

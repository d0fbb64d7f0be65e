// Package try is the Try it tab of a product: the real flow, one request after the other, and programs to copy.
//
//	GET  /products/{product}/try            show.go      what will be done, and the snippets
//	POST /products/{product}/try            step.go      sends the next request and shows it with its answer
//
// The requests go to the identity host's own handler, the one that browsers and apps reach, with the browser's part played here:
// cookies, forms, redirects. Nothing is canned. Only sandbox numbers sign in, whose PINs are published, so that no SMS is sent
// and nobody's number is used.
//
//	run.go       how far a run is: sealed, and carried by the page
//	steps.go     the requests, as a list
//	visitor.go   the browser and the app that send them
//	snippet.go   the programs, filled in
//
// A confidential client gets a secret for the run alone, which expires by itself: nobody has to paste one.
package try

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates snippets
var files embed.FS

// Catalog is what a run needs of the catalogue.
type Catalog interface {
	Organization(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.Membership, error)
	Product(ctx context.Context, actor dialtone.Actor, productID string) (dialtone.Product, dialtone.Role, error)
	Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error)
	IssueSecret(ctx context.Context, actor dialtone.Actor, clientID, name string, expires, now time.Time) (dialtone.ClientSecret, secret.Text, error)
	RevokeSecret(ctx context.Context, actor dialtone.Actor, clientID, secretID string, now time.Time) error
	Registration(ctx context.Context, clientID string) (dialtone.Registration, error)
}

// Config is what the room needs.
type Config struct {
	Desk    *desk.Desk
	Face    *desk.Face
	Catalog Catalog
	Keys    *secret.Keys
	Issuer  string // without a slash at the end
	// Identity is the identity host: the handler that its listener serves.
	Identity http.Handler
}

// Room is the tab.
type Room struct {
	Config
	pages *desk.Room
}

// New returns the tab.
func New(c Config) (*Room, error) {
	pages, err := c.Face.Room(files)
	if err != nil {
		return nil, err
	}
	return &Room{Config: c, pages: pages}, nil
}
